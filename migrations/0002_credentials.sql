-- Who may call. A credential opens one API: of one tenant (BitBadges, GenAuth), or of the customers of one
-- partner (AvePoint). Its secrets are kept apart so that an old and a new one overlap while it is rotated.

CREATE TABLE credential (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    face          text NOT NULL CHECK (face IN ('bitbadges', 'avepoint', 'genauth')),
    -- What a caller names the credential by: client id, access key id. An API key is its own name; its
    -- public id is only a label.
    public_id     text COLLATE "C" NOT NULL,
    tenant_id     uuid REFERENCES tenant (id) ON DELETE CASCADE,
    partner       text COLLATE "C",
    name          text NOT NULL DEFAULT '',
    scopes        text[] NOT NULL DEFAULT '{}',
    -- Requests a second; NULL for the gateway's default.
    rate_limit    integer CHECK (rate_limit > 0),
    -- Whether an AvePoint credential is restricted to the customers listed for it. Once restricted it stays so: when
    -- the last of its customers is deleted it opens nothing, rather than everything.
    narrowed      boolean NOT NULL DEFAULT false,
    -- DER of the X.509 certificate, or of the bare public key (SubjectPublicKeyInfo), that verifies its client
    -- assertions (RFC 7523).
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

-- The customers that an AvePoint credential is restricted to.
CREATE TABLE credential_customer (
    credential_id uuid NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    customer_id   uuid NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    PRIMARY KEY (credential_id, customer_id)
);

-- Nonces and assertion ids that were used; each counts once until it expires, on every gateway.
CREATE TABLE used_nonce (
    credential_id uuid NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    nonce         text COLLATE "C" NOT NULL CHECK (length(nonce) <= 256),
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (credential_id, nonce)
);

CREATE INDEX used_nonce_expiry ON used_nonce (expires_at);

-- How often each credential was used, and when last. Every gateway counts in memory and adds its sums here every few
-- seconds, so that no request writes. Apart from the credential itself: a row that changes often is kept narrow.
CREATE TABLE credential_use (
    credential_id uuid PRIMARY KEY REFERENCES credential (id) ON DELETE CASCADE,
    uses          bigint NOT NULL CHECK (uses > 0),
    last_used_at  timestamptz NOT NULL
) WITH (fillfactor = 50);
