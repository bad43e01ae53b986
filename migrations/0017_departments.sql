-- no-transaction
-- Departments, which SCIM shows as groups. Who is in one is found by a thirteenth kind of key; and users whose login name
-- no other key finds in any case get the eleventh kind, which only those had that a provider wrote.
--
-- Each of the two transactions can be repeated: only the first holds a lock that gateways wait for, and it reads nothing.
BEGIN;

ALTER TABLE user_shared_key
    DROP CONSTRAINT IF EXISTS user_shared_key_kind_check,
    ADD CONSTRAINT user_shared_key_kind_check CHECK (kind BETWEEN 7 AND 13) NOT VALID;

-- A department is there from when a user first has its id, or a provider creates it, until a provider deletes it.
-- Written by whoever holds the directory locked. Row level security: src/store/sql/policies.sql.
CREATE TABLE IF NOT EXISTS department (
    tenant_id   uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    id          text COLLATE "C" NOT NULL CHECK (id <> '' AND octet_length(id) <= 512),
    -- Not set if it is known from users alone, who have no more than the id.
    name        text COLLATE "C" CHECK (name <> '' AND octet_length(name) <= 512),
    -- The name, or the id without one, in one case: core::case::fold.
    folded_name text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" CHECK (external_id <> '' AND octet_length(external_id) <= 512),
    -- Increases with every change, of its members too.
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX IF NOT EXISTS department_by_name ON department (tenant_id, folded_name);
CREATE INDEX IF NOT EXISTS department_by_external_id ON department (tenant_id, external_id)
    WHERE external_id IS NOT NULL;

COMMIT;

-- What the users that are there already have. Names with letters beyond ASCII are left out: how those are folded is not
-- for a database to say, and the users get the key when they are next changed.
DO $$
DECLARE
    of_tenant uuid;
BEGIN
    FOR of_tenant IN SELECT id FROM tenant LOOP
        PERFORM set_config('userbatch.tenant', of_tenant::text, true);
        PERFORM FROM directory WHERE tenant_id = of_tenant FOR UPDATE;
        INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
        SELECT of_tenant, k.kind, k.value, k.user_id
          FROM (SELECT 13 AS kind, d.value, u.id AS user_id
                  FROM "user" u
                 CROSS JOIN LATERAL json_array_elements_text(
                       CASE json_typeof(u.document #> '{employment,departmentIds}')
                       WHEN 'array' THEN u.document #> '{employment,departmentIds}' END) AS d (value)
                 WHERE u.tenant_id = of_tenant
                 UNION ALL
                SELECT 11, lower(n.name), u.id
                  FROM "user" u
                 CROSS JOIN LATERAL (
                       SELECT nullif(u.document #>> '{profile,username}', '') AS username,
                              nullif(u.document #>> '{contact,email}', '') AS email) f
                 CROSS JOIN LATERAL (
                       SELECT coalesce(f.username, nullif(u.document #>> '{account,userPrincipalName}', ''),
                                       f.email, u.id) COLLATE "C" AS name) n
                 WHERE u.tenant_id = of_tenant AND n.name !~ '[^\x01-\x7f]'
                   AND NOT (n.name = lower(n.name) AND (n.name = f.username OR n.name = u.id) IS TRUE)
                   AND (n.name = f.email AND n.name !~ '^\s|\s$') IS NOT TRUE) k
         WHERE k.value <> '' AND octet_length(k.value) <= 512
            ON CONFLICT DO NOTHING;
        INSERT INTO department (tenant_id, id, folded_name)
        SELECT DISTINCT of_tenant, k.value, lower(k.value)
          FROM user_shared_key k
         WHERE k.tenant_id = of_tenant AND k.kind = 13
            ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

ALTER TABLE user_shared_key VALIDATE CONSTRAINT user_shared_key_kind_check;
