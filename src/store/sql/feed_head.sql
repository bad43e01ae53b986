-- How far a tenant's directory has moved, and the greatest ordinal of its users: -1 if there is none. No row if
-- there is no such tenant.
CREATE OR REPLACE FUNCTION feed_head(of_tenant uuid) RETURNS TABLE (generation bigint, last_ordinal bigint)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT d.generation,
           coalesce((SELECT u.ordinal FROM "user" u
                      WHERE u.tenant_id = of_tenant AND u.ordinal >= 0 ORDER BY u.ordinal DESC LIMIT 1), -1)
      FROM directory d WHERE d.tenant_id = of_tenant;
END
$$;
