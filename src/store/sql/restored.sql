-- What a dump brought from another cluster, where transactions have other numbers: a transaction here that has the number
-- noted there would not move the generation on. Here a number from the future can only have come that way.
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
