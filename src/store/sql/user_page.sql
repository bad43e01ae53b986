-- A page of all users. The first row has the total, and the directory's generation as its ordinal; the users follow in
-- order. See users_by_keys.
CREATE OR REPLACE FUNCTION user_page(of_tenant uuid, skip bigint, most integer)
    RETURNS TABLE (total bigint, id text, ordinal bigint, document json, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
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
    RETURN QUERY
    SELECT coalesce(all_users, 0), NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz, NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
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
    SELECT NULL::bigint, u.id, u.ordinal, u.document, u.created_at, u.updated_at
      FROM "user" u
     WHERE u.tenant_id = of_tenant AND u.ordinal >= 0 AND u.ordinal >= small << 8
     ORDER BY u.ordinal OFFSET skip - nearer LIMIT most;
END
$$;
