-- Trigger: deletes what was noted of the users of a directory that is deleted, and their words.
CREATE OR REPLACE FUNCTION forget_user_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM user_change WHERE tenant_id = OLD.tenant_id;
    DELETE FROM user_change_trim WHERE tenant_id = OLD.tenant_id;
    -- The state first, which waits for a search that adds words.
    DELETE FROM user_word_state WHERE tenant_id = OLD.tenant_id;
    DELETE FROM user_word WHERE tenant_id = OLD.tenant_id;
    RETURN NULL;
END
$$;
