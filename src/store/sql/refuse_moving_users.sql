-- Trigger: refuses TRUNCATE and changes of a user's tenant or ordinal, which user_count does not track.
CREATE OR REPLACE FUNCTION refuse_moving_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a user keeps its tenant and its ordinal';
END
$$;
