-- Pages of the announcements of the collections each account holds, or is in the audience of. See transfer_pages.
CREATE OR REPLACE FUNCTION announcement_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    PERFORM set_config('userbatch.tenant', of_tenant::text, true);
    RETURN QUERY
    SELECT v."place", page.document
      FROM jsonb_populate_recordset(NULL::view_query, views) v
     CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT h.collection_id) AS collections
          FROM ((SELECT o.collection_id FROM holding o
                  WHERE v."collections" IS NULL AND o.tenant_id = of_tenant AND o.account = v."account")
                UNION ALL
                (SELECT o.collection_id FROM audience o
                  WHERE v."collections" IS NULL AND o.tenant_id = of_tenant AND o.account = v."account")
                UNION ALL
                (SELECT o.collection_id
                   FROM unnest(v."collections") AS wanted (id)
                  CROSS JOIN LATERAL (
                        SELECT i.collection_id FROM holding i
                         WHERE i.tenant_id = of_tenant AND i.account = v."account" AND i.collection_id = wanted.id
                         LIMIT 1) o)
                UNION ALL
                (SELECT o.collection_id
                   FROM unnest(v."collections") AS wanted (id)
                  CROSS JOIN LATERAL (
                        SELECT i.collection_id FROM audience i
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
