-- How often each credential was used, and when last. Every gateway counts in memory and adds its sums here every few
-- seconds, so that no request writes. Apart from the credential itself: a row that changes often is kept narrow.
CREATE TABLE credential_use (
    credential_id uuid PRIMARY KEY REFERENCES credential (id) ON DELETE CASCADE,
    uses          bigint NOT NULL CHECK (uses > 0),
    last_used_at  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Adds one gateway's sums: the i-th credential was used `counted[i]` times, the last time at `last_used[i]`. A
-- credential that was deleted meanwhile is passed over. In the order of the ids, so that two gateways that add at
-- once wait for each other and never in a circle.
CREATE FUNCTION add_credential_uses(of_credentials uuid[], counted bigint[], last_used timestamptz[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    INSERT INTO credential_use AS kept (credential_id, uses, last_used_at)
    SELECT c.id, a.uses, a.last_used_at
      FROM unnest(of_credentials, counted, last_used) AS a (credential_id, uses, last_used_at)
      JOIN credential c ON c.id = a.credential_id
     ORDER BY c.id
        ON CONFLICT (credential_id) DO UPDATE
       SET uses = kept.uses + excluded.uses, last_used_at = greatest(kept.last_used_at, excluded.last_used_at);
END;

REVOKE ALL ON FUNCTION add_credential_uses(uuid[], bigint[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_credential_uses(uuid[], bigint[], timestamptz[]) TO userbatch_serving;
