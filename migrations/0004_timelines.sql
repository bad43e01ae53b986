-- What the views show, by chain account: an account may appear here before anyone adds its user. Row level security:
-- src/store/sql/policies.sql.

CREATE TABLE holding (
    tenant_id     uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    account       text COLLATE "C" NOT NULL,
    collection_id bigint NOT NULL,
    document      json NOT NULL,
    PRIMARY KEY (tenant_id, account, collection_id)
);

-- A transfer is stored once, and listed for each account it concerns.
CREATE TABLE transfer (
    tenant_id uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    id        text COLLATE "C" NOT NULL,
    document  json NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE transfer_party (
    tenant_id     uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    account       text COLLATE "C" NOT NULL,
    at            bigint NOT NULL,
    transfer_id   text COLLATE "C" NOT NULL,
    collection_id bigint NOT NULL,
    incoming      boolean NOT NULL,
    PRIMARY KEY (tenant_id, account, at, transfer_id)
);

-- The first-era view lists incoming transfers alone; an account that mostly sends must not pay for the rest.
CREATE INDEX transfer_party_incoming ON transfer_party (tenant_id, account, at, transfer_id) WHERE incoming;

-- A view narrowed to some collections reads each of them from here, each way by itself, and nothing else.
CREATE INDEX transfer_party_of_collection
    ON transfer_party (tenant_id, account, collection_id, incoming, at, transfer_id);

-- An announcement is stored once for its collection and reaches whoever holds any of it.
CREATE TABLE announcement (
    tenant_id     uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    collection_id bigint NOT NULL,
    at            bigint NOT NULL,
    id            text COLLATE "C" NOT NULL,
    document      json NOT NULL,
    PRIMARY KEY (tenant_id, collection_id, at, id)
);

CREATE TABLE review (
    tenant_id uuid NOT NULL REFERENCES directory (tenant_id) ON DELETE CASCADE,
    account   text COLLATE "C" NOT NULL,
    at        bigint NOT NULL,
    id        text COLLATE "C" NOT NULL,
    document  json NOT NULL,
    PRIMARY KEY (tenant_id, account, at, id)
);

-- One view of one account that is to be read: an argument of the *_pages functions, as JSON.
CREATE TYPE view_query AS (
    "place"       integer,
    "account"     text,
    "afterAt"     bigint,
    "afterId"     text,
    "descending"  boolean,
    "incoming"    boolean,
    "collections" bigint[],
    "most"        integer
);
