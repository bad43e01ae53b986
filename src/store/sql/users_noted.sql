-- The users with ordinals from `first` to `last` who were there at a generation: those who are still, and those
-- removed since. In the order of their ordinals. Each part is read in that order by itself, since row level
-- security keeps the planner from merging them.
CREATE OR REPLACE FUNCTION users_noted(of_tenant uuid, at bigint, first bigint, last bigint, most bigint)
    RETURNS TABLE (ordinal bigint, id text)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    SELECT * FROM (
        (SELECT u.ordinal, u.id FROM "user" u
          WHERE u.tenant_id = of_tenant AND u.ordinal >= 0 AND u.ordinal BETWEEN first AND last
          ORDER BY u.ordinal LIMIT most)
        UNION ALL
        (SELECT c.last_ordinal, c.id FROM user_change c
          WHERE c.tenant_id = of_tenant AND c.change = 1 AND c.last_ordinal BETWEEN first AND last
            AND c.generation > at
          ORDER BY c.last_ordinal LIMIT most)) n (ordinal, id)
     ORDER BY n.ordinal LIMIT most;
END
$$;
