-- The tenant that the current transaction is bound to; NULL if none, which makes no row visible.
CREATE OR REPLACE FUNCTION bound_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('userbatch.tenant', true), '')::uuid;
