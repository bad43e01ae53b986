-- The directory: users as canonical documents, and every key that finds them. tenant_id comes first in every key, so
-- that the same schema can be distributed by tenant. Row level security: src/store/sql/policies.sql.

-- One row a tenant: locked by whoever writes to the directory, so that writers of one tenant take turns.
CREATE TABLE directory (
    tenant_id    uuid PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    next_ordinal bigint NOT NULL DEFAULT 0,
    -- How many transactions have changed it; see 0005_generations.sql.
    generation   bigint NOT NULL DEFAULT 0,
    -- Changes up to this generation are no longer in the log.
    trimmed_to   bigint NOT NULL DEFAULT 0,
    -- The transaction that moved it last; a second statement of the same one does not move it again.
    moved_by     xid8
);

-- Rows of the tables that grow with the users refer to their directory by nothing but its id: whoever writes
-- them holds the directory's row locked, and checking millions of references one by one would cost more than
-- the whole import. Deleting a tenant empties these tables itself.
CREATE TABLE "user" (
    tenant_id  uuid NOT NULL,
    id         text COLLATE "C" NOT NULL CHECK (id <> '' AND octet_length(id) <= 512),
    -- Position in the directory's order: dense, assigned once, never changed. Users added later come later, so that
    -- numbered pages do not shift under a reader.
    ordinal    bigint NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    -- json, not jsonb: it is passed through as text and never searched.
    document   json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
) WITH (
    -- A document is read whole or not at all: kept in its row, and not compressed where it fits there, it takes half
    -- the time to read.
    toast_tuple_target = 8160
);

-- What is read by ids and what is read by places are told apart by the index alone: no look-up by id can walk the
-- places, whatever the statistics say, since only a condition on the ordinal opens this one.
CREATE UNIQUE INDEX user_by_ordinal ON "user" (tenant_id, ordinal) WHERE ordinal >= 0;

-- Keys that one user has alone (kinds 1 to 6 of core::key::KeyKind). No foreign key to "user" either: keys are a
-- pure function of the document and written in its transaction. A key without its user finds nobody.
CREATE TABLE user_key (
    tenant_id uuid NOT NULL,
    kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    value     text COLLATE "C" NOT NULL CHECK (value <> ''),
    user_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, kind, value) INCLUDE (user_id)
);

-- Keys that several users may share (kinds 7 to 9).
CREATE TABLE user_shared_key (
    tenant_id uuid NOT NULL,
    kind      smallint NOT NULL CHECK (kind BETWEEN 7 AND 9),
    value     text COLLATE "C" NOT NULL CHECK (value <> ''),
    user_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, kind, value, user_id)
);

-- Numbered pages of a large directory cost what the first one does, with an exact count: ordinals are cut into
-- blocks of 2^16, and those into blocks of 2^8, and the users of each block are counted by triggers in the
-- transaction that adds or removes them. A page adds up the large blocks (which gives the exact total in the same
-- snapshot), then at most 256 small ones inside the one it begins in, and skips at most 255 index entries.
CREATE TABLE user_count (
    tenant_id  uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    -- A block of width w and number n holds the ordinals from n * 2^w to (n + 1) * 2^w - 1.
    width      smallint NOT NULL CHECK (width IN (8, 16)),
    block      bigint NOT NULL,
    users      integer NOT NULL CHECK (users > 0),
    PRIMARY KEY (tenant_id, width, block)
) WITH (fillfactor = 50); -- room to change counts in place, without touching the index
