-- Uses a nonce up; false if it was used before. Also deletes some that have expired, so that the table stays small.
CREATE OR REPLACE FUNCTION use_nonce(of_credential uuid, wanted text, until timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM used_nonce WHERE ctid IN (
        SELECT ctid FROM used_nonce WHERE expires_at < now() ORDER BY expires_at LIMIT 8 FOR UPDATE SKIP LOCKED);
    INSERT INTO used_nonce (credential_id, nonce, expires_at) VALUES (of_credential, wanted, until)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
