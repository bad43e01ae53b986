-- Called by gateways of earlier releases only; the next release drops it.
-- Whether any active tenant lists this origin. Preflight requests carry no key, so the tenant is not known.
CREATE OR REPLACE FUNCTION cors_origin_listed(origin text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM tenant t WHERE t.settings -> 'corsOrigins' ? origin AND t.suspended_at IS NULL);
END;
