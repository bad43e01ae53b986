-- Whether any tenant that is not suspended lists this origin. A browser asks before it sends the caller's key, so that
-- no tenant is known yet.
CREATE OR REPLACE FUNCTION cors_origin_listed(origin text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM tenant t WHERE t.settings -> 'corsOrigins' ? origin AND t.suspended_at IS NULL);
END;
