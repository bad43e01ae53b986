-- Trigger: records the rows changed by a statement in directory_change. The first argument is the subject, the second
-- the column that identifies it.
CREATE OR REPLACE FUNCTION note_changes() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    most       CONSTANT integer := 10000;
    of_subject CONSTANT smallint := TG_ARGV[0];
    of_change  CONSTANT smallint := CASE TG_OP WHEN 'INSERT' THEN 1 WHEN 'UPDATE' THEN 2 ELSE 3 END;
    of_tenant  uuid;
    ids        text[];
    now_at     bigint;
    noted      bigint;
BEGIN
    EXECUTE format(
        'SELECT (array_agg(t.tenant_id))[1], array_agg(t.id)
           FROM (SELECT DISTINCT tenant_id, %I::text AS id FROM touched LIMIT %s) t', TG_ARGV[1], most + 1)
       INTO of_tenant, ids;
    IF of_tenant IS NULL THEN
        RETURN NULL;
    END IF;
    now_at := move_directory(of_tenant);
    SELECT count(*) + max((c.id = '')::integer) * most INTO noted
      FROM directory_change c
     WHERE c.tenant_id = of_tenant AND c.subject = of_subject AND c.generation = now_at;
    IF coalesce(noted, 0) + cardinality(ids) > most THEN
        DELETE FROM directory_change c
         WHERE c.tenant_id = of_tenant AND c.subject = of_subject AND c.generation = now_at;
        INSERT INTO directory_change (tenant_id, subject, generation, id, change, changed_at)
        VALUES (of_tenant, of_subject, now_at, '', 0, written_at());
        RETURN NULL;
    END IF;
    INSERT INTO directory_change AS c (tenant_id, subject, generation, id, change, changed_at)
    SELECT of_tenant, of_subject, now_at, n.id, of_change, (SELECT written_at()) FROM unnest(ids) AS n (id)
        ON CONFLICT (tenant_id, subject, generation, id) DO UPDATE
       SET change = CASE
           WHEN c.change = 1 AND excluded.change = 2 THEN 1
           WHEN c.change = 3 AND excluded.change = 1 THEN 2
           ELSE excluded.change END;
    RETURN NULL;
END
$$;
