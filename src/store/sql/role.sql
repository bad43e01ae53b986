-- The serving role. It owns nothing, does not bypass row security, and has short timeouts. It is created without a
-- login: `userbatch migrate` adds one from USERBATCH_SERVING_PASSWORD, or an operator grants the role to another login,
-- which then needs the same settings. If the migrating role may not create roles, create it beforehand.
--
-- The planner settings force index scans and generic plans. The statistics of a freshly loaded directory mislead the
-- planner into sequential scans, which never suit the functions of this role. They are set on the role rather than on
-- the functions, where setting them would cost more per call than it saves.
--
-- Roles are shared by all databases of a cluster, so another database's migration may run concurrently.
DO $$
DECLARE
    wanted CONSTANT text[] := '{
        statement_timeout=5s, lock_timeout=2s, idle_in_transaction_session_timeout=5s,
        enable_seqscan=off, enable_bitmapscan=off, enable_hashjoin=off, enable_mergejoin=off, enable_sort=off,
        plan_cache_mode=force_generic_plan}';
    setting text;
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
        FOREACH setting IN ARRAY wanted LOOP
            EXECUTE format('ALTER ROLE userbatch_serving SET %I = %L',
                split_part(setting, '=', 1), split_part(setting, '=', 2));
        END LOOP;
    END IF;
EXCEPTION
    -- "tuple concurrently updated": the other database's migration sets the same values.
    WHEN internal_error THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'this role may not change the settings of userbatch_serving; apply those of src/store/sql/role.sql as a superuser';
END
$$;
