-- Removes an erased person from a tenant's audit entries about users: as a subject, where the keyed digest stands for the
-- person, and from the fields that are told to have changed. `ids` are the person's ids, and the paths of the elements of
-- lists that are the person's: identities and chain accounts, also those that somebody else had. Returns the number of
-- entries. The setting ends with the function: only a superuser could have it in the definition.
CREATE OR REPLACE FUNCTION erase_from_audit(of_tenant text, ids text[], receipt text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    erased bigint;
BEGIN
    PERFORM set_config('userbatch.erasing_from_audit', 'on', true);
    UPDATE audit a
       SET subject = CASE WHEN a.subject = ANY (ids) THEN receipt ELSE a.subject END,
           detail = CASE WHEN jsonb_typeof(a.detail -> 'fields') IS DISTINCT FROM 'array' THEN a.detail
                    ELSE jsonb_set(a.detail, '{fields}', (
                        SELECT coalesce(jsonb_agg(f.name ORDER BY f.place), '[]')
                          FROM (SELECT n.name, min(n.place) AS place
                                  FROM (SELECT CASE
                                               WHEN a.subject = ANY (ids)
                                                   THEN regexp_replace(e.name, '^(\w+)\[.*$|^(customData|metadataSource)\..*$', '\1\2')
                                               WHEN regexp_replace(e.name, '#\d+$', '') = ANY (ids)
                                                   THEN regexp_replace(e.name, '\[.*$', '')
                                               ELSE e.name END, e.place
                                          FROM jsonb_array_elements_text(a.detail -> 'fields')
                                               WITH ORDINALITY AS e (name, place)) n (name, place)
                                 GROUP BY n.name) f (name, place))) END
     WHERE a.tenant = of_tenant AND a.act LIKE 'user.%'
       AND (a.subject = ANY (ids) OR EXISTS (
            SELECT FROM jsonb_array_elements_text(
                        CASE WHEN jsonb_typeof(a.detail -> 'fields') = 'array' THEN a.detail -> 'fields' END) e (name)
             WHERE regexp_replace(e.name, '#\d+$', '') = ANY (ids)));
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('userbatch.erasing_from_audit', 'off', true);
    RETURN erased;
END
$$;
