-- The role that answers requests. It owns nothing, bypasses nothing, and cannot wait for long. It has no login here:
-- `userbatch migrate` gives it one from USERBATCH_SERVING_PASSWORD, or an operator grants it to a login of their own.
-- Where the migrating role may not create roles, create it beforehand.
--
-- Roles belong to the cluster: another database of it may be migrating at this very moment.
DO $$
DECLARE
    wanted CONSTANT text[] := '{statement_timeout=5s,lock_timeout=2s,idle_in_transaction_session_timeout=5s}';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'userbatch_serving') THEN
        BEGIN
            CREATE ROLE userbatch_serving NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
                    WHERE r.rolname = 'userbatch_serving' AND s.setdatabase = 0 AND s.setconfig @> wanted) THEN
        ALTER ROLE userbatch_serving SET statement_timeout = '5s';
        ALTER ROLE userbatch_serving SET lock_timeout = '2s';
        ALTER ROLE userbatch_serving SET idle_in_transaction_session_timeout = '5s';
    END IF;
EXCEPTION
    -- "tuple concurrently updated": the other database's migration sets the same values.
    WHEN internal_error THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'this role may not set the time limits of userbatch_serving; set them as src/store/sql/role.sql does';
END
$$;
