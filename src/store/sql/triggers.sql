-- Creates missing triggers. Existing ones are not replaced, since that would wait for writers of the table. To change a
-- trigger, give it a new name and drop the old one in obsolete.sql.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            ('credential_customer', 'narrow', 'TRIGGER %s AFTER INSERT ON %s REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION narrow_credentials()'),
            ('"user"', 'count_added', 'TRIGGER %s AFTER INSERT ON %s REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION count_added_users()'),
            ('"user"', 'count_removed', 'TRIGGER %s AFTER DELETE ON %s REFERENCING OLD TABLE AS removed
                FOR EACH STATEMENT EXECUTE FUNCTION count_removed_users()'),
            ('"user"', 'forget_words', 'TRIGGER %s AFTER DELETE ON %s REFERENCING OLD TABLE AS removed
                FOR EACH STATEMENT EXECUTE FUNCTION forget_user_words()'),
            ('"user"', 'keep_place', 'TRIGGER %s BEFORE UPDATE OF tenant_id, ordinal ON %s
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_moving_users()'),
            ('"user"', 'keep_all', 'TRIGGER %s BEFORE TRUNCATE ON %s
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_moving_users()'),
            ('directory', 'forget_user_changes', 'TRIGGER %s AFTER DELETE ON %s
                FOR EACH ROW EXECUTE FUNCTION forget_user_changes()'),
            ('audit', 'audit_is_append_only', 'TRIGGER %s BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_audit()')) AS one (of_table, name, definition)
        UNION ALL
        -- Changes to a directory increment its generation.
        SELECT changing.of_table, written.name, format(
                   'TRIGGER %%s AFTER %s ON %%s REFERENCING %s TABLE AS touched
                    FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%L, %L)',
                   written.by, written.rows, changing.subject, changing.id)
          FROM (VALUES ('"user"', '1', 'id'), ('holding', '2', 'account'), ('transfer', '3', 'id'),
                       ('announcement', '4', 'collection_id'), ('review', '5', 'account'),
                       ('audience', '2', 'account'))
               AS changing (of_table, subject, id),
               (VALUES ('note_added', 'INSERT', 'NEW'), ('note_changed', 'UPDATE', 'NEW'),
                       ('note_removed', 'DELETE', 'OLD')) AS written (name, by, rows)
        UNION ALL
        -- Changes to users are told by the feed.
        SELECT '"user"', written.name, format(
                   'TRIGGER %%s AFTER %s ON %%s REFERENCING %s TABLE AS touched
                    FOR EACH STATEMENT EXECUTE FUNCTION note_users()', written.by, written.rows)
          FROM (VALUES ('note_users_added', 'INSERT', 'NEW'), ('note_users_changed', 'UPDATE', 'NEW'),
                       ('note_users_removed', 'DELETE', 'OLD')) AS written (name, by, rows)
        UNION ALL
        -- Changes to access rights increment the access counter.
        SELECT deciding.of_table, 'move_access', 'CONSTRAINT TRIGGER %s AFTER INSERT OR UPDATE OR DELETE ON %s
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_access()'
          FROM (VALUES ('customer'), ('tenant'), ('credential'), ('credential_secret'), ('credential_customer'))
               AS deciding (of_table)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger
                        WHERE tgrelid = wanted.of_table::regclass AND tgname = wanted.name) THEN
            EXECUTE 'CREATE ' || format(wanted.definition, wanted.name, wanted.of_table);
        END IF;
    END LOOP;
END
$$;
