-- The role that answers requests. It owns nothing, bypasses nothing, and cannot wait for long.
-- It has no login here: `userbatch migrate` gives it one from USERBATCH_SERVING_PASSWORD, or an operator
-- grants it to a login of their own. Where the migrating role may not create roles, create it beforehand.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'userbatch_serving') THEN
        CREATE ROLE userbatch_serving NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
    END IF;
EXCEPTION
    -- Roles belong to the cluster: another database of it may be migrating at this very moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
    ALTER ROLE userbatch_serving SET statement_timeout = '5s';
    ALTER ROLE userbatch_serving SET lock_timeout = '2s';
    ALTER ROLE userbatch_serving SET idle_in_transaction_session_timeout = '5s';
EXCEPTION
    -- "tuple concurrently updated": the other database's migration sets the same values.
    WHEN internal_error OR insufficient_privilege THEN NULL;
END
$$;

-- Which tenant the running statement is bound to; NULL if none, and then no row is visible.
CREATE FUNCTION bound_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('userbatch.tenant', true), '')::uuid;
