-- Keys to users, with their documents. The first row, at place -1, has the directory's generation as its ordinal. A user's
-- own id is looked up where the users are, and only then among the keys. Of a key that several users share at most `most`
-- users are returned, those with the smallest ids: it must not cost half of the directory that half of the directory
-- shares it.
--
-- How the serving role reads a directory, here and in every function whose first argument is a tenant: the function binds
-- the tenant for its own transaction, then reads; one network turn, and no tenant bound means no rows. It is STABLE, so
-- that all it reads is of the calling statement's one snapshot, and runs with the caller's rights, so that row security
-- holds inside.
CREATE OR REPLACE FUNCTION users_by_keys(of_tenant uuid, kinds smallint[], key_values text[], most integer)
    RETURNS TABLE (place integer, id text, ordinal bigint, document json, created_at timestamptz,
                   updated_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT -1, NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz, NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
    RETURN QUERY
    SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
      FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
     CROSS JOIN LATERAL (
        SELECT o.id, o.ordinal, o.document, o.created_at, o.updated_at
          FROM "user" o WHERE a.kind = 1 AND o.tenant_id = of_tenant AND o.id = a.value
         UNION ALL
        SELECT f.id, f.ordinal, f.document, f.created_at, f.updated_at
          FROM user_key k
         CROSS JOIN LATERAL (SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id LIMIT 1) f
         WHERE a.kind <= 6 AND k.tenant_id = of_tenant AND k.kind = a.kind AND k.value = a.value
         LIMIT 1) u;
    IF 6 < ANY (kinds) THEN
        RETURN QUERY
        SELECT (a.place - 1)::integer, u.id, u.ordinal, u.document, u.created_at, u.updated_at
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
         CROSS JOIN LATERAL (
            SELECT s.user_id FROM user_shared_key s
             WHERE a.kind > 6 AND s.tenant_id = of_tenant AND s.kind = a.kind AND s.value = a.value
             ORDER BY s.user_id LIMIT most) k
         CROSS JOIN LATERAL (SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id LIMIT 1) u;
    END IF;
END
$$;
