-- Keys to users: `key` counts from 0. Kinds up to 6 name one user; of the others at most `most` users are returned, those
-- with the smallest ids: a key that half of the directory shares must not cost half of the directory.
--
-- How the serving role reads a directory, here and in every function whose first argument is a tenant: the function binds
-- the tenant for its own transaction, then reads; one network turn, and no tenant bound means no rows. It is STABLE, so
-- that all it reads is of the calling statement's one snapshot, and runs with the caller's rights, so that row security
-- holds inside.
--
-- This function and load_users look up one index entry at a time and nothing else, however little the statistics know of
-- a directory that was loaded a moment ago: scans of whole tables, and joins that begin with one, are closed to the
-- planner.
CREATE OR REPLACE FUNCTION resolve_keys(of_tenant uuid, kinds smallint[], key_values text[], most integer)
    RETURNS TABLE (key integer, user_id text, version bigint)
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT a.kind, a.value, (a.place - 1)::integer AS place
          FROM unnest(kinds, key_values) WITH ORDINALITY AS a (kind, value, place)
    )
    SELECT a.place, u.id, u.version
      FROM asked a
      JOIN user_key k ON k.tenant_id = of_tenant AND k.kind = a.kind AND k.value = a.value
      JOIN "user" u ON u.tenant_id = of_tenant AND u.id = k.user_id
     WHERE a.kind <= 6
    UNION ALL
    SELECT a.place, s.id, s.version
      FROM asked a
     CROSS JOIN LATERAL (
        SELECT u.id, u.version
          FROM (SELECT n.user_id FROM user_shared_key n
                 WHERE n.tenant_id = of_tenant AND n.kind = a.kind AND n.value = a.value
                 ORDER BY n.user_id LIMIT most) k
          JOIN "user" u ON u.tenant_id = of_tenant AND u.id = k.user_id
         ORDER BY u.ordinal) s
     WHERE a.kind > 6
     ORDER BY 1;
END
$$;
