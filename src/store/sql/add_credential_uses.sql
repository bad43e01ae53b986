-- Adds one gateway's request counts: `counted[i]` requests of the i-th credential, last used at `last_used[i]`. Deleted
-- credentials are skipped. Ordered by id, so that concurrent gateways cannot deadlock.
CREATE OR REPLACE FUNCTION add_credential_uses(of_credentials uuid[], counted bigint[], last_used timestamptz[])
    RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    INSERT INTO credential_use AS kept (credential_id, uses, last_used_at)
    SELECT c.id, a.uses, a.last_used_at
      FROM unnest(of_credentials, counted, last_used) AS a (credential_id, uses, last_used_at)
      JOIN credential c ON c.id = a.credential_id
     ORDER BY c.id
        ON CONFLICT (credential_id) DO UPDATE
       SET uses = kept.uses + excluded.uses, last_used_at = greatest(kept.last_used_at, excluded.last_used_at);
END;
