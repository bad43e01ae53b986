-- The serving role finds a credential only by what a caller must already hold: never a list of them. With it comes the
-- one tenant that it opens; a credential of a suspended tenant is not found at all.
CREATE OR REPLACE FUNCTION credential_by_digest(of_face text, of_digest bytea) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, s.sealed,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential_secret s
      JOIN credential c ON c.id = s.credential_id
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND s.digest = of_digest AND c.face = of_face AND usable(c)
       AND (s.expires_at IS NULL OR s.expires_at > now());
END;
