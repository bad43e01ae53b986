-- The tenant behind a pair of public ids, if the credential may access its customer and it is not suspended.
CREATE OR REPLACE FUNCTION tenant_of_customer(of_credential uuid, of_customer text, of_tenant text)
    RETURNS TABLE (tenant_id uuid, settings jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT t.id, t.settings
      FROM credential c
      JOIN customer k ON k.public_id = of_customer AND may_touch(c, k)
      JOIN tenant t ON t.customer_id = k.id AND t.public_id = of_tenant AND t.suspended_at IS NULL
     WHERE c.id = of_credential;
END;
