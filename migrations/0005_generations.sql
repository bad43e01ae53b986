-- Generations: how far each directory has moved, and what moved it. Every transaction that changes users or timelines
-- adds one to its directory's generation, under the lock that it holds on the directory's row until it ends: so
-- generations are dense and in the order of the commits, whoever writes. Triggers do it.

CREATE TABLE directory_change (
    tenant_id  uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    -- What `id` names: 1 a user; an account with 2 holdings or 5 reviews; 3 a transfer; 4 a collection with
    -- announcements.
    subject    smallint NOT NULL CHECK (subject BETWEEN 1 AND 5),
    generation bigint NOT NULL,
    -- Empty for all of them: a transaction that changes very many is noted in one row.
    id         text COLLATE "C" NOT NULL,
    -- 1 added, 2 changed, 3 removed; 0 where it may be any of these.
    change     smallint NOT NULL CHECK (change BETWEEN 0 AND 3),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject, generation, id)
);

-- The counter for everything that decides who may call: credentials, secrets, customers, tenants. One row. It moves at
-- the end of the transaction, so that the transaction holds its lock for a moment and never while it waits for another.
CREATE TABLE access_generation (
    is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    generation bigint NOT NULL DEFAULT 0,
    -- The transaction that moved it last; a second statement of the same one does not move it again.
    moved_by   xid8
);

INSERT INTO access_generation DEFAULT VALUES;
