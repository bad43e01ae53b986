-- What `userbatch migrate` brought this database to, in one row; a gateway compares it with what it was built for.
CREATE TABLE schema_state (
    is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- The last numbered migration.
    version    bigint NOT NULL,
    -- SHA-256 of all files of src/store/sql/.
    functions  bytea NOT NULL CHECK (length(functions) = 32),
    applied_at timestamptz NOT NULL DEFAULT now()
);
