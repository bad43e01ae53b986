-- Trigger: granting a customer to a credential restricts it to its granted customers.
CREATE OR REPLACE FUNCTION narrow_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE credential SET narrowed = true WHERE id IN (SELECT a.credential_id FROM added a) AND NOT narrowed;
    RETURN NULL;
END
$$;
