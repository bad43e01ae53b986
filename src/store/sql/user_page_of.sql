-- A page of the users matched by any of `ids`, without duplicates. See user_page.
CREATE OR REPLACE FUNCTION user_page_of(of_tenant uuid, ids text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, id text, ordinal bigint, document json, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    ordinals bigint[];
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT coalesce(array_agg(DISTINCT u.ordinal ORDER BY u.ordinal), '{}') INTO ordinals
      FROM unnest(ids) AS wanted (id)
     CROSS JOIN LATERAL (
        SELECT o.ordinal FROM "user" o WHERE o.tenant_id = of_tenant AND o.id = wanted.id
         UNION ALL
        SELECT f.ordinal
          FROM user_key k
         CROSS JOIN LATERAL (SELECT n.ordinal FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id LIMIT 1) f
         WHERE k.tenant_id = of_tenant AND k.kind = 1 AND k.value = wanted.id
         LIMIT 1) u;
    RETURN QUERY
    SELECT cardinality(ordinals)::bigint, NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz,
           NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
    RETURN QUERY
    SELECT NULL::bigint, u.id, u.ordinal, u.document, u.created_at, u.updated_at
      FROM unnest(ordinals[least(skip, 2147483000)::integer + 1 : least(skip + most, 2147483000)::integer])
           WITH ORDINALITY AS page (ordinal, place)
     CROSS JOIN LATERAL (
        SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.ordinal >= 0 AND n.ordinal = page.ordinal LIMIT 1) u
     ORDER BY page.place;
END
$$;
