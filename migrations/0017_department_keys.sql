-- What the users that are there already have of 0016, as the program writes it from now on; that migration held locks under
-- which no large table is to be read. Also, users whose login name no other key finds in any case get the eleventh kind of
-- key, which only those had that a provider wrote. Names with letters beyond ASCII are left out: how those are folded is not
-- for a database to say, and the users get the key when they are next changed.
DO $$
DECLARE
    of_tenant uuid;
BEGIN
    FOR of_tenant IN SELECT id FROM tenant LOOP
        PERFORM set_config('userbatch.tenant', of_tenant::text, true);
        PERFORM FROM directory WHERE tenant_id = of_tenant FOR UPDATE;
        INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
        SELECT of_tenant, k.kind, k.value, k.user_id
          FROM (SELECT 13 AS kind, d.value, u.id AS user_id
                  FROM "user" u
                 CROSS JOIN LATERAL json_array_elements_text(
                       CASE json_typeof(u.document #> '{employment,departmentIds}')
                       WHEN 'array' THEN u.document #> '{employment,departmentIds}' END) AS d (value)
                 WHERE u.tenant_id = of_tenant
                 UNION ALL
                SELECT 11, lower(n.name), u.id
                  FROM "user" u
                 CROSS JOIN LATERAL (
                       SELECT nullif(u.document #>> '{profile,username}', '') AS username,
                              nullif(u.document #>> '{contact,email}', '') AS email) f
                 CROSS JOIN LATERAL (
                       SELECT coalesce(f.username, nullif(u.document #>> '{account,userPrincipalName}', ''),
                                       f.email, u.id) COLLATE "C" AS name) n
                 WHERE u.tenant_id = of_tenant AND n.name !~ '[^\x01-\x7f]'
                   AND NOT (n.name = lower(n.name) AND (n.name = f.username OR n.name = u.id) IS TRUE)
                   AND (n.name = f.email AND n.name !~ '^\s|\s$') IS NOT TRUE) k
         WHERE k.value <> '' AND octet_length(k.value) <= 512
            ON CONFLICT DO NOTHING;
        INSERT INTO department (tenant_id, id, folded_name)
        SELECT DISTINCT of_tenant, k.value, lower(k.value)
          FROM user_shared_key k
         WHERE k.tenant_id = of_tenant AND k.kind = 13
            ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

ALTER TABLE user_shared_key VALIDATE CONSTRAINT user_shared_key_kind_check;
