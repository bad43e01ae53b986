-- What two erased people had in common is kept for each, so that one may come back and the other stays out.
ALTER TABLE erased_key
    DROP CONSTRAINT erased_key_pkey,
    ADD PRIMARY KEY (tenant_id, digest, receipt),
    -- Not of an address that others give, too: it is known to be a person's, and keeps nobody out.
    ADD COLUMN bars boolean NOT NULL DEFAULT true;

CREATE INDEX erased_key_of_receipt ON erased_key (tenant_id, receipt);

-- Up to which generation readers of the feed start over, since somebody who was erased can no longer be named to them. The
-- other changes are still there, for searches, which need no names.
ALTER TABLE user_change_trim ADD COLUMN erased_to bigint NOT NULL DEFAULT 0;
