#!/bin/sh
# Installs what a build and a local PostgreSQL need, through the system's own package manager:
# a C compiler (for the ring crate), PostgreSQL server binaries, and curl and jq for the README's
# commands, which a test runs. Says what it installs before it does so, prints nothing and changes
# nothing when everything is there.
#
# No PostgreSQL service is created, started or enabled: userbatch runs the binaries itself, in a
# directory of its own.
#
# Usage: scripts/install-prerequisites.sh [--dry-run]
# Reads: USERBATCH_PG_BIN  a directory with PostgreSQL server binaries; then nothing is searched

set -eu

OLDEST_POSTGRES=15
BREW_POSTGRES=postgresql@17
CREATECLUSTER_DROP_IN=/etc/postgresql-common/createcluster.d/userbatch-no-main-cluster.conf

dry_run=no
apt_lists=stale

say() { printf '%s\n' "install-prerequisites: $*" >&2; }

die() {
    say "$*"
    exit 1
}

run() {
    if [ "$dry_run" = yes ]; then
        say "would run: $*"
    else
        "$@"
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        run "$@"
    elif command -v sudo >/dev/null 2>&1; then
        run sudo "$@"
    else
        die "needs root to run: $* (there is no sudo; run that as root and try again)"
    fi
}

# --- Finding PostgreSQL, in the places and the order in which userbatch looks -----------------

# Prints the major version of the server binaries in directory $1; nothing if it has none.
postgres_major() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 0
    "$1/postgres" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9][0-9]*\).*/\1/p'
}

is_recent_enough() {
    major=$(postgres_major "$1")
    [ -n "$major" ] && [ "$major" -ge "$OLDEST_POSTGRES" ]
}

has_postgres() {
    if [ -n "${USERBATCH_PG_BIN:-}" ]; then
        is_recent_enough "$USERBATCH_PG_BIN" && return 0
        die "USERBATCH_PG_BIN=$USERBATCH_PG_BIN has no PostgreSQL $OLDEST_POSTGRES or later (postgres and initdb); correct or unset it"
    fi
    for directory in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        is_recent_enough "$directory" && return 0
    done
    old_ifs=$IFS
    IFS=:
    for directory in $PATH; do
        is_recent_enough "$directory" && IFS=$old_ifs && return 0
    done
    IFS=$old_ifs
    return 1
}

# --- Debian and Ubuntu -------------------------------------------------------------------------

apt_update() {
    [ "$apt_lists" = fresh ] && return 0
    as_root apt-get update -qq
    apt_lists=fresh
}

apt_install() {
    apt_update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Prints the newest server version that the configured package sources offer, such as 15.
apt_postgres_major() {
    apt-cache search --names-only '^postgresql-[0-9]+$' |
        sed -n 's/^postgresql-\([0-9][0-9]*\) .*/\1/p' | sort -n | tail -n 1
}

is_recent_major() { [ -n "$1" ] && [ "$1" -ge "$OLDEST_POSTGRES" ]; }

# Debian 11 and Ubuntu 22.04 have only older versions; the PostgreSQL project packages newer ones
# for them, and Debian's postgresql-common has the script that adds that source.
add_postgresql_org_source() {
    say "this release has no PostgreSQL $OLDEST_POSTGRES or later; adding the source apt.postgresql.org (remove it with: rm /etc/apt/sources.list.d/pgdg.*)"
    apt_install ca-certificates postgresql-common
    as_root /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
    apt_lists=stale
    apt_update
}

# The package would create and start a cluster "main" at once; a drop-in keeps it from that, and
# goes again afterwards so that later installations behave as their owner expects.
without_main_cluster() {
    as_root mkdir -p "$(dirname "$CREATECLUSTER_DROP_IN")"
    as_root sh -c "echo 'create_main_cluster = false' > '$CREATECLUSTER_DROP_IN'"
    trap 'as_root rm -f "$CREATECLUSTER_DROP_IN"' EXIT
    "$@"
    as_root rm -f "$CREATECLUSTER_DROP_IN"
    trap - EXIT
}

install_postgres_with_apt() {
    say "no PostgreSQL $OLDEST_POSTGRES+ found; installing its server package with apt-get (no service is set up; remove it with: apt-get purge postgresql-common)"
    apt_update
    is_recent_major "$(apt_postgres_major)" || add_postgresql_org_source
    major=$(apt_postgres_major)
    is_recent_major "$major" || {
        [ "$dry_run" = yes ] && return 0
        die "the package sources offer no PostgreSQL $OLDEST_POSTGRES or later"
    }
    without_main_cluster apt_install "postgresql-$major"
}

# --- What each system needs --------------------------------------------------------------------

install_compiler() {
    case $system in
        debian)
            say "no C compiler found; installing the package build-essential"
            apt_install build-essential
            ;;
        macos) die "no C compiler found; run: xcode-select --install" ;;
        *) die "no C compiler found; install gcc or clang so that there is a command cc" ;;
    esac
}

# install_tool COMMAND: a command whose package has its name.
install_tool() {
    case $system in
        debian)
            say "no $1 found; installing the package $1"
            apt_install "$1"
            ;;
        macos)
            command -v brew >/dev/null 2>&1 || die "no $1 and no Homebrew found; install $1 and try again"
            say "no $1 found; installing $1"
            run brew install --quiet "$1"
            ;;
        *) die "no $1 found; install it and try again" ;;
    esac
}

install_postgres() {
    case $system in
        debian) install_postgres_with_apt ;;
        macos)
            command -v brew >/dev/null 2>&1 ||
                die "no PostgreSQL $OLDEST_POSTGRES+ and no Homebrew found; install Homebrew (https://brew.sh) and try again"
            say "no PostgreSQL $OLDEST_POSTGRES+ found; installing $BREW_POSTGRES (no service is started; remove it with: brew uninstall $BREW_POSTGRES)"
            run brew install --quiet "$BREW_POSTGRES"
            ;;
        *) die "no PostgreSQL $OLDEST_POSTGRES+ found; install its server package, or set USERBATCH_PG_BIN to the directory with postgres and initdb" ;;
    esac
}

system_family() {
    if [ "$(uname -s)" = Darwin ]; then
        echo macos
    elif command -v apt-get >/dev/null 2>&1; then
        echo debian
    else
        echo other
    fi
}

case ${1:-} in
    '') ;;
    --dry-run) dry_run=yes ;;
    *) die "usage: scripts/install-prerequisites.sh [--dry-run]" ;;
esac

system=$(system_family)
command -v cargo >/dev/null 2>&1 ||
    die "no Rust toolchain found; install one from https://rustup.rs and try again"
command -v cc >/dev/null 2>&1 || install_compiler
for tool in curl jq; do
    command -v "$tool" >/dev/null 2>&1 || install_tool "$tool"
done
has_postgres || install_postgres
[ "$dry_run" = yes ] || has_postgres ||
    die "PostgreSQL was installed but its server binaries were not found; set USERBATCH_PG_BIN"
