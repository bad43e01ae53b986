-- Documents are compressed by LZ4, if the server was built with it. A batch of users is read with a fraction of the time
-- that PostgreSQL's own method takes to decompress them, and an import compresses them faster. Documents that are stored
-- already stay as they are until they change.
DO $$
BEGIN
    ALTER TABLE "user" ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;
