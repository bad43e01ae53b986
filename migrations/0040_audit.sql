-- What administration did: who, what, to what, when; never a secret. Rows outlive the tenants they speak of.
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

-- A record of acts that can be rewritten is none.
CREATE FUNCTION refuse_rewriting_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are only ever added' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_audit();
