-- The directory: users as canonical documents, and every key that finds them.
-- tenant_id comes first in every key, so the same schema can be distributed by tenant.

-- One row a tenant: locked by whoever writes to the directory, so that writers of one tenant take turns.
CREATE TABLE directory (
    tenant_id    uuid PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    next_ordinal bigint NOT NULL DEFAULT 0
);

-- Rows of the tables that grow with the users refer to their directory by nothing but its id: whoever writes
-- them holds the directory's row locked, and checking millions of references one by one would cost more than
-- the whole import. Deleting a tenant empties these tables itself.
CREATE TABLE "user" (
    tenant_id  uuid NOT NULL,
    id         text COLLATE "C" NOT NULL CHECK (id <> '' AND octet_length(id) <= 512),
    -- Place in the directory's order: dense, given once, never changed. Users added later come later, so that
    -- numbered pages do not shift under a reader.
    ordinal    bigint NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    -- json, not jsonb: it is passed through as text and never searched.
    document   json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ordinal)
);

-- Keys that name one user (kinds 1 to 6 of core::key::KeyKind). No foreign key to "user" either: keys are a pure
-- function of the document and written in its transaction. A key without its user finds nobody.
CREATE TABLE user_key (
    tenant_id uuid NOT NULL,
    kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    value     text COLLATE "C" NOT NULL CHECK (value <> ''),
    user_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, kind, value) INCLUDE (user_id)
);

-- Keys that several users may share (kinds 7 to 9).
CREATE TABLE user_shared_key (
    tenant_id uuid NOT NULL,
    kind      smallint NOT NULL CHECK (kind BETWEEN 7 AND 9),
    value     text COLLATE "C" NOT NULL CHECK (value <> ''),
    user_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, kind, value, user_id)
);

ALTER TABLE directory ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON directory USING (tenant_id = bound_tenant());

ALTER TABLE "user" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "user" FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON "user" USING (tenant_id = bound_tenant());

ALTER TABLE user_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_key FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON user_key USING (tenant_id = bound_tenant());

ALTER TABLE user_shared_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_shared_key FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON user_shared_key USING (tenant_id = bound_tenant());

GRANT SELECT ON directory, "user", user_key, user_shared_key TO userbatch_serving;
