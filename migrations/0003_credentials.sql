-- Who may call. A credential opens one face: of one tenant (BitBadges, GenAuth), or of the customers of one
-- partner (AvePoint). Its secrets are kept apart so that an old and a new one overlap while it is rotated.

CREATE TABLE credential (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    face          text NOT NULL CHECK (face IN ('bitbadges', 'avepoint', 'genauth')),
    -- What a caller names the credential by: client id, access key id; for API keys a label of no use alone.
    public_id     text COLLATE "C" NOT NULL,
    tenant_id     uuid REFERENCES tenant (id) ON DELETE CASCADE,
    partner       text COLLATE "C",
    name          text NOT NULL DEFAULT '',
    scopes        text[] NOT NULL DEFAULT '{}',
    -- Requests a second; NULL for the gateway's default.
    rate_limit    integer CHECK (rate_limit > 0),
    -- Whether an AvePoint credential is narrowed to the customers listed for it. Once narrowed it stays so: when the
    -- last of its customers is deleted it opens nothing, and not everything.
    narrowed      boolean NOT NULL DEFAULT false,
    -- DER of the X.509 certificate, or of the bare public key (SubjectPublicKeyInfo), whose key signs client assertions (RFC 7523).
    certificate   bytea,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (face, public_id),
    CHECK ((face = 'avepoint') = (partner IS NOT NULL) AND (face = 'avepoint') = (tenant_id IS NULL))
);

CREATE TABLE credential_secret (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    credential_id uuid NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    -- SHA-256 of the secret.
    digest        bytea NOT NULL CHECK (length(digest) = 32),
    -- The secret itself, sealed under the gateway's key ring: only where signatures must be verified with it.
    sealed        bytea,
    last_four     text NOT NULL,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (digest)
);

CREATE INDEX credential_secret_of ON credential_secret (credential_id);

-- Customers an AvePoint credential is narrowed to.
CREATE TABLE credential_customer (
    credential_id uuid NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    customer_id   uuid NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    PRIMARY KEY (credential_id, customer_id)
);

CREATE FUNCTION narrow_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE credential SET narrowed = true WHERE id IN (SELECT a.credential_id FROM added a) AND NOT narrowed;
    RETURN NULL;
END
$$;

CREATE TRIGGER narrow AFTER INSERT ON credential_customer REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION narrow_credentials();

-- Nonces and assertion ids that were used; each counts once until it expires, on every gateway.
CREATE TABLE used_nonce (
    credential_id uuid NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    nonce         text COLLATE "C" NOT NULL CHECK (length(nonce) <= 256),
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (credential_id, nonce)
);

CREATE INDEX used_nonce_expiry ON used_nonce (expires_at);

-- The serving role finds a credential only by what a caller must already hold: never a list of them.
-- With it comes the one tenant it opens; a credential of a suspended tenant is not found at all.
CREATE TYPE found_credential AS (
    credential_id uuid,
    public_id     text,
    partner       text,
    scopes        text[],
    rate_limit    integer,
    certificate   bytea,
    sealed        bytea,
    tenant_id     uuid,
    slug          text,
    user_pool_id  text,
    settings      jsonb
);

CREATE FUNCTION usable(candidate credential) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN candidate.revoked_at IS NULL AND (candidate.expires_at IS NULL OR candidate.expires_at > now());

CREATE FUNCTION credential_by_digest(of_face text, of_digest bytea) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, s.sealed,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential_secret s
      JOIN credential c ON c.id = s.credential_id
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND s.digest = of_digest AND c.face = of_face AND usable(c)
       AND (s.expires_at IS NULL OR s.expires_at > now());
END;

CREATE FUNCTION credential_by_public_id(of_face text, of_public_id text) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, s.sealed,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c
      LEFT JOIN credential_secret s ON s.credential_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
      LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.public_id = of_public_id AND usable(c)
     ORDER BY s.created_at DESC;
END;

CREATE FUNCTION credential_by_id(of_face text, of_id uuid) RETURNS SETOF found_credential
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT c.id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, NULL::bytea,
           t.id, t.slug, t.user_pool_id, t.settings
      FROM credential c LEFT JOIN tenant t ON t.id = c.tenant_id
     WHERE t.suspended_at IS NULL AND c.face = of_face AND c.id = of_id AND usable(c);
END;

-- Uses a nonce up. False if it was used before. Forgets some that have expired, so that the table stays small.
CREATE FUNCTION use_nonce(of_credential uuid, wanted text, until timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM used_nonce WHERE ctid IN (
        SELECT ctid FROM used_nonce WHERE expires_at < now() ORDER BY expires_at LIMIT 8 FOR UPDATE SKIP LOCKED);
    INSERT INTO used_nonce (credential_id, nonce, expires_at) VALUES (of_credential, wanted, until)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Whether an AvePoint credential may touch a customer.
CREATE FUNCTION may_touch(candidate credential, target customer) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN usable(candidate) AND target.partner = candidate.partner
       AND (NOT candidate.narrowed
            OR EXISTS (SELECT FROM credential_customer g
                        WHERE g.credential_id = candidate.id AND g.customer_id = target.id));

-- The tenant behind a pair of public ids, if the credential may touch its customer and it is not suspended.
CREATE FUNCTION tenant_of_customer(of_credential uuid, of_customer text, of_tenant text)
    RETURNS TABLE (tenant_id uuid, settings jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT t.id, t.settings
      FROM credential c
      JOIN customer k ON k.public_id = of_customer AND may_touch(c, k)
      JOIN tenant t ON t.customer_id = k.id AND t.public_id = of_tenant AND t.suspended_at IS NULL
     WHERE c.id = of_credential;
END;

REVOKE ALL ON FUNCTION credential_by_digest(text, bytea), credential_by_public_id(text, text),
    credential_by_id(text, uuid), use_nonce(uuid, text, timestamptz), tenant_of_customer(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_by_digest(text, bytea), credential_by_public_id(text, text),
    credential_by_id(text, uuid), use_nonce(uuid, text, timestamptz), tenant_of_customer(uuid, text, text)
    TO userbatch_serving;
