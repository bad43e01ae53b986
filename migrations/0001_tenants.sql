-- Who the data belongs to. A partner runs customers, a customer has tenants, a tenant is one isolated
-- directory of users. These tables hold no user data and are not row-secured; grants alone guard them.

CREATE TABLE customer (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    partner    text COLLATE "C" NOT NULL DEFAULT 'default' CHECK (partner <> ''),
    public_id  text COLLATE "C" NOT NULL UNIQUE CHECK (public_id <> ''),
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX customer_of_partner ON customer (partner, public_id);

CREATE TABLE tenant (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id  uuid NOT NULL REFERENCES customer (id),
    slug         text COLLATE "C" NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    public_id    text COLLATE "C" NOT NULL CHECK (public_id <> ''),
    user_pool_id text COLLATE "C" NOT NULL UNIQUE CHECK (user_pool_id <> ''),
    name         text NOT NULL,
    -- CORS origins, limits and the like; read by the gateway, written by administration.
    settings     jsonb NOT NULL DEFAULT '{}',
    suspended_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_id, public_id)
);

CREATE INDEX tenant_cors_origins ON tenant USING gin ((settings -> 'corsOrigins'));

COMMENT ON COLUMN customer.public_id IS 'customerId in AvePoint paths';
COMMENT ON COLUMN tenant.public_id IS 'tenantId in AvePoint paths';
COMMENT ON COLUMN tenant.user_pool_id IS 'GenAuth user pool id';
