-- The tenants whose generation differs from `seen`, with the users changed since; NULL if these are more than `most` or
-- no longer in the log. Place 0 is the access counter and, with an empty list, the server's start time: after a crash
-- the server may have lost recent commits.
CREATE OR REPLACE FUNCTION revalidate(tenants uuid[], seen bigint[], most integer)
    RETURNS TABLE (place integer, generation bigint, changed text[])
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    now_at  bigint;
    trimmed bigint;
BEGIN
    RETURN QUERY SELECT 0, a.generation, NULL::text[] FROM access_generation a;
    place := 0;
    generation := extract(epoch FROM pg_postmaster_start_time()) * 1000000;
    changed := '{}';
    RETURN NEXT;
    FOR i IN 1 .. coalesce(cardinality(tenants), 0) LOOP
        PERFORM set_config('userbatch.tenant', tenants[i]::text, true);
        SELECT d.generation, d.trimmed_to INTO now_at, trimmed FROM directory d WHERE d.tenant_id = tenants[i];
        CONTINUE WHEN now_at = seen[i];
        place := i;
        generation := coalesce(now_at, 0);
        changed := NULL;
        IF seen[i] >= trimmed AND seen[i] < now_at AND NOT EXISTS (
            SELECT FROM directory_change c
             WHERE c.tenant_id = tenants[i] AND c.subject = 1 AND c.generation > seen[i] OFFSET most)
        THEN
            SELECT coalesce(array_agg(DISTINCT c.id), '{}') INTO changed
              FROM directory_change c
             WHERE c.tenant_id = tenants[i] AND c.subject = 1 AND c.generation > seen[i];
            IF '' = ANY (changed) THEN
                changed := NULL;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
