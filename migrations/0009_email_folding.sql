-- See 0008, which held a lock under which no large table is to be read.
ALTER TABLE user_shared_key VALIDATE CONSTRAINT user_shared_key_kind_check;

-- E-mail addresses are folded in ASCII letters only. Distinct addresses that were one become two, so none can collide.
DO $$
DECLARE
    of_tenant uuid;
BEGIN
    FOR of_tenant IN SELECT id FROM tenant LOOP
        PERFORM set_config('userbatch.tenant', of_tenant::text, true);
        UPDATE user_key k
           SET value = lower(regexp_replace(u.document -> 'contact' ->> 'email', '^\s+|\s+$', '', 'g') COLLATE "C")
          FROM "user" u
         WHERE k.tenant_id = of_tenant AND k.kind = 3 AND k.value ~ '[^\x01-\x7f]'
           AND u.tenant_id = of_tenant AND u.id = k.user_id;
    END LOOP;
END
$$;
