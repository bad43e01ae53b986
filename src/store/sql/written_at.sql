-- When the current transaction writes: one time for all that it writes, which is when it locked the directory (see
-- lock_directory), and not when it began to wait. Of a transaction that locked none, its beginning.
CREATE OR REPLACE FUNCTION written_at() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('userbatch.written_at', true), '')::timestamptz, now());
