-- Deletes what has been in user_change for too long: up to a hundred generations, each of which is found where the
-- primary key begins, for a transaction that adds one.
CREATE OR REPLACE FUNCTION trim_user_changes(of_tenant uuid) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    kept CONSTANT interval := '30 days';
    most CONSTANT integer := 100;
    before  CONSTANT bigint := coalesce(
        (SELECT t.generation FROM user_change_trim t WHERE t.tenant_id = of_tenant), 0);
    trimmed bigint := before;
    oldest  record;
BEGIN
    FOR i IN 1 .. most LOOP
        SELECT c.generation, c.changed_at INTO oldest
          FROM user_change c
         WHERE c.tenant_id = of_tenant AND c.generation > trimmed
         ORDER BY c.generation, c.change, c.last_ordinal LIMIT 1;
        EXIT WHEN NOT FOUND OR oldest.changed_at >= now() - kept;
        DELETE FROM user_change c WHERE c.tenant_id = of_tenant AND c.generation = oldest.generation;
        trimmed := oldest.generation;
    END LOOP;
    IF trimmed > before THEN
        INSERT INTO user_change_trim (tenant_id, generation) VALUES (of_tenant, trimmed)
            ON CONFLICT (tenant_id) DO UPDATE SET generation = excluded.generation;
    END IF;
END
$$;
