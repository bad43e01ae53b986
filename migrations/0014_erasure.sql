-- People who were erased, so that no import brings them back: keyed digests of the keys that found them, and nothing
-- that can be read. Row level security: src/store/sql/policies.sql.

-- The key of the digests, sealed under the gateway's key ring. One row, written with the first erasure: digests cannot
-- be computed again, so this key outlives those of the ring.
CREATE TABLE erasure_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    sealed  bytea NOT NULL
);

CREATE TABLE erased_key (
    tenant_id uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    digest    bytea NOT NULL CHECK (length(digest) = 32),
    -- The digest of the person's ids, which the receipt has: all of a person's keys are allowed again together.
    receipt   bytea NOT NULL CHECK (length(receipt) = 32),
    erased_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, digest)
);
