-- The credential of this id, without its secrets. See credential_by_digest.
CREATE OR REPLACE FUNCTION credential_by_id(of_face text, of_id uuid) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, NULL::bytea,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.id = of_id AND usable(c);
END;
