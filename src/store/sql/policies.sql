-- Row level security, where it is missing: changing it would wait for whoever reads the table, and let all who come
-- after wait behind. A policy that is to change gets a new name, and the old one a line in obsolete.sql.
--
-- Everyone, the owner too, sees the rows of the tenant that is bound, and no others. Which tenant that is, is found out
-- once a statement, not once a row. Beside that the owner, and no other role, may dump the whole database.
DO $$
DECLARE
    owner   oid;
    secured regclass;
BEGIN
    FOREACH secured IN ARRAY ARRAY[
        'directory', 'directory_change', '"user"', 'user_key', 'user_shared_key', 'user_count',
        'holding', 'transfer', 'transfer_party', 'announcement', 'review']::regclass[]
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
