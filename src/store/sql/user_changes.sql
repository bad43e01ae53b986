-- At most `most` changes of a tenant's users after a position, in the order of the commits. The first row has the
-- directory's generation, and as its ordinal the last one of which not everybody can be told any more.
--
-- A position is a generation, a step within it and the ordinal of the last user told. The steps are 0, the users
-- there at the generation, with ordinals up to `listed_to`; 1 to 3 as in user_change; and 4, all told. The
-- settings make every part of it read an index in its order, as far as needed.
CREATE OR REPLACE FUNCTION user_changes(
        of_tenant uuid, after_generation bigint, after_step smallint, after_ordinal bigint, listed_to bigint,
        most bigint)
    RETURNS TABLE (generation bigint, step smallint, ordinal bigint, id text)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_sort = off
    SET jit = off
AS $$
DECLARE
    noted user_change;
    left_over bigint := most;
    told bigint;
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT d.generation, 4::smallint,
           coalesce((SELECT greatest(t.generation, t.erased_to) FROM user_change_trim t
                      WHERE t.tenant_id = of_tenant), 0), NULL::text
      FROM directory d WHERE d.tenant_id = of_tenant;
    IF after_step = 0 THEN
        RETURN QUERY
        SELECT after_generation, 0::smallint, n.ordinal, n.id
          FROM users_noted(of_tenant, after_generation, after_ordinal + 1, listed_to, most) n;
        GET DIAGNOSTICS told = ROW_COUNT;
        left_over := left_over - told;
        after_step := 4;
    END IF;
    FOR noted IN
        SELECT c.* FROM user_change c
         WHERE c.tenant_id = of_tenant
           AND (c.generation, c.change, c.last_ordinal) > (after_generation, after_step, after_ordinal)
         ORDER BY c.generation, c.change, c.last_ordinal
    LOOP
        EXIT WHEN left_over <= 0;
        IF noted.change = 1 THEN
            RETURN QUERY SELECT noted.generation, noted.change, noted.last_ordinal, noted.id;
        ELSE
            -- Where the position is within the range, the rest of it.
            IF (noted.generation, noted.change) = (after_generation, after_step) THEN
                noted.first_ordinal := greatest(noted.first_ordinal, after_ordinal + 1);
            END IF;
            RETURN QUERY
            SELECT noted.generation, noted.change, n.ordinal, n.id
              FROM users_noted(
                       of_tenant, noted.generation, noted.first_ordinal, noted.last_ordinal, left_over) n;
        END IF;
        GET DIAGNOSTICS told = ROW_COUNT;
        left_over := left_over - told;
    END LOOP;
END
$$;
