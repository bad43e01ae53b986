-- Binds the transaction to a tenant, and locks its directory once any other writer has finished. Returns the ordinal of
-- the next new user; NULL if there is no such tenant. What the transaction writes is later than all that was written
-- before it, also if the clock was set back: whoever asks for what changed since the last change that it saw misses
-- nothing.
CREATE OR REPLACE FUNCTION lock_directory(of_tenant uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    next_one  bigint;
    moved_to  bigint;
    last_time timestamptz;
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT d.next_ordinal, d.generation INTO next_one, moved_to
      FROM directory d WHERE d.tenant_id = of_tenant FOR UPDATE;
    SELECT c.changed_at INTO last_time
      FROM generate_series(1, 5) AS s (subject)
     CROSS JOIN LATERAL (
           SELECT c.changed_at FROM directory_change c
            WHERE c.tenant_id = of_tenant AND c.subject = s.subject AND c.generation = moved_to LIMIT 1) c
     LIMIT 1;
    PERFORM set_config('userbatch.written_at',
                       greatest(clock_timestamp(), last_time + interval '1 microsecond')::text, true);
    RETURN next_one;
END
$$;
