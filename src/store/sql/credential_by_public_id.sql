-- The credential of this public id, once for each of its secrets that has not expired, newest first; once without a
-- secret if it has none. See credential_by_digest.
CREATE OR REPLACE FUNCTION credential_by_public_id(of_face text, of_public_id text) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, s.sealed,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c
      LEFT JOIN credential_secret s ON s.credential_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.public_id = of_public_id AND usable(c)
     ORDER BY s.created_at DESC;
END;
