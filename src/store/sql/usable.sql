-- Whether a credential is neither revoked nor expired.
CREATE OR REPLACE FUNCTION usable(candidate credential) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN candidate.revoked_at IS NULL AND (candidate.expires_at IS NULL OR candidate.expires_at > now());
