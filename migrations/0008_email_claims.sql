-- A tenth kind of key: e-mail addresses that nobody vouches for, which several users may claim.
ALTER TABLE user_shared_key DROP CONSTRAINT user_shared_key_kind_check;
ALTER TABLE user_shared_key
    ADD CONSTRAINT user_shared_key_kind_check CHECK (kind BETWEEN 7 AND 10) NOT VALID;
