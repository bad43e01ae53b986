-- A page of the customers that an AvePoint credential may access, with their active tenants: first a row with only the
-- total, then the customers sorted by id. `wanted` NULL means all.
CREATE OR REPLACE FUNCTION customer_window(of_credential uuid, wanted text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, public_id text, name text, tenant_ids text[], tenant_names text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    WITH reachable AS MATERIALIZED (
        SELECT k.id, k.public_id, k.name
          FROM credential c
          JOIN customer k ON k.partner = c.partner AND may_touch(c, k)
         WHERE c.id = of_credential AND (wanted IS NULL OR k.public_id = ANY (wanted))
    ), page AS (
        SELECT r.id, r.public_id, r.name FROM reachable r ORDER BY r.public_id OFFSET skip LIMIT most
    )
    SELECT count(*), NULL::text COLLATE "C", NULL::text, NULL::text[], NULL::text[] FROM reachable
    UNION ALL
    SELECT NULL, p.public_id, p.name, coalesce(t.ids, '{}'), coalesce(t.names, '{}')
      FROM page p
     CROSS JOIN LATERAL (
        SELECT array_agg(t.public_id ORDER BY t.public_id) AS ids, array_agg(t.name ORDER BY t.public_id) AS names
          FROM tenant t WHERE t.customer_id = p.id AND t.suspended_at IS NULL) t
     ORDER BY 1 NULLS LAST, 2;
END;
