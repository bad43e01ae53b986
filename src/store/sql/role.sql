-- The role that answers requests. It owns nothing, bypasses nothing, and cannot wait for long. It has no login here:
-- `userbatch migrate` gives it one from USERBATCH_SERVING_PASSWORD, or an operator grants it to a login of their own,
-- which then needs these settings too. Where the migrating role may not create roles, create it beforehand.
--
-- How it plans: along an index, one entry at a time, with one plan for all values. The statistics of a directory that
-- was loaded a moment ago mislead the planner into scans; none of the functions it calls is ever served by one. These
-- are settings of the role and not of the functions, since a function that sets anything costs more than it does.
--
-- Roles belong to the cluster: another database of it may be migrating at this very moment.
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
        RAISE WARNING 'this role may not set what userbatch_serving needs; set it as src/store/sql/role.sql does';
END
$$;
