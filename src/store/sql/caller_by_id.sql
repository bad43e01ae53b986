-- The credential that a token was issued to. With the public ids of a customer and a tenant (AvePoint), also that
-- tenant if the credential may access it; otherwise the credential's own tenant. See caller_by_digest.
CREATE OR REPLACE FUNCTION caller_by_id(of_face text, of_id uuid, of_customer text, of_tenant text)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF of_customer IS NULL THEN
        RETURN QUERY
        SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
               c.certificate, NULL::bytea, c.expires_at, t.id, t.slug, t.user_pool_id, t.settings
          FROM credential c LEFT JOIN tenant t ON t.id = c.tenant_id
         WHERE t.suspended_at IS NULL AND c.face = of_face AND c.id = of_id AND usable(c);
    ELSE
        RETURN QUERY
        SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
               c.certificate, NULL::bytea, c.expires_at, t.id, t.slug, t.user_pool_id, t.settings
          FROM credential c
          LEFT JOIN customer k ON k.public_id = of_customer AND may_touch(c, k)
          LEFT JOIN tenant t ON t.customer_id = k.id AND t.public_id = of_tenant AND t.suspended_at IS NULL
         WHERE c.face = of_face AND c.id = of_id AND usable(c);
    END IF;
END
$$;
