-- Users by lookup keys, with their documents. The first row, at place -1, has the directory's generation as its
-- ordinal. Ids are looked up among the users first and then among the keys. For a key shared by several users at most
-- `most` are returned, those with the smallest ids, to bound the cost of widely shared keys. An e-mail address (kind 3)
-- that finds nobody for sure finds the first user that claims it (kind 10).
--
-- Like every function whose first argument is a tenant, it binds the tenant for its transaction and then reads, in one
-- round trip; without a bound tenant there are no rows. It is STABLE, so that it reads the snapshot of the calling
-- statement, and SECURITY INVOKER, so that row security applies.
--
-- One statement for each way to find users, and the next only for what is still missing: most batches need the first
-- alone. OFFSET 0 keeps the planner, misled by stale statistics, from reading all of a tenant's users or keys.
CREATE OR REPLACE FUNCTION users_by_keys(of_tenant uuid, kinds smallint[], key_values text[], most integer)
    RETURNS TABLE (place integer, id text, ordinal bigint, document json, created_at timestamptz,
                   updated_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    -- An assignment takes a fraction of the time of PERFORM.
    bound   CONSTANT text := set_config('userbatch.tenant', of_tenant::text, true);
    missing integer := cardinality(kinds);
    found   integer;
BEGIN
    RETURN QUERY
    SELECT -1, NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz, NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
    IF 1 = ANY (kinds) THEN
        RETURN QUERY
        SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
         CROSS JOIN LATERAL (
            SELECT * FROM "user" n WHERE a.kind = 1 AND n.tenant_id = of_tenant AND n.id = a.value OFFSET 0) u;
        GET DIAGNOSTICS found = ROW_COUNT;
        missing := missing - found;
    END IF;
    IF missing > 0 THEN
        RETURN QUERY
        SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
         CROSS JOIN LATERAL (
            SELECT e.user_id FROM user_key e
             WHERE a.kind <= 6 AND e.tenant_id = of_tenant AND e.kind = a.kind AND e.value = a.value OFFSET 0) k
         CROSS JOIN LATERAL (
            SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id OFFSET 0) u
         WHERE a.kind <> 1 OR NOT EXISTS (
            SELECT FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = a.value OFFSET 0);
        GET DIAGNOSTICS found = ROW_COUNT;
        missing := missing - found;
    END IF;
    IF missing > 0 AND 3 = ANY (kinds) THEN
        RETURN QUERY
        SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
         CROSS JOIN LATERAL (
            SELECT s.user_id FROM user_shared_key s
             WHERE a.kind = 3 AND s.tenant_id = of_tenant AND s.kind = 10 AND s.value = a.value
             ORDER BY s.user_id LIMIT 1) k
         CROSS JOIN LATERAL (
            SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id OFFSET 0) u
         WHERE NOT EXISTS (
            SELECT FROM user_key e WHERE e.tenant_id = of_tenant AND e.kind = 3 AND e.value = a.value OFFSET 0);
    END IF;
    IF 6 < ANY (kinds) THEN
        RETURN QUERY
        SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
         CROSS JOIN LATERAL (
            SELECT s.user_id FROM user_shared_key s
             WHERE a.kind > 6 AND s.tenant_id = of_tenant AND s.kind = a.kind AND s.value = a.value
             ORDER BY s.user_id LIMIT most) k
         CROSS JOIN LATERAL (
            SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id OFFSET 0) u;
    END IF;
END
$$;
