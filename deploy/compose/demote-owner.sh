#!/bin/sh
# For a volume of an earlier version, in which the role userbatch is the superuser: calls that one postgres, and creates
# an owner of that name who is none and owns the same. Gateways go on serving. Does nothing if that was done.
#
# Usage: docker compose exec -T --user postgres postgres sh <deploy/compose/demote-owner.sh

set -eu

run() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=yes --dbname=userbatch "$@"; }

export PGOPTIONS='--client-min-messages=warning'

if run --username=postgres --command='' 2>/dev/null; then
    # Left by a run that was interrupted.
    run --username=postgres --command='DROP ROLE IF EXISTS renaming'
    echo 'the superuser is postgres already'
    exit
fi

# The container has them once `docker compose up` has created it anew.
cat /run/secrets/owner_password /run/secrets/superuser_password >/dev/null

# No role can rename itself.
run --username=userbatch --command='DROP ROLE IF EXISTS renaming' --command='CREATE ROLE renaming SUPERUSER LOGIN'
run --username=renaming --single-transaction --output=/dev/null <<'SQL'
\set owner `cat /run/secrets/owner_password`
\set superuser `cat /run/secrets/superuser_password`
ALTER ROLE userbatch RENAME TO postgres;
ALTER ROLE postgres PASSWORD :'superuser';
CREATE ROLE userbatch LOGIN CREATEROLE PASSWORD :'owner';
GRANT userbatch_serving TO userbatch WITH ADMIN OPTION;
ALTER DATABASE userbatch OWNER TO userbatch;
-- A column's own sequence, and a table's own type, go with the table.
SELECT format('ALTER TABLE %s OWNER TO userbatch', oid::regclass) FROM pg_class c
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND relkind = 'S'
                                           AND deptype IN ('a', 'i'))
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO userbatch', oid::regprocedure) FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT format('ALTER TYPE %s OWNER TO userbatch', oid::regtype) FROM pg_type t
 WHERE typnamespace = 'public'::regnamespace AND typelem = 0
   AND (typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = typrelid))
\gexec
SQL
run --username=postgres --command='DROP ROLE renaming'
echo 'the superuser is postgres now, and userbatch owns its database alone'
