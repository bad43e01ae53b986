-- Pages of many views of many accounts in one statement. `views` is a JSON array of view_query; a view that starts at the
-- beginning starts after the smallest (descending: before the largest) position. Rows come in no particular order: the
-- caller sorts them. announcement_pages, holding_pages and review_pages work alike.
--
-- `collections` is null for all of them; otherwise each is read by itself and the pages are merged. So a view costs one
-- descent of an index a collection and at most `most` entries of each, at any depth, however long the timeline is and
-- however little of it is asked for. Branches that a view does not take cost nothing: their conditions on `v` are tested
-- once, before any row is read.
--
-- What could be a join is a LATERAL with a limit, which can only be run as one look-up a row, and scans of whole tables
-- are ruled out: where few accounts have most of the entries the statistics mislead the planner into reading everything.
CREATE OR REPLACE FUNCTION transfer_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE
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
