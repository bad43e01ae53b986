-- The tenant that the running transaction is bound to; NULL if none, and then no row is visible.
CREATE OR REPLACE FUNCTION bound_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('userbatch.tenant', true), '')::uuid;
