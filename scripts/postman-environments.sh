#!/usr/bin/env bash
# Writes Postman's environments with the settings of an env file filled in, ready to import. They contain secrets.
#
# Usage: scripts/postman-environments.sh ENVFILE FOLDER      (an env file as `userbatch demo --env-file` writes it)

set -euo pipefail
umask 077

readonly USAGE='usage: scripts/postman-environments.sh ENVFILE FOLDER'
readonly ENV_FILE=${1:?$USAGE} FOLDER=${2:?$USAGE}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly here

# shellcheck disable=SC2016  # the variables are jq's
readonly FILL='
    ($settings | [scan("(?m)^([A-Z_]+)=(.*)$") | {key: .[0], value: .[1]}] | from_entries) as $known
    | .values |= map(.value = ($known[.key] // .value))'

mkdir -p "$FOLDER"
for environment in "$here"/postman/*.postman_environment.json; do
    jq --rawfile settings "$ENV_FILE" "$FILL" "$environment" >"$FOLDER/${environment##*/}"
done
