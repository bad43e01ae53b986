-- Trigger: adds new users to the counts of their blocks (see the table user_count).
CREATE OR REPLACE FUNCTION count_added_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_count AS c (tenant_id, width, block, users)
    SELECT a.tenant_id, w.width, a.ordinal >> w.width, count(*)
      FROM added a CROSS JOIN (VALUES (8), (16)) AS w (width)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, width, block) DO UPDATE SET users = c.users + excluded.users;
    RETURN NULL;
END
$$;
