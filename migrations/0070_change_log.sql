-- Generations: how far each directory has moved, and what moved it. Every transaction that changes users or timelines
-- adds one to its directory's generation, under the lock that it holds on the directory's row until it ends: so
-- generations are dense and in the order of the commits, whoever writes.

ALTER TABLE directory
    ADD COLUMN generation bigint NOT NULL DEFAULT 0,
    -- Changes up to this generation are no longer in the log.
    ADD COLUMN trimmed_to bigint NOT NULL DEFAULT 0,
    -- The transaction that moved it last; a second statement of the same one does not move it again.
    ADD COLUMN moved_by   xid8;

CREATE TABLE directory_change (
    tenant_id  uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    -- What `id` names: 1 a user; an account with 2 holdings or 5 reviews; 3 a transfer; 4 a collection with announcements.
    subject    smallint NOT NULL CHECK (subject BETWEEN 1 AND 5),
    generation bigint NOT NULL,
    -- Empty for all of them: a transaction that changes very many is noted in one row.
    id         text COLLATE "C" NOT NULL,
    -- 1 added, 2 changed, 3 removed; 0 where it may be any of these.
    change     smallint NOT NULL CHECK (change BETWEEN 0 AND 3),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject, generation, id)
);

ALTER TABLE directory_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory_change FORCE ROW LEVEL SECURITY;
CREATE POLICY bound_tenant_only ON directory_change USING (tenant_id = bound_tenant())
    WITH CHECK (tenant_id = (SELECT bound_tenant()));
GRANT SELECT ON directory_change TO userbatch_serving;

-- Moves the directory on, once a transaction, and returns its generation. The writer trims the log as it goes: the
-- last million generations stay.
CREATE FUNCTION move_directory(of_tenant uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    kept CONSTANT bigint := 1000000;
    now_at bigint;
BEGIN
    UPDATE directory d
       SET generation = d.generation + 1, moved_by = pg_current_xact_id(),
           trimmed_to = greatest(d.trimmed_to, d.generation + 1 - kept)
     WHERE d.tenant_id = of_tenant AND d.moved_by IS DISTINCT FROM pg_current_xact_id()
    RETURNING d.generation INTO now_at;
    IF FOUND THEN
        DELETE FROM directory_change c
         USING generate_series(1, 5) AS s (subject)
         WHERE c.tenant_id = of_tenant AND c.subject = s.subject AND c.generation <= now_at - kept;
        RETURN now_at;
    END IF;
    RETURN (SELECT d.generation FROM directory d WHERE d.tenant_id = of_tenant);
END
$$;

-- Notes what a statement touched: the first argument is the subject, the second the column that names it.
CREATE FUNCTION note_changes() RETURNS trigger
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
        INSERT INTO directory_change (tenant_id, subject, generation, id, change)
        VALUES (of_tenant, of_subject, now_at, '', 0);
        RETURN NULL;
    END IF;
    INSERT INTO directory_change AS c (tenant_id, subject, generation, id, change)
    SELECT of_tenant, of_subject, now_at, n.id, of_change FROM unnest(ids) AS n (id)
        ON CONFLICT (tenant_id, subject, generation, id) DO UPDATE
       SET change = CASE
           WHEN c.change = 1 AND excluded.change = 2 THEN 1
           WHEN c.change = 3 AND excluded.change = 1 THEN 2
           ELSE excluded.change END;
    RETURN NULL;
END
$$;

CREATE TRIGGER note_added AFTER INSERT ON "user" REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('1', 'id');
CREATE TRIGGER note_changed AFTER UPDATE ON "user" REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('1', 'id');
CREATE TRIGGER note_removed AFTER DELETE ON "user" REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('1', 'id');
CREATE TRIGGER note_added AFTER INSERT ON holding REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('2', 'account');
CREATE TRIGGER note_changed AFTER UPDATE ON holding REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('2', 'account');
CREATE TRIGGER note_removed AFTER DELETE ON holding REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('2', 'account');
CREATE TRIGGER note_added AFTER INSERT ON transfer REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('3', 'id');
CREATE TRIGGER note_changed AFTER UPDATE ON transfer REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('3', 'id');
CREATE TRIGGER note_removed AFTER DELETE ON transfer REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('3', 'id');
CREATE TRIGGER note_added AFTER INSERT ON announcement REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('4', 'collection_id');
CREATE TRIGGER note_changed AFTER UPDATE ON announcement REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('4', 'collection_id');
CREATE TRIGGER note_removed AFTER DELETE ON announcement REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('4', 'collection_id');
CREATE TRIGGER note_added AFTER INSERT ON review REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('5', 'account');
CREATE TRIGGER note_changed AFTER UPDATE ON review REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('5', 'account');
CREATE TRIGGER note_removed AFTER DELETE ON review REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION note_changes('5', 'account');

-- The counter for everything that decides who may call: credentials, secrets, customers, tenants. One row. It moves at
-- the end of the transaction, so that the transaction holds its lock for a moment and never while it waits for another.
CREATE TABLE access_generation (
    is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    generation bigint NOT NULL DEFAULT 0,
    moved_by   xid8
);
INSERT INTO access_generation DEFAULT VALUES;
GRANT SELECT ON access_generation TO userbatch_serving;

CREATE FUNCTION move_access() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE access_generation SET generation = generation + 1, moved_by = pg_current_xact_id()
     WHERE moved_by IS DISTINCT FROM pg_current_xact_id();
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER move_access AFTER INSERT OR UPDATE OR DELETE ON customer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access();
CREATE CONSTRAINT TRIGGER move_access AFTER INSERT OR UPDATE OR DELETE ON tenant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access();
CREATE CONSTRAINT TRIGGER move_access AFTER INSERT OR UPDATE OR DELETE ON credential
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access();
CREATE CONSTRAINT TRIGGER move_access AFTER INSERT OR UPDATE OR DELETE ON credential_secret
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access();
CREATE CONSTRAINT TRIGGER move_access AFTER INSERT OR UPDATE OR DELETE ON credential_customer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access();

-- Which of `tenants` are at another generation than the one `seen`, with the users that changed since; without them
-- (NULL) where they are more than `most`, or where the log does not tell. Place 0 is the counter of access; and, told
-- apart by an empty list, when the server was started: after a crash it may have lost what it had not yet stored.
CREATE FUNCTION revalidate(tenants uuid[], seen bigint[], most integer)
    RETURNS TABLE (place integer, generation bigint, changed text[])
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    now_at  bigint;
    trimmed bigint;
BEGIN
    RETURN QUERY SELECT 0, a.generation, NULL::text[] FROM access_generation a;
    place := 0;
    generation := extract(epoch FROM pg_postmaster_start_time()) * 1000000;
    changed := '{}';
    RETURN NEXT;
    FOR i IN 1 .. coalesce(cardinality(tenants), 0) LOOP
        PERFORM set_config('userbatch.tenant', tenants[i]::text, true);
        SELECT d.generation, d.trimmed_to INTO now_at, trimmed FROM directory d WHERE d.tenant_id = tenants[i];
        CONTINUE WHEN now_at = seen[i];
        place := i;
        generation := coalesce(now_at, 0);
        changed := NULL;
        IF seen[i] >= trimmed AND seen[i] < now_at AND NOT EXISTS (
            SELECT FROM directory_change c
             WHERE c.tenant_id = tenants[i] AND c.subject = 1 AND c.generation > seen[i] OFFSET most)
        THEN
            SELECT coalesce(array_agg(DISTINCT c.id), '{}') INTO changed
              FROM directory_change c
             WHERE c.tenant_id = tenants[i] AND c.subject = 1 AND c.generation > seen[i];
            IF '' = ANY (changed) THEN
                changed := NULL;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Uses nonces up: for each whether this was its first use. In one order, so that two gateways never wait in a circle.
CREATE FUNCTION use_nonces(of_credentials uuid[], wanted text[], until timestamptz[])
    RETURNS TABLE (place integer, is_first_use boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM used_nonce WHERE ctid IN (
        SELECT ctid FROM used_nonce WHERE expires_at < now() ORDER BY expires_at
         LIMIT 8 * cardinality(wanted) FOR UPDATE SKIP LOCKED);
    RETURN QUERY
    WITH asked AS (
        SELECT n.credential_id, n.nonce, min(n.place) AS place, min(n.expires_at) AS expires_at
          FROM unnest(of_credentials, wanted, until) WITH ORDINALITY AS n (credential_id, nonce, expires_at, place)
         GROUP BY 1, 2
    ), used AS (
        INSERT INTO used_nonce (credential_id, nonce, expires_at)
        SELECT a.credential_id, a.nonce, a.expires_at FROM asked a
          JOIN credential c ON c.id = a.credential_id
         ORDER BY 1, 2
            ON CONFLICT DO NOTHING
        RETURNING used_nonce.credential_id, used_nonce.nonce
    )
    SELECT a.place::integer, true FROM asked a JOIN used u USING (credential_id, nonce);
END
$$;

-- Keys to users, with their documents, in one statement. The first row, at place -1, has the directory's generation
-- as its ordinal. A user's own id is looked for where the users are, and only then among the keys. Of a key that
-- several users share at most `most` are given, those with the smallest ids.
CREATE FUNCTION users_by_keys(of_tenant uuid, kinds smallint[], key_values text[], most integer)
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

REVOKE ALL ON FUNCTION use_nonces(uuid[], text[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION use_nonces(uuid[], text[], timestamptz[]) TO userbatch_serving;
REVOKE ALL ON FUNCTION move_directory(uuid) FROM PUBLIC;

-- A document is read whole or not at all: kept in its row, and not compressed where it fits there, it takes half the
-- time to read.
ALTER TABLE "user" SET (toast_tuple_target = 8160);

-- What is read by ids and what is read by places are told apart by the index alone: no look-up by id can walk the
-- places, whatever the statistics say, since only a condition on the ordinal opens this one.
ALTER TABLE "user" DROP CONSTRAINT user_tenant_id_ordinal_key;
CREATE UNIQUE INDEX user_by_ordinal ON "user" (tenant_id, ordinal) WHERE ordinal >= 0;

-- A page of all users. The first row has the total, and the directory's generation as its ordinal; then the users of
-- the page in their order.
CREATE FUNCTION user_page(of_tenant uuid, skip bigint, most integer)
    RETURNS TABLE (total bigint, id text, ordinal bigint, document json, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
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
    RETURN QUERY
    SELECT coalesce(all_users, 0), NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz, NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
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
    SELECT NULL::bigint, u.id, u.ordinal, u.document, u.created_at, u.updated_at
      FROM "user" u
     WHERE u.tenant_id = of_tenant AND u.ordinal >= 0 AND u.ordinal >= small << 8
     ORDER BY u.ordinal OFFSET skip - nearer LIMIT most;
END
$$;

-- The same over the users that any of `ids` names, each once.
CREATE FUNCTION user_page_of(of_tenant uuid, ids text[], skip bigint, most integer)
    RETURNS TABLE (total bigint, id text, ordinal bigint, document json, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    ordinals bigint[];
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    SELECT coalesce(array_agg(DISTINCT u.ordinal ORDER BY u.ordinal), '{}') INTO ordinals
      FROM unnest(ids) AS wanted (id)
     CROSS JOIN LATERAL (
        SELECT o.ordinal FROM "user" o WHERE o.tenant_id = of_tenant AND o.id = wanted.id
         UNION ALL
        SELECT f.ordinal
          FROM user_key k
         CROSS JOIN LATERAL (SELECT n.ordinal FROM "user" n WHERE n.tenant_id = of_tenant AND n.id = k.user_id LIMIT 1) f
         WHERE k.tenant_id = of_tenant AND k.kind = 1 AND k.value = wanted.id
         LIMIT 1) u;
    RETURN QUERY
    SELECT cardinality(ordinals)::bigint, NULL::text COLLATE "C", d.generation, NULL::json, NULL::timestamptz,
           NULL::timestamptz
      FROM directory d WHERE d.tenant_id = of_tenant;
    RETURN QUERY
    SELECT NULL::bigint, u.id, u.ordinal, u.document, u.created_at, u.updated_at
      FROM unnest(ordinals[least(skip, 2147483000)::integer + 1 : least(skip + most, 2147483000)::integer])
           WITH ORDINALITY AS page (ordinal, place)
     CROSS JOIN LATERAL (
        SELECT * FROM "user" n WHERE n.tenant_id = of_tenant AND n.ordinal >= 0 AND n.ordinal = page.ordinal LIMIT 1) u
     ORDER BY page.place;
END
$$;

-- How the serving role plans: along an index, one entry at a time, with one plan for all values. Statistics of a
-- directory that was loaded a moment ago mislead the planner into scans; none of these functions is ever served by one.
-- Settings of the role and not of the functions, since a function that sets anything costs more than it does.
DO $$
DECLARE
    method text;
BEGIN
    FOREACH method IN ARRAY ARRAY['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'sort'] LOOP
        EXECUTE format('ALTER ROLE userbatch_serving SET enable_%s = off', method);
    END LOOP;
    ALTER ROLE userbatch_serving SET plan_cache_mode = 'force_generic_plan';
EXCEPTION
    WHEN internal_error OR insufficient_privilege THEN NULL;
END
$$;

ALTER FUNCTION transfer_pages(uuid, jsonb) RESET ALL;
ALTER FUNCTION announcement_pages(uuid, jsonb) RESET ALL;
ALTER FUNCTION review_pages(uuid, jsonb) RESET ALL;
ALTER FUNCTION holding_pages(uuid, jsonb) RESET ALL;
DROP FUNCTION resolve_keys(uuid, smallint[], text[], integer);
DROP FUNCTION load_users(uuid, text[]);
DROP FUNCTION user_window(uuid, bigint, integer);
DROP FUNCTION user_window_of(uuid, text[], bigint, integer);
ALTER POLICY bound_tenant_only ON "user" USING (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON user_key USING (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON user_shared_key USING (tenant_id = (SELECT bound_tenant()));

-- Who holds what a caller presents, with the counter of access as of the same snapshot. In PL/pgSQL, whose plans are
-- kept: a function in SQL that runs as its owner is planned anew on every call.
CREATE FUNCTION caller_by_digest(of_face text, of_digest bytea)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
           c.certificate, s.sealed, least(c.expires_at, s.expires_at), t.id, t.slug, t.user_pool_id, t.settings
      FROM credential_secret s
      JOIN credential c ON c.id = s.credential_id
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND s.digest = of_digest AND c.face = of_face AND usable(c)
       AND (s.expires_at IS NULL OR s.expires_at > now());
END
$$;

CREATE FUNCTION caller_by_public_id(of_face text, of_public_id text)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
           c.certificate, s.sealed, least(c.expires_at, s.expires_at), t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c
      LEFT JOIN credential_secret s ON s.credential_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.public_id = of_public_id AND usable(c)
     ORDER BY s.created_at DESC;
END
$$;

-- The credential that a token was issued to. With the public ids of a customer and a tenant (AvePoint) also the tenant
-- that they name, if the credential may access it; without, the one tenant that the credential opens.
CREATE FUNCTION caller_by_id(of_face text, of_id uuid, of_customer text, of_tenant text)
    RETURNS TABLE (access_generation bigint, credential_id uuid, public_id text, partner text, scopes text[],
                   rate_limit integer, certificate bytea, sealed bytea, expires_at timestamptz, tenant_id uuid,
                   slug text, user_pool_id text, settings jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF of_customer IS NULL THEN
        RETURN QUERY
        SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
               c.certificate, NULL::bytea, c.expires_at, t.id, t.slug, t.user_pool_id, t.settings
          FROM credential c LEFT JOIN tenant t ON t.id = c.tenant_id
         WHERE t.suspended_at IS NULL AND c.face = of_face AND c.id = of_id AND usable(c);
    ELSE
        RETURN QUERY
        SELECT (SELECT a.generation FROM access_generation a), c.id, c.public_id, c.partner, c.scopes, c.rate_limit,
               c.certificate, NULL::bytea, c.expires_at, t.id, t.slug, t.user_pool_id, t.settings
          FROM credential c
          LEFT JOIN customer k ON k.public_id = of_customer AND may_touch(c, k)
          LEFT JOIN tenant t ON t.customer_id = k.id AND t.public_id = of_tenant AND t.suspended_at IS NULL
         WHERE c.face = of_face AND c.id = of_id AND usable(c);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION caller_by_digest(text, bytea), caller_by_public_id(text, text),
    caller_by_id(text, uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION caller_by_digest(text, bytea), caller_by_public_id(text, text),
    caller_by_id(text, uuid, text, text) TO userbatch_serving;
DROP FUNCTION credential_by_digest(text, bytea);
DROP FUNCTION credential_by_public_id(text, text);
DROP FUNCTION use_nonce(uuid, text, timestamptz);
DROP FUNCTION tenant_of_customer(uuid, text, text);
