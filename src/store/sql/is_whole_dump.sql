-- Whether this session dumps the whole database as its owner, to whom row security also applies. Set by
-- `PGOPTIONS='-c userbatch.dump=on' pg_dump --enable-row-security …`; without it a dump fails, since it would silently
-- lack all users. False within SECURITY DEFINER functions called by another role, regardless of the setting.
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
