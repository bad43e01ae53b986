-- Origins whose pages may call with credentials are a setting of each tenant. A browser asks before it sends the
-- caller's key, so the answer to that question can only say whether any tenant lists the origin.

CREATE INDEX tenant_cors_origins ON tenant USING gin ((settings -> 'corsOrigins'));

CREATE FUNCTION cors_origin_listed(origin text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM tenant t WHERE t.settings -> 'corsOrigins' ? origin AND t.suspended_at IS NULL);
END;

REVOKE ALL ON FUNCTION cors_origin_listed(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cors_origin_listed(text) TO userbatch_serving;
