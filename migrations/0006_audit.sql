-- The audit log: which administrative act was done by whom, to what, when; never a secret. Rows outlive the tenants
-- they name. A trigger refuses to change or delete one.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    -- How the act came in, and who that was: `cli` and an operating system user, `api` and a token's name.
    via     text NOT NULL CHECK (via IN ('cli', 'api')),
    actor   text NOT NULL,
    act     text NOT NULL,
    -- Slug of the tenant, if the act was about one.
    tenant  text,
    subject text NOT NULL DEFAULT '',
    detail  jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_of_tenant ON audit (tenant, id);
