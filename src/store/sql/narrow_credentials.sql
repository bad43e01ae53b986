-- Trigger: a credential to which a customer was granted is restricted to its customers from then on.
CREATE OR REPLACE FUNCTION narrow_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE credential SET narrowed = true WHERE id IN (SELECT a.credential_id FROM added a) AND NOT narrowed;
    RETURN NULL;
END
$$;
