-- The serving role. It owns nothing, does not bypass row security, and has short timeouts. It is created without a
-- login: `userbatch migrate` adds one from USERBATCH_SERVING_PASSWORD, or an operator grants the role to another login,
-- which then needs the same settings. If the migrating role may not create roles, create it beforehand.
--
-- The planner settings force index scans and generic plans. The statistics of a freshly loaded directory mislead the
-- planner into sequential scans, which never suit the functions of this role; and nothing is looked up twice, so that to
-- memoize documents only costs. These settings are on the role rather than on the functions, where they would cost more
-- per call than they save. In this database, nothing may override them, and the role finds the tables whatever the search
-- path of others is.
--
-- Roles are shared by all databases of a cluster, so another database's migration may run concurrently: the transaction
-- then fails with "tuple concurrently updated", and is repeated.
DO $$
DECLARE
    wanted CONSTANT text[] := '{
        statement_timeout=5s, lock_timeout=2s, idle_in_transaction_session_timeout=5s,
        enable_seqscan=off, enable_bitmapscan=off, enable_hashjoin=off, enable_mergejoin=off, enable_sort=off,
        enable_memoize=off, plan_cache_mode=force_generic_plan}';
    here    CONSTANT oid := (SELECT oid FROM pg_database WHERE datname = current_database());
    role    oid;
    own     text[];
    in_here text[];
    setting text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'userbatch_serving') THEN
        BEGIN
            CREATE ROLE userbatch_serving NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    SELECT oid INTO role FROM pg_roles WHERE rolname = 'userbatch_serving';
    SELECT setconfig INTO own FROM pg_db_role_setting WHERE setrole = role AND setdatabase = 0;
    SELECT setconfig INTO in_here FROM pg_db_role_setting WHERE setrole = role AND setdatabase = here;
    FOREACH setting IN ARRAY wanted LOOP
        IF NOT setting = ANY (coalesce(own, '{}')) THEN
            EXECUTE format('ALTER ROLE userbatch_serving SET %I = %L',
                split_part(setting, '=', 1), split_part(setting, '=', 2));
        END IF;
        IF EXISTS (SELECT FROM unnest(in_here) AS other
                    WHERE split_part(other, '=', 1) = split_part(setting, '=', 1) AND other <> setting) THEN
            EXECUTE format('ALTER ROLE userbatch_serving IN DATABASE %I RESET %I',
                current_database(), split_part(setting, '=', 1));
        END IF;
    END LOOP;
    IF NOT 'search_path=public' = ANY (coalesce(in_here, '{}')) THEN
        EXECUTE format('ALTER ROLE userbatch_serving IN DATABASE %I SET search_path = public', current_database());
    END IF;
EXCEPTION
    -- `userbatch migrate` says what to do.
    WHEN insufficient_privilege THEN
        PERFORM set_config('userbatch.role_denied', current_user, true);
END
$$;
