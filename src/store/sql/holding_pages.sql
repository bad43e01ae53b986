-- Pages of the holdings of each account. See transfer_pages.
CREATE OR REPLACE FUNCTION holding_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE
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
