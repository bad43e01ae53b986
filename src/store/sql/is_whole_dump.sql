-- Whether this session dumps the whole database as its owner, on whom row security is forced too. The setting says so:
-- `PGOPTIONS='-c userbatch.dump=on' pg_dump --enable-row-security …`. Without it a dump would lack every user and look
-- well: so it fails. Not within functions that run with the owner's rights on behalf of another role, whatever that
-- role has set.
CREATE OR REPLACE FUNCTION is_whole_dump() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF current_setting('userbatch.dump', true) = 'on' AND pg_has_role(session_user, current_user, 'MEMBER') THEN
        RETURN true;
    END IF;
    IF current_setting('application_name') = 'pg_dump' THEN
        RAISE EXCEPTION 'this dump would have no users in it'
            USING HINT = 'Set PGOPTIONS to ''-c userbatch.dump=on''.', ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN false;
END
$$;
