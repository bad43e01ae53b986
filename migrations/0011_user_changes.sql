-- The feed of changes: what happened to each user, in the order of the commits. The log of 0005 is for caches,
-- which need not know more than "very many"; this one has every user, in ranges of ordinals: an import of a
-- million new users adds some fifty rows. Row level security: src/store/sql/policies.sql.

CREATE TABLE user_change (
    -- No foreign key, as in "user": a trigger empties both tables with the directory.
    tenant_id     uuid NOT NULL,
    generation    bigint NOT NULL,
    -- 1 removed, 2 added, 3 changed: the order of a generation's changes, since an id that a transaction removes and adds
    -- again is there after it. A user is in one of them at most.
    change        smallint NOT NULL CHECK (change BETWEEN 1 AND 3),
    first_ordinal bigint NOT NULL,
    last_ordinal  bigint NOT NULL,
    -- Of a removed user, who has a row of their own. The others' are in "user", or in the row of a later removal.
    id            text COLLATE "C",
    changed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, generation, change, last_ordinal),
    CHECK (first_ordinal <= last_ordinal),
    CHECK ((change = 1) = (id IS NOT NULL))
);

-- Users who were added or changed and are gone by the time that they are told.
CREATE INDEX user_change_removed ON user_change (tenant_id, last_ordinal) WHERE change = 1;

-- Up to which generation a tenant's changes are no longer in it, if any were deleted. Not a column of directory,
-- which gateways could not read while one is added.
CREATE TABLE user_change_trim (
    tenant_id  uuid PRIMARY KEY,
    generation bigint NOT NULL
);
