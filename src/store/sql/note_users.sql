-- Trigger: records the users that a statement added, changed or removed in user_change. Of several changes to a
-- user in one transaction the first counts, except that whoever is removed is removed; one who was added in it,
-- too, was never there. Nothing is recorded while the whole tenant is being deleted.
--
-- The settings make it look up what the transaction has recorded already, whatever the planner's statistics say.
CREATE OR REPLACE FUNCTION note_users() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET jit = off
AS $$
DECLARE
    of_change CONSTANT smallint := CASE TG_OP WHEN 'DELETE' THEN 1 WHEN 'INSERT' THEN 2 ELSE 3 END;
    of_tenant uuid := (SELECT t.tenant_id FROM touched t LIMIT 1);
    now_at    bigint;
    -- Ordinals that the same transaction has recorded already: whoever it added need not be told as removed or
    -- changed, and whoever it changed need not be told as changed again. A new user has a new ordinal.
    noted     int8multirange;
BEGIN
    IF of_tenant IS NULL OR current_setting('userbatch.deleting_tenant', true) = of_tenant::text THEN
        RETURN NULL;
    END IF;
    now_at := move_directory(of_tenant);
    SELECT coalesce(range_agg(int8range(c.first_ordinal, c.last_ordinal, '[]'))
                        FILTER (WHERE c.change = 2 OR TG_OP = 'UPDATE'), '{}')
      INTO noted
      FROM user_change c
     WHERE c.tenant_id = of_tenant AND c.generation = now_at AND c.change >= 2 AND TG_OP <> 'INSERT';
    IF TG_OP = 'DELETE' THEN
        INSERT INTO user_change (tenant_id, generation, change, first_ordinal, last_ordinal, id)
        SELECT of_tenant, now_at, of_change, t.ordinal, t.ordinal, t.id
          FROM touched t
         WHERE NOT t.ordinal <@ noted;
    ELSE
        INSERT INTO user_change (tenant_id, generation, change, first_ordinal, last_ordinal)
        SELECT of_tenant, now_at, of_change, lower(r), upper(r) - 1
          FROM unnest((SELECT range_agg(int8range(t.ordinal, t.ordinal, '[]')) FROM touched t) - noted) AS r;
    END IF;
    PERFORM trim_user_changes(of_tenant);
    RETURN NULL;
END
$$;
