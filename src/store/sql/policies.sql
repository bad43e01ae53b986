-- Adds missing row level security policies. Existing ones are not changed, since that takes a lock that waits for
-- readers and blocks later ones. To change a policy, give it a new name and drop the old one in obsolete.sql.
--
-- All roles, including the owner, see only the rows of the bound tenant, which is evaluated once per statement, not per
-- row. In addition, the owner alone may dump the whole database.
DO $$
DECLARE
    owner   oid;
    secured regclass;
BEGIN
    FOREACH secured IN ARRAY ARRAY[
        'directory', 'directory_change', '"user"', 'user_key', 'user_shared_key', 'user_count', 'user_change',
        'user_change_trim', 'holding', 'transfer', 'transfer_party', 'announcement', 'review', 'audience', 'department']::regclass[]
    LOOP
        SELECT relowner INTO owner FROM pg_class WHERE oid = secured;
        IF NOT EXISTS (SELECT FROM pg_class WHERE oid = secured AND relrowsecurity AND relforcerowsecurity) THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', secured);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = secured AND polname = 'bound_tenant_only') THEN
            EXECUTE format('CREATE POLICY bound_tenant_only ON %s
                USING (tenant_id = (SELECT bound_tenant()))', secured);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_policy
                        WHERE polrelid = secured AND polname = 'whole_dump' AND polroles = ARRAY[owner]) THEN
            EXECUTE format('DROP POLICY IF EXISTS whole_dump ON %s', secured);
            EXECUTE format('CREATE POLICY whole_dump ON %s FOR SELECT TO %I USING ((SELECT is_whole_dump()))',
                secured, pg_get_userbyid(owner));
        END IF;
    END LOOP;
END
$$;
