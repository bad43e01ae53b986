-- A page of all users: first one row with the total alone, then the users of the page in their order.
--
-- This function and user_window_of read in one way alone: down an index to where the page begins, then along it. The
-- planner finds that way only where it has statistics, and a directory that was loaded a moment ago has none: it would
-- sort or scan the whole tenant. So every other way is closed to it.
CREATE OR REPLACE FUNCTION user_window(of_tenant uuid, skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    all_users bigint;
    large     bigint;
    small     bigint;
    before    bigint;
    nearer    bigint;
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT max(c.through), min(c.block) FILTER (WHERE c.through > skip),
           coalesce(max(c.through) FILTER (WHERE c.through <= skip), 0)
      INTO all_users, large, before
      FROM (SELECT b.block, sum(b.users) OVER (ORDER BY b.block) AS through
              FROM user_count b WHERE b.tenant_id = of_tenant AND b.width = 16) c;
    RETURN QUERY SELECT coalesce(all_users, 0), NULL::bigint, NULL::json;
    IF large IS NULL THEN
        RETURN;
    END IF;
    SELECT min(c.block) FILTER (WHERE c.through > skip),
           coalesce(max(c.through) FILTER (WHERE c.through <= skip), before)
      INTO small, nearer
      FROM (SELECT b.block, before + sum(b.users) OVER (ORDER BY b.block) AS through
              FROM user_count b
             WHERE b.tenant_id = of_tenant AND b.width = 8
               AND b.block >= large << 8 AND b.block < (large + 1) << 8) c;
    RETURN QUERY
    SELECT NULL::bigint, u.version, u.document
      FROM "user" u
     WHERE u.tenant_id = of_tenant AND u.ordinal >= small << 8
     ORDER BY u.ordinal OFFSET skip - nearer LIMIT most;
END
$$;
