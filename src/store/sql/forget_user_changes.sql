-- Trigger: deletes what was noted of the users of a directory that is deleted.
CREATE OR REPLACE FUNCTION forget_user_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM user_change WHERE tenant_id = OLD.tenant_id;
    DELETE FROM user_change_trim WHERE tenant_id = OLD.tenant_id;
    RETURN NULL;
END
$$;
