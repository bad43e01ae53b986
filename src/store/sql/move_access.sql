-- Trigger: increments access_generation, once per transaction.
CREATE OR REPLACE FUNCTION move_access() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE access_generation SET generation = generation + 1, moved_by = pg_current_xact_id()
     WHERE moved_by IS DISTINCT FROM pg_current_xact_id();
    RETURN NULL;
END
$$;
