#!/bin/sh
# Installs missing programs from the list below with the system's package manager. Prints what it installs first; prints
# and changes nothing if everything is present.
#
# No PostgreSQL service is created, started or enabled: userbatch runs the binaries itself, in its own directory.
#
# Usage: scripts/install-prerequisites.sh [--dry-run] [ci]
#            ci: also what .ci/run needs beyond `make demo` and `make test`
#        scripts/install-prerequisites.sh --list
# Reads: USERBATCH_PG_BIN  directory of the PostgreSQL server binaries; disables the search

set -eu

OLDEST_POSTGRES=15
BREW_POSTGRES=postgresql@17
CREATECLUSTER_DROP_IN=/etc/postgresql-common/createcluster.d/userbatch-no-main-cluster.conf

dry_run=no
apt_lists=stale

# All programs called by the code, the tests or the scripts; `.ci/programs` fails if one is missing.
#
#   system     in Debian's essential packages and in macOS
#   given      expected to be installed; rustup may be absent if Rust comes from elsewhere
#   local      needed by `make demo` and `make test`, except PostgreSQL's programs
#   postgres   in the PostgreSQL server package
#   ci         also needed by .ci/run
#   packages   package managers
#   bare       also needed on Debian by deploy, .ci/bare, .ci/package and .ci/installed; those of .ci install what is missing
list() {
    cat <<'END'
system   awk basename bash cat chmod cmp cp date dirname env find grep gzip head id ln ls mkdir mktemp od paste ps rm sed sh sleep sort tail touch tr uname
given    cargo git make rustc rustup
local    cc curl jq openssl
postgres initdb postgres
ci       chromium node npm python3 shellcheck shfmt
packages apt-cache apt-get brew sudo
bare     apt-config chown chroot lintian man mmdebstrap mount nsenter pivot_root setpriv setsid sha256sum stat tar umount unshare useradd
END
}

# Prints the programs of kind $1.
programs() { list | sed -n "s/^$1  *//p"; }

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
        die "needs root to run: $* (sudo is not installed; run the command as root and try again)"
    fi
}

# --- Finding PostgreSQL, in the same locations and order as userbatch --------------------------

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

# Debian 11 and Ubuntu 22.04 have only older versions; Debian's postgresql-common has a script that adds the PostgreSQL
# project's package source with newer ones.
add_postgresql_org_source() {
    say "this release has no PostgreSQL $OLDEST_POSTGRES or later; adding the source apt.postgresql.org (remove it with: rm /etc/apt/sources.list.d/pgdg.*)"
    apt_install ca-certificates postgresql-common
    as_root /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
    apt_lists=stale
    apt_update
}

# The package would create and start a cluster "main"; a temporary drop-in prevents that, without affecting later
# installations.
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

# --- Packages of each system -------------------------------------------------------------------

# Prints the packages that contain the program $1.
packages_of() {
    case $system:$1 in
        debian:cc) echo build-essential ;;
        debian:node) echo nodejs ;;
        debian:python3) echo python3 python3-venv ;;
        macos:npm) echo node ;;
        *) echo "$1" ;;
    esac
}

is_installed() {
    command -v "$1" >/dev/null 2>&1 || return 1
    # Debian packages the modules for `python3 -m venv` separately.
    [ "$1" != python3 ] || python3 -c 'import ensurepip' 2>/dev/null
}

# Installs the program $1. $packages is split into words.
# shellcheck disable=SC2086
install_program() {
    packages=$(packages_of "$1")
    case $system:$1 in
        debian:*)
            say "no $1 found; installing with apt-get: $packages"
            apt_install $packages
            ;;
        macos:cc) die "no C compiler found; run: xcode-select --install" ;;
        macos:*)
            command -v brew >/dev/null 2>&1 || die "no $1 and no Homebrew found; install $1 and try again"
            say "no $1 found; installing with brew: $packages"
            run brew install --quiet $packages
            ;;
        *:cc) die "no C compiler found; install gcc or clang so that there is a command cc" ;;
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

wanted='local'
for argument in "$@"; do
    case $argument in
        --dry-run) dry_run=yes ;;
        --list) list && exit ;;
        ci) wanted='local ci' ;;
        *) die "usage: scripts/install-prerequisites.sh [--dry-run] [ci], or --list" ;;
    esac
done

system=$(system_family)
command -v cargo >/dev/null 2>&1 ||
    die "no Rust toolchain found; install one from https://rustup.rs and try again"
for kind in $wanted; do
    for program in $(programs "$kind"); do
        is_installed "$program" || install_program "$program"
    done
done
has_postgres || install_postgres
[ "$dry_run" = yes ] || has_postgres ||
    die "PostgreSQL was installed but its server binaries were not found; set USERBATCH_PG_BIN"
