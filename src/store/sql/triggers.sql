-- The triggers, where they are missing: replacing one would wait for whoever writes to its table. A trigger that is
-- to change gets a new name, and the old one a line in obsolete.sql.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'credential_customer'::regclass AND tgname = 'narrow') THEN
        CREATE TRIGGER narrow AFTER INSERT ON credential_customer REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION narrow_credentials();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = '"user"'::regclass AND tgname = 'count_added') THEN
        CREATE TRIGGER count_added AFTER INSERT ON "user" REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION count_added_users();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = '"user"'::regclass AND tgname = 'count_removed') THEN
        CREATE TRIGGER count_removed AFTER DELETE ON "user" REFERENCING OLD TABLE AS removed
            FOR EACH STATEMENT EXECUTE FUNCTION count_removed_users();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = '"user"'::regclass AND tgname = 'keep_place') THEN
        CREATE TRIGGER keep_place BEFORE UPDATE OF tenant_id, ordinal ON "user"
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_moving_users();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = '"user"'::regclass AND tgname = 'keep_all') THEN
        CREATE TRIGGER keep_all BEFORE TRUNCATE ON "user"
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_moving_users();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgname = 'audit_is_append_only') THEN
        CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_audit();
    END IF;
END
$$;
