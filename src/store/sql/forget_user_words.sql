-- Trigger: deletes the words of users who are deleted, in the same transaction. Those of a whole tenant go with its directory.
--
-- The settings make it look them up, whatever the planner's statistics say.
CREATE OR REPLACE FUNCTION forget_user_words() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off
AS $$
DECLARE
    of_tenant uuid := (SELECT r.tenant_id FROM removed r LIMIT 1);
BEGIN
    IF current_setting('userbatch.deleting_tenant', true) = of_tenant::text
       OR NOT EXISTS (SELECT FROM user_word_state s WHERE s.tenant_id = of_tenant) THEN
        RETURN NULL;
    END IF;
    DELETE FROM user_word WHERE ctid = ANY (ARRAY (
        SELECT w.ctid FROM removed r
         CROSS JOIN LATERAL (
               SELECT w.ctid FROM user_word w
                WHERE w.tenant_id = of_tenant AND w.ordinal = r.ordinal OFFSET 0) w));
    RETURN NULL;
END
$$;
