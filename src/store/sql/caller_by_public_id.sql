-- The credential with this public id: one row per unexpired secret, newest first; one row without a secret if it has
-- none. See caller_by_digest.
CREATE OR REPLACE FUNCTION caller_by_public_id(of_face text, of_public_id text)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
           c.certificate, s.sealed, least(c.expires_at, s.expires_at), t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c
      LEFT JOIN credential_secret s ON s.credential_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.public_id = of_public_id AND usable(c)
     ORDER BY s.created_at DESC;
END
$$;
