-- Consumes nonces: returns a row for each that was not used before. Also deletes some expired ones, to keep the table
-- small. Ordered by nonce, so that concurrent gateways cannot deadlock.
CREATE OR REPLACE FUNCTION use_nonces(of_credentials uuid[], wanted text[], until timestamptz[])
    RETURNS TABLE (place integer, is_first_use boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM used_nonce WHERE ctid IN (
        SELECT ctid FROM used_nonce WHERE expires_at < now() ORDER BY expires_at
         LIMIT 8 * cardinality(wanted) FOR UPDATE SKIP LOCKED);
    RETURN QUERY
    WITH asked AS (
        SELECT n.credential_id, n.nonce, min(n.place) AS place, min(n.expires_at) AS expires_at
          FROM unnest(of_credentials, wanted, until) WITH ORDINALITY AS n (credential_id, nonce, expires_at, place)
         GROUP BY 1, 2
    ), used AS (
        INSERT INTO used_nonce (credential_id, nonce, expires_at)
        SELECT a.credential_id, a.nonce, a.expires_at FROM asked a
          JOIN credential c ON c.id = a.credential_id
         ORDER BY 1, 2
            ON CONFLICT DO NOTHING
        RETURNING used_nonce.credential_id, used_nonce.nonce
    )
    SELECT a.place::integer, true FROM asked a JOIN used u USING (credential_id, nonce);
END
$$;
