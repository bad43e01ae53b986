-- Replaces the subjects of a tenant's audit entries that are ids of an erased person by the person's keyed digest. The
-- setting ends with the function: only a superuser could have it in the definition.
CREATE OR REPLACE FUNCTION erase_from_audit(of_tenant text, ids text[], receipt text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    erased bigint;
BEGIN
    PERFORM set_config('userbatch.erasing_from_audit', 'on', true);
    UPDATE audit SET subject = receipt
     WHERE tenant = of_tenant AND act LIKE 'user.%' AND subject = ANY (ids);
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('userbatch.erasing_from_audit', 'off', true);
    RETURN erased;
END
$$;
