-- The credential with a secret of this digest, its tenant, and the access counter of the same snapshot. Credentials of
-- suspended tenants are not returned. The serving role can look up single credentials by values known to the caller,
-- but cannot list them.
--
-- In PL/pgSQL, whose plans are cached: a SECURITY DEFINER function in SQL is planned on every call.
CREATE OR REPLACE FUNCTION caller_by_digest(of_face text, of_digest bytea)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
           c.certificate, s.sealed, least(c.expires_at, s.expires_at), t.id, t.slug, t.user_pool_id, t.settings
      FROM credential_secret s
      JOIN credential c ON c.id = s.credential_id
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND s.digest = of_digest AND c.face = of_face AND usable(c)
       AND (s.expires_at IS NULL OR s.expires_at > now());
END
$$;
