-- Pages of many views of many accounts in one statement a kind of view. `views` is a JSON array of objects
-- {place, account, afterAt, afterId, descending, incoming, collections, most}; a view that starts at its
-- beginning starts after the smallest (descending: before the largest) position. Rows come in no particular
-- order: the caller has their positions.
--
-- `collections` is null for all of them; otherwise each is read by itself and the pages are merged. So a view
-- costs one descent of an index a collection and at most `most` entries of each, at any depth, however long the
-- timeline is and however little of it is asked for. Branches that a view does not take cost nothing: their
-- conditions on `v` are tested once, before any row is read.
--
-- What could be a join is a LATERAL with a limit, which can only be run as one look-up a row, and scans of whole
-- tables are ruled out: where few accounts have most of the entries the statistics mislead the planner into
-- reading everything.

CREATE TYPE view_query AS (
    "place"       integer,
    "account"     text,
    "afterAt"     bigint,
    "afterId"     text,
    "descending"  boolean,
    "incoming"    boolean,
    "collections" bigint[],
    "most"        integer
);

CREATE FUNCTION transfer_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT v."place", t.document
      FROM jsonb_populate_recordset(NULL::view_query, views) v
     CROSS JOIN LATERAL (
        (SELECT p.transfer_id FROM transfer_party p
          WHERE v."collections" IS NULL AND NOT v."descending" AND v."incoming"
            AND p.tenant_id = of_tenant AND p.account = v."account" AND p.incoming
            AND (p.at, p.transfer_id) > (v."afterAt", v."afterId")
          ORDER BY p.at, p.transfer_id LIMIT v."most")
        UNION ALL
        (SELECT p.transfer_id FROM transfer_party p
          WHERE v."collections" IS NULL AND NOT v."descending" AND NOT v."incoming"
            AND p.tenant_id = of_tenant AND p.account = v."account"
            AND (p.at, p.transfer_id) > (v."afterAt", v."afterId")
          ORDER BY p.at, p.transfer_id LIMIT v."most")
        UNION ALL
        (SELECT p.transfer_id FROM transfer_party p
          WHERE v."collections" IS NULL AND v."descending" AND v."incoming"
            AND p.tenant_id = of_tenant AND p.account = v."account" AND p.incoming
            AND (p.at, p.transfer_id) < (v."afterAt", v."afterId")
          ORDER BY p.at DESC, p.transfer_id DESC LIMIT v."most")
        UNION ALL
        (SELECT p.transfer_id FROM transfer_party p
          WHERE v."collections" IS NULL AND v."descending" AND NOT v."incoming"
            AND p.tenant_id = of_tenant AND p.account = v."account"
            AND (p.at, p.transfer_id) < (v."afterAt", v."afterId")
          ORDER BY p.at DESC, p.transfer_id DESC LIMIT v."most")
        UNION ALL
        (SELECT n.transfer_id
           FROM unnest(v."collections") AS wanted (id)
          CROSS JOIN (VALUES (true), (false)) AS way (incoming)
          CROSS JOIN LATERAL (
                SELECT p.at, p.transfer_id FROM transfer_party p
                 WHERE p.tenant_id = of_tenant AND p.account = v."account" AND p.collection_id = wanted.id
                   AND p.incoming = way.incoming
                   AND (p.at, p.transfer_id) > (v."afterAt", v."afterId")
                 ORDER BY p.at, p.transfer_id LIMIT v."most") n
          WHERE NOT v."descending" AND (way.incoming OR NOT v."incoming")
          ORDER BY n.at, n.transfer_id LIMIT v."most")
        UNION ALL
        (SELECT n.transfer_id
           FROM unnest(v."collections") AS wanted (id)
          CROSS JOIN (VALUES (true), (false)) AS way (incoming)
          CROSS JOIN LATERAL (
                SELECT p.at, p.transfer_id FROM transfer_party p
                 WHERE p.tenant_id = of_tenant AND p.account = v."account" AND p.collection_id = wanted.id
                   AND p.incoming = way.incoming
                   AND (p.at, p.transfer_id) < (v."afterAt", v."afterId")
                 ORDER BY p.at DESC, p.transfer_id DESC LIMIT v."most") n
          WHERE v."descending" AND (way.incoming OR NOT v."incoming")
          ORDER BY n.at DESC, n.transfer_id DESC LIMIT v."most")
     ) page
     CROSS JOIN LATERAL (
        SELECT d.document FROM transfer d WHERE d.tenant_id = of_tenant AND d.id = page.transfer_id LIMIT 1) t;
END
$$;

CREATE FUNCTION announcement_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT v."place", page.document
      FROM jsonb_populate_recordset(NULL::view_query, views) v
     CROSS JOIN LATERAL (
        SELECT array_agg(h.collection_id) AS collections
          FROM ((SELECT o.collection_id FROM holding o
                  WHERE v."collections" IS NULL AND o.tenant_id = of_tenant AND o.account = v."account")
                UNION ALL
                (SELECT o.collection_id
                   FROM unnest(v."collections") AS wanted (id)
                  CROSS JOIN LATERAL (
                        SELECT i.collection_id FROM holding i
                         WHERE i.tenant_id = of_tenant AND i.account = v."account" AND i.collection_id = wanted.id
                         LIMIT 1) o)) h
     ) held
     CROSS JOIN LATERAL (
        (SELECT a.document
           FROM unnest(held.collections) AS h (collection_id)
          CROSS JOIN LATERAL (
                SELECT n.at, n.id, n.document FROM announcement n
                 WHERE n.tenant_id = of_tenant AND n.collection_id = h.collection_id
                   AND (n.at, n.id) > (v."afterAt", v."afterId")
                 ORDER BY n.at, n.id LIMIT v."most") a
          WHERE NOT v."descending"
          ORDER BY a.at, a.id LIMIT v."most")
        UNION ALL
        (SELECT a.document
           FROM unnest(held.collections) AS h (collection_id)
          CROSS JOIN LATERAL (
                SELECT n.at, n.id, n.document FROM announcement n
                 WHERE n.tenant_id = of_tenant AND n.collection_id = h.collection_id
                   AND (n.at, n.id) < (v."afterAt", v."afterId")
                 ORDER BY n.at DESC, n.id DESC LIMIT v."most") a
          WHERE v."descending"
          ORDER BY a.at DESC, a.id DESC LIMIT v."most")
     ) page;
END
$$;

CREATE FUNCTION review_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT v."place", page.document
      FROM jsonb_populate_recordset(NULL::view_query, views) v
     CROSS JOIN LATERAL (
        (SELECT r.document FROM review r
          WHERE NOT v."descending" AND r.tenant_id = of_tenant AND r.account = v."account"
            AND (r.at, r.id) > (v."afterAt", v."afterId")
          ORDER BY r.at, r.id LIMIT v."most")
        UNION ALL
        (SELECT r.document FROM review r
          WHERE v."descending" AND r.tenant_id = of_tenant AND r.account = v."account"
            AND (r.at, r.id) < (v."afterAt", v."afterId")
          ORDER BY r.at DESC, r.id DESC LIMIT v."most")
     ) page;
END
$$;

CREATE FUNCTION holding_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT v."place", page.document
      FROM jsonb_populate_recordset(NULL::view_query, views) v
     CROSS JOIN LATERAL (
        (SELECT h.document FROM holding h
          WHERE v."collections" IS NULL AND NOT v."descending"
            AND h.tenant_id = of_tenant AND h.account = v."account" AND h.collection_id > v."afterAt"
          ORDER BY h.collection_id LIMIT v."most")
        UNION ALL
        (SELECT h.document FROM holding h
          WHERE v."collections" IS NULL AND v."descending"
            AND h.tenant_id = of_tenant AND h.account = v."account" AND h.collection_id < v."afterAt"
          ORDER BY h.collection_id DESC LIMIT v."most")
        UNION ALL
        (SELECT h.document
           FROM unnest(v."collections") AS wanted (id)
          CROSS JOIN LATERAL (
                SELECT i.document FROM holding i
                 WHERE i.tenant_id = of_tenant AND i.account = v."account" AND i.collection_id = wanted.id
                 LIMIT 1) h
          WHERE NOT v."descending" AND wanted.id > v."afterAt"
          ORDER BY wanted.id LIMIT v."most")
        UNION ALL
        (SELECT h.document
           FROM unnest(v."collections") AS wanted (id)
          CROSS JOIN LATERAL (
                SELECT i.document FROM holding i
                 WHERE i.tenant_id = of_tenant AND i.account = v."account" AND i.collection_id = wanted.id
                 LIMIT 1) h
          WHERE v."descending" AND wanted.id < v."afterAt"
          ORDER BY wanted.id DESC LIMIT v."most")
     ) page;
END
$$;
