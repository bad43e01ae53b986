-- Increments a directory's generation, once per transaction, and returns it. Also trims the change log to the last
-- million generations.
CREATE OR REPLACE FUNCTION move_directory(of_tenant uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    kept CONSTANT bigint := 1000000;
    now_at bigint;
BEGIN
    UPDATE directory d
       SET generation = d.generation + 1, moved_by = pg_current_xact_id(),
           trimmed_to = greatest(d.trimmed_to, d.generation + 1 - kept)
     WHERE d.tenant_id = of_tenant AND d.moved_by IS DISTINCT FROM pg_current_xact_id()
    RETURNING d.generation INTO now_at;
    IF FOUND THEN
        DELETE FROM directory_change c
         USING generate_series(1, 5) AS s (subject)
         WHERE c.tenant_id = of_tenant AND c.subject = s.subject AND c.generation <= now_at - kept;
        RETURN now_at;
    END IF;
    RETURN (SELECT d.generation FROM directory d WHERE d.tenant_id = of_tenant);
END
$$;
