# shellcheck shell=bash
# The ground under every script here: where the checkout is, who runs what, which packages there must be.
# Sourced by deploy/up, deploy/down, tests/run and .ci/run. Needs bash and Debian 12; sets no global option.
#
#   HANSA_ROOT    the checkout
#   HANSA_RUNNER  the user that as_runner runs things as: `hansa` when root called us, else the caller

HANSA_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export HANSA_ROOT
# What the caller's shell says of a database of theirs has no say here.
unset "${!PG@}"
# Where haproxy lives; a plain user's shell does not look there.
export PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "hansa: $*"; }
warn() { printf '%s\n' "hansa: $*" >&2; }
die() {
    warn "$*"
    exit 1
}

# The names of the packages listed for the given purposes, without doubles.
packages_for() {
    local purpose package wanted=" $* "
    while read -r purpose package _; do
        case $purpose in '' | '#'*) continue ;; esac
        [[ $wanted == *" $purpose "* ]] && printf '%s\n' "$package"
    done <"$HANSA_ROOT/deploy/packages" | sort -u
}

# Those of the packages on standard input that are not installed, by themselves or as a part of another (a nodejs from
# elsewhere than Debian brings npm with it, and refuses Debian's beside it).
packages_missing() {
    local package here
    here=$(dpkg-query -W -f='${db:Status-Status}\t${Package}, ${Provides}\n' 2>/dev/null | sed -n 's/^installed\t//p' | tr ',' '\n' |
        sed 's/^ *//; s/ .*//' | sort -u || true)
    while read -r package; do
        grep -qxF -- "$package" <<<"$here" || printf '%s\n' "$package"
    done
}

# May this user become root, without a password or after typing it?
may_sudo() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; }; }

# Sees to it that every package listed for the purposes is there. Installs only what is missing; without the right to
# install it says what it would have installed and ends the script.
packages_need() {
    local missing=() as_root=()
    mapfile -t missing < <(packages_for "$@" | packages_missing)
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "not a Debian system; these packages are needed: ${missing[*]}"
    if ((EUID != 0)); then
        if may_sudo; then
            as_root=(sudo)
        else
            warn "these Debian packages are missing and this user may not install them:"
            warn "    apt-get install --no-install-recommends ${missing[*]}"
            exit 1
        fi
    fi
    say "installing ${missing[*]}"
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
    # Old lists may name versions that are gone: ask again before giving up, and at once when there are no lists.
    if ! "${install[@]}" install --no-install-recommends "${missing[@]}" >/dev/null 2>&1 </dev/null; then
        "${install[@]}" update >/dev/null </dev/null || die "apt-get update failed"
        "${install[@]}" install --no-install-recommends "${missing[@]}" >/dev/null </dev/null ||
            die "could not install: ${missing[*]}"
    fi
}

# packages_want PURPOSE…: as packages_need, but goes on without them.
packages_want() {
    (packages_need "$@") || warn "going on without: $(packages_for "$@" | packages_missing | tr '\n' ' ')"
}

# user_make NAME: a system user with a group of its own, unless there is one.
user_make() {
    getent passwd "$1" >/dev/null ||
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$1" ||
        die "could not make the system user $1"
}

# Decides HANSA_RUNNER; as root, makes the system user when it is missing. PostgreSQL refuses to run as root, and the
# server and the edge have no business doing so.
runner_choose() {
    HANSA_RUNNER=$(id -un)
    if ((EUID == 0)); then
        HANSA_RUNNER=hansa
        user_make hansa
    fi
    export HANSA_RUNNER
}

# user_exec USER COMMAND…: becomes it, as that user when we are root, with the environment handed on (secrets travel there,
# never in arguments) but for what belongs to root's own session.
user_exec() {
    local user=$1
    shift
    cd / || exit 1
    ((EUID == 0)) || exec "$@"
    export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/nonexistent USER=$user LOGNAME=$user SHELL=/bin/sh
    exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
}
as_user() { (user_exec "$@"); }
as_runner() { as_user "$HANSA_RUNNER" "$@"; }

# random_hex BYTES: that many random bytes as hexadecimal digits.
random_hex() { od -An -vtx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# A word in single quotes, fit for `. file`.
quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# quiet LOG COMMAND…: runs it with its output in LOG; when it fails, shows the end of the log.
quiet() {
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        warn "failed: $1 … (log $log)"
        tail -n 60 "$log" >&2
        return 1
    fi
}
