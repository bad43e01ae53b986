-- Pages of the reviews of each account. See transfer_pages.
CREATE OR REPLACE FUNCTION review_pages(of_tenant uuid, views jsonb)
    RETURNS TABLE (place integer, document json)
    LANGUAGE plpgsql STABLE
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
