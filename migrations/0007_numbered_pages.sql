-- Numbered pages of a large directory at the price of the first one, with an exact count.
-- Ordinals are cut into blocks of 2^16, and those into blocks of 2^8; the users of each block are counted in the
-- transaction that adds or removes them. A page adds up the large blocks (which gives the exact total in the same
-- snapshot), then at most 256 small ones inside the one it begins in, and skips at most 255 index entries.

CREATE TABLE user_count (
    tenant_id  uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    -- A block of width w and number n holds the ordinals from n * 2^w to (n + 1) * 2^w - 1.
    width      smallint NOT NULL CHECK (width IN (8, 16)),
    block      bigint NOT NULL,
    users      integer NOT NULL CHECK (users > 0),
    PRIMARY KEY (tenant_id, width, block)
) WITH (fillfactor = 50); -- room to change counts in place, without touching the index

ALTER TABLE user_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_count FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON user_count USING (tenant_id = bound_tenant());
GRANT SELECT ON user_count TO userbatch_serving;

CREATE FUNCTION count_added_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_count AS c (tenant_id, width, block, users)
    SELECT a.tenant_id, w.width, a.ordinal >> w.width, count(*)
      FROM added a CROSS JOIN (VALUES (8), (16)) AS w (width)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, width, block) DO UPDATE SET users = c.users + excluded.users;
    RETURN NULL;
END
$$;

-- A block that becomes empty is forgotten, so that a directory that is filled anew every day does not grow slow.
CREATE FUNCTION count_removed_users() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION refuse_new_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a user keeps its tenant and its ordinal';
END
$$;

CREATE TRIGGER count_added AFTER INSERT ON "user" REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_users();
CREATE TRIGGER count_removed AFTER DELETE ON "user" REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_users();
-- The counts would miss either: no one does it, and no one may begin to.
CREATE TRIGGER keep_place BEFORE UPDATE OF tenant_id, ordinal ON "user"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_new_place();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON "user"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_new_place();

-- Both functions below read in one way alone: down an index to where the page begins, then along it. The planner
-- finds that way only where it has statistics, and a directory that was loaded a moment ago has none: it would
-- sort or scan the whole tenant. So every other way is closed to it.

-- A page of all users: first one row with the total alone, then the users of the page in their order.
CREATE FUNCTION user_window(of_tenant uuid, skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    all_users bigint;
    large     bigint;
    small     bigint;
    before    bigint;
    nearer    bigint;
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT max(c.through), min(c.block) FILTER (WHERE c.through > skip),
           coalesce(max(c.through) FILTER (WHERE c.through <= skip), 0)
      INTO all_users, large, before
      FROM (SELECT b.block, sum(b.users) OVER (ORDER BY b.block) AS through
              FROM user_count b WHERE b.tenant_id = of_tenant AND b.width = 16) c;
    RETURN QUERY SELECT coalesce(all_users, 0), NULL::bigint, NULL::json;
    IF large IS NULL THEN
        RETURN;
    END IF;
    SELECT min(c.block) FILTER (WHERE c.through > skip),
           coalesce(max(c.through) FILTER (WHERE c.through <= skip), before)
      INTO small, nearer
      FROM (SELECT b.block, before + sum(b.users) OVER (ORDER BY b.block) AS through
              FROM user_count b
             WHERE b.tenant_id = of_tenant AND b.width = 8
               AND b.block >= large << 8 AND b.block < (large + 1) << 8) c;
    RETURN QUERY
    SELECT NULL::bigint, u.version, u.document
      FROM "user" u
     WHERE u.tenant_id = of_tenant AND u.ordinal >= small << 8
     ORDER BY u.ordinal OFFSET skip - nearer LIMIT most;
END
$$;

-- The same over the users that any of `ids` names, each once.
CREATE FUNCTION user_window_of(of_tenant uuid, ids text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    ordinals bigint[];
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT coalesce(array_agg(DISTINCT u.ordinal ORDER BY u.ordinal), '{}') INTO ordinals
      FROM unnest(ids) AS wanted (id)
      JOIN user_key k ON k.tenant_id = of_tenant AND k.kind = 1 AND k.value = wanted.id
      JOIN "user" u ON u.tenant_id = of_tenant AND u.id = k.user_id;
    RETURN QUERY SELECT cardinality(ordinals)::bigint, NULL::bigint, NULL::json;
    RETURN QUERY
    SELECT NULL::bigint, u.version, u.document
      FROM "user" u
     WHERE u.tenant_id = of_tenant
       AND u.ordinal = ANY (ordinals[least(skip, 2147483000)::integer + 1 : least(skip + most, 2147483000)::integer])
     ORDER BY u.ordinal;
END
$$;
