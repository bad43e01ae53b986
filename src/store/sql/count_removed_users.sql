-- Trigger: subtracts removed users from the counts of their blocks. Empty blocks are deleted, so that a directory that
-- is reloaded every day does not slow down.
CREATE OR REPLACE FUNCTION count_removed_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (
        SELECT r.tenant_id, w.width, r.ordinal >> w.width AS block, count(*) AS users
          FROM removed r CROSS JOIN (VALUES (8), (16)) AS w (width)
         GROUP BY 1, 2, 3
    ), emptied AS (
        DELETE FROM user_count c USING gone g
         WHERE c.tenant_id = g.tenant_id AND c.width = g.width AND c.block = g.block AND c.users = g.users
    )
    UPDATE user_count c SET users = c.users - g.users
      FROM gone g
     WHERE c.tenant_id = g.tenant_id AND c.width = g.width AND c.block = g.block AND c.users <> g.users;
    RETURN NULL;
END
$$;
