-- Departments, which SCIM shows as groups. Who is in one is found by a thirteenth kind of key.
ALTER TABLE user_shared_key
    DROP CONSTRAINT user_shared_key_kind_check,
    ADD CONSTRAINT user_shared_key_kind_check CHECK (kind BETWEEN 7 AND 13) NOT VALID;

-- Of all departments: one that comes back after it was deleted has no version that it had before.
CREATE SEQUENCE department_version;

-- A department is there from when a user first has its id, or a provider creates it, until a provider deletes it.
-- Written by whoever holds the directory locked. Row level security: src/store/sql/policies.sql.
CREATE TABLE department (
    tenant_id   uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    id          text COLLATE "C" NOT NULL CHECK (id <> '' AND octet_length(id) <= 512),
    -- Not set if it is known from users alone, who have no more than the id.
    name        text COLLATE "C" CHECK (name <> '' AND octet_length(name) <= 512),
    -- The name, or the id without one, in one case: core::case::fold.
    folded_name text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" CHECK (external_id <> '' AND octet_length(external_id) <= 512),
    -- Increases with every change, of its members too.
    version     bigint NOT NULL DEFAULT nextval('department_version'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX department_by_name ON department (tenant_id, folded_name);
CREATE INDEX department_by_external_id ON department (tenant_id, external_id)
    WHERE external_id IS NOT NULL;
