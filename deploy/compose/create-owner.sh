#!/bin/sh
# Creates the role that owns the gateway's tables, and its database. It may create roles, as `userbatch migrate` does,
# and is no superuser. PostgreSQL's image runs this when it sets up an empty volume.

set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=yes --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\set password `cat /run/secrets/owner_password`
CREATE ROLE userbatch LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE userbatch OWNER userbatch TEMPLATE template0 ENCODING 'UTF8';
SQL
