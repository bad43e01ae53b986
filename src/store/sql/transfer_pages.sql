-- Pages of many views of many accounts in one statement. `views` is a JSON array of view_query; the first page starts
-- after the smallest position (descending: before the largest). Rows are unordered: the caller sorts them.
-- announcement_pages, holding_pages and review_pages work the same way.
--
-- `collections` null means all; otherwise each collection is read separately and the pages are merged. A view costs one
-- index descent per collection and at most `most` entries of each, at any depth and for any length of the timeline.
-- Branches that do not apply to a view cost nothing: their conditions on `v` are tested before any row is read.
--
-- LATERAL subqueries with a limit instead of joins force one lookup per row and rule out table scans: if few accounts
-- have most of the entries, the statistics mislead the planner into reading everything.
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
