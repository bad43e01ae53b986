-- A page of the users that any of `ids` names, each once. See user_window.
CREATE OR REPLACE FUNCTION user_window_of(of_tenant uuid, ids text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    ordinals bigint[];
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT coalesce(array_agg(DISTINCT u.ordinal ORDER BY u.ordinal), '{}') INTO ordinals
      FROM unnest(ids) AS wanted (id)
      JOIN user_key k ON k.tenant_id = of_tenant AND k.kind = 1 AND k.value = wanted.id
      JOIN "user" u ON u.tenant_id = of_tenant AND u.id = k.user_id;
    RETURN QUERY SELECT cardinality(ordinals)::bigint, NULL::bigint, NULL::json;
    RETURN QUERY
    SELECT NULL::bigint, u.version, u.document
      FROM "user" u
     WHERE u.tenant_id = of_tenant
       AND u.ordinal = ANY (ordinals[least(skip, 2147483000)::integer + 1 : least(skip + most, 2147483000)::integer])
     ORDER BY u.ordinal;
END
$$;
