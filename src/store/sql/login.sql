-- Gives the serving role a login with the password whose verifier this transaction holds.
DO $$
BEGIN
    EXECUTE format('ALTER ROLE userbatch_serving LOGIN PASSWORD %L', current_setting('userbatch.serving_verifier'));
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO userbatch_serving', current_database());
END
$$;
