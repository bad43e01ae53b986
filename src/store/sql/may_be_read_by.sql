-- Whether pages of this origin may read the answers to an AvePoint credential: whether an active tenant that it may access
-- lists the origin. For requests that name no tenant.
CREATE OR REPLACE FUNCTION may_be_read_by(of_credential uuid, of_origin text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM credential c
          JOIN customer k ON k.partner = c.partner AND may_touch(c, k)
          JOIN tenant t ON t.customer_id = k.id AND t.suspended_at IS NULL
         WHERE c.id = of_credential AND t.settings -> 'corsOrigins' ? of_origin);
END;
