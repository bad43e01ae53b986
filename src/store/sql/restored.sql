-- Resets transaction ids restored from another cluster's dump: a transaction here with the same id would not increment
-- the generation. An id in the future can only come from a dump.
DO $$
DECLARE
    of_tenant uuid;
BEGIN
    UPDATE access_generation SET moved_by = NULL WHERE moved_by > pg_current_xact_id();
    FOR of_tenant IN SELECT id FROM tenant LOOP
        PERFORM set_config('userbatch.tenant', of_tenant::text, true);
        UPDATE directory SET moved_by = NULL WHERE tenant_id = of_tenant AND moved_by > pg_current_xact_id();
    END LOOP;
    PERFORM set_config('userbatch.tenant', '', true);
END
$$;
