-- Trigger: the counts of user_count would miss a user that changes its tenant or ordinal, or a TRUNCATE. Nothing does
-- either, and nothing may begin to.
CREATE OR REPLACE FUNCTION refuse_moving_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a user keeps its tenant and its ordinal';
END
$$;
