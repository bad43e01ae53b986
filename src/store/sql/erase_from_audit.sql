-- Replaces the subjects of a tenant's audit entries that are ids of an erased person by the person's keyed digest. The
-- setting ends with the function.
CREATE OR REPLACE FUNCTION erase_from_audit(of_tenant text, ids text[], receipt text) RETURNS bigint
    LANGUAGE plpgsql
    SET userbatch.erasing_from_audit = 'on'
AS $$
DECLARE
    erased bigint;
BEGIN
    UPDATE audit SET subject = receipt WHERE tenant = of_tenant AND subject = ANY (ids);
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END
$$;
