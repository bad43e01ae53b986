-- Numbered pages of a large directory at the price of the first one, with an exact count.
-- Ordinals are cut into blocks of 1,024 and the users of each block are counted, in the transaction that adds
-- or removes them. A page then adds up some hundreds of small numbers (which gives the exact total in the same
-- snapshot), finds its block, and skips at most 1,023 index entries inside it.

CREATE TABLE user_block (
    tenant_id uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    block     bigint NOT NULL,
    users     integer NOT NULL CHECK (users >= 0),
    PRIMARY KEY (tenant_id, block)
);

ALTER TABLE user_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_block FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON user_block USING (tenant_id = bound_tenant());
GRANT SELECT ON user_block TO userbatch_serving;

CREATE FUNCTION count_added_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_block AS b (tenant_id, block, users)
    SELECT a.tenant_id, a.ordinal >> 10, count(*) FROM added a GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (tenant_id, block) DO UPDATE SET users = b.users + excluded.users;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_removed_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_block b SET users = b.users - r.users
      FROM (SELECT o.tenant_id, o.ordinal >> 10 AS block, count(*) AS users FROM removed o GROUP BY 1, 2) r
     WHERE b.tenant_id = r.tenant_id AND b.block = r.block;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_added AFTER INSERT ON "user" REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_users();
CREATE TRIGGER count_removed AFTER DELETE ON "user" REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_users();

-- A page of all users: first one row with the total alone, then the users of the page in their order.
CREATE FUNCTION user_window(of_tenant uuid, skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    all_users   bigint;
    first_block bigint;
    before      bigint;
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT max(c.through), min(c.block) FILTER (WHERE c.through > skip), max(c.through) FILTER (WHERE c.through <= skip)
      INTO all_users, first_block, before
      FROM (SELECT b.block, sum(b.users) OVER (ORDER BY b.block) AS through
              FROM user_block b WHERE b.tenant_id = of_tenant) c;
    RETURN QUERY SELECT coalesce(all_users, 0), NULL::bigint, NULL::json;
    IF first_block IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT NULL::bigint, u.version, u.document
      FROM (SELECT o.ordinal FROM "user" o
             WHERE o.tenant_id = of_tenant AND o.ordinal >= first_block << 10
             ORDER BY o.ordinal OFFSET skip - coalesce(before, 0) LIMIT most) page
      JOIN "user" u ON u.tenant_id = of_tenant AND u.ordinal = page.ordinal
     ORDER BY u.ordinal;
END
$$;

-- The same over the users that any of `ids` names, each once.
CREATE FUNCTION user_window_of(of_tenant uuid, ids text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, version bigint, document json)
    LANGUAGE plpgsql STABLE
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
