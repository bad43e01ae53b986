-- Users by id. See resolve_keys.
CREATE OR REPLACE FUNCTION load_users(of_tenant uuid, ids text[])
    RETURNS TABLE (version bigint, document json, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT u.version, u.document, u.created_at, u.updated_at
      FROM "user" u WHERE u.tenant_id = of_tenant AND u.id = ANY (ids);
END
$$;
