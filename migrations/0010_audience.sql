-- Collections whose announcements an account gets although it is not known to hold any of them: BitBadges' answers list
-- an account's announcements, not always what it holds. Row level security: src/store/sql/policies.sql.

CREATE TABLE audience (
    tenant_id     uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    account       text COLLATE "C" NOT NULL,
    collection_id bigint NOT NULL,
    document      json NOT NULL,
    PRIMARY KEY (tenant_id, account, collection_id)
);
