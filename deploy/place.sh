# shellcheck shell=bash
# Where one Hansa lies on this machine and who owns what of it. Sourced by deploy/up and deploy/down after ground.sh.
#
# HANSA_VAR (./var) is the caller's: demo.env and what is remembered of the demo, the lock, and links to the rest. The rest is
# in HANSA_PLACE:
#
#   bin/            the binary that runs (a copy: a new build does not pull it away from under the process)
#   pid/ log/       pidfiles and fingerprints; server.log, edge.log, build.log: read by who called us alone
#   pg/ secrets/    of HANSA_DATABASE_USER: the cluster, the passwords of its roles
#   keys/ files/ backups/   of HANSA_SERVER_USER: the secret of the installation, uploaded files, backups until they are copied elsewhere
#   tls/ edge/      of HANSA_EDGE_USER: the certificate and its key, settings
#   run/database/   PostgreSQL's socket; only the server's group enters
#   run/server/     the server's sockets; only the edge's group enters
#   run/edge/       HAProxy's own socket; nobody else enters
#
# As root, or by sudo, the three users are hansa-db, hansa and hansa-edge: common to all checkouts of the machine, and they stay.
# HANSA_PLACE is then a folder of /var/lib/hansa named after HANSA_VAR: a checkout may be in a home that is closed to them.
# Without either, one user is all three, and HANSA_PLACE is HANSA_VAR.

HANSA_PLACES=/var/lib/hansa

# place_elevate SCRIPT WORD…: goes on as root where this user may, unless the site is this user's own already.
place_elevate() {
    local names
    ((EUID != 0)) || return 0
    if [[ -e $HANSA_VAR/up.lock && $(stat -c %u "$HANSA_VAR/up.lock") == "$EUID" ]] || [[ ${HANSA_USERS:-} == one ]] || ! may_sudo; then return 0; fi
    HANSA_CALLER=$(id -u):$(id -g)
    HANSA_CALLER_HOME=$HOME
    export HANSA_CALLER HANSA_CALLER_HOME
    # By name, since what an argument says everybody may read.
    names=$(compgen -e | grep '^HANSA_' | paste -sd,)
    exec sudo --preserve-env="$names" -- "$@"
}

# as_caller COMMAND…: what is made in the checkout (the build) is made as who called us, also behind sudo.
as_caller() {
    if [[ -z ${HANSA_CALLER:-} ]]; then
        "$@"
    else
        HOME=$HANSA_CALLER_HOME setpriv --reuid="${HANSA_CALLER%:*}" --regid="${HANSA_CALLER#*:}" --init-groups -- "$@"
    fi
}

# Decides HANSA_PLACE and the three users; makes nothing. HANSA_VAR is there and free of links.
place_find() {
    local one
    one=$(id -un)
    HANSA_PLACE=$HANSA_VAR
    if ((EUID == 0)); then
        if [[ -d $HANSA_VAR/pg && ! -L $HANSA_VAR/pg ]]; then
            # Made before there were three: goes on as it is until deploy/down --destroy.
            one=$(stat -c %U "$HANSA_VAR/pg")
        else
            one=''
            HANSA_PLACE=$(basename "$(dirname "$HANSA_VAR")" | tr -c 'A-Za-z0-9\n' '-' | cut -c1-24)
            HANSA_PLACE=$HANSA_PLACES/$HANSA_PLACE-$(printf '%s' "$HANSA_VAR" | cksum | cut -d' ' -f1)
        fi
    fi
    HANSA_DATABASE_USER=${one:-hansa-db}
    HANSA_SERVER_USER=${one:-hansa}
    HANSA_EDGE_USER=${one:-hansa-edge}
    # A socket's path must fit 108 bytes: with a long folder the sockets go to a short one.
    HANSA_RUN=$HANSA_PLACE/run
    ((${#HANSA_RUN} <= 70)) || HANSA_RUN=/tmp/hansa-$EUID-$(printf '%s' "$HANSA_VAR" | cksum | cut -d' ' -f1)
}

# HANSA_VAR belongs to one user: mixing callers would leave files that one of them cannot read.
place_owner_check() {
    [[ ! -e $HANSA_VAR/up.lock || $(stat -c %u "$HANSA_VAR/up.lock") == "$EUID" ]] ||
        die "$HANSA_VAR belongs to $(stat -c %U "$HANSA_VAR/up.lock"): run this as that user, or name another folder (--var, HANSA_VAR)"
}

# Do three users share the work?
place_is_shared() { [[ $HANSA_DATABASE_USER != "$HANSA_SERVER_USER" ]]; }

place_users() {
    local user
    if place_is_shared; then
        for user in "$HANSA_DATABASE_USER" "$HANSA_SERVER_USER" "$HANSA_EDGE_USER"; do user_make "$user"; done
    elif ((EUID == 0)); then
        say "database, server and edge all run as $HANSA_SERVER_USER: $HANSA_VAR is older than the three users (deploy/down --destroy, deploy/up)"
    else
        say "neither root nor sudo: database, server and edge all run as $HANSA_SERVER_USER"
    fi
}

place_make() {
    local name
    mkdir -p "$HANSA_VAR" || die "cannot make $HANSA_VAR (--var, HANSA_VAR)"
    HANSA_VAR=$(cd "$HANSA_VAR" && pwd -P)
    place_owner_check
    place_find
    place_users
    [[ $HANSA_PLACE == "$HANSA_VAR" ]] || install -d -m 0755 "$HANSA_PLACES" "$HANSA_PLACE"
    mkdir -p "$HANSA_PLACE"/{bin,pid,log}
    chmod 0755 "$HANSA_VAR" "$HANSA_PLACE" "$HANSA_PLACE"/{bin,pid}
    chmod 0700 "$HANSA_PLACE/log"
    install -d -m 0700 -o "$HANSA_DATABASE_USER" "$HANSA_PLACE/secrets"
    install -d -m 0700 -o "$HANSA_SERVER_USER" "$HANSA_PLACE"/{keys,files,backups}
    install -d -m 0700 -o "$HANSA_EDGE_USER" "$HANSA_PLACE/edge"
    install -d -m 0755 -o "$HANSA_EDGE_USER" "$HANSA_PLACE/tls"
    place_make_run
    [[ $HANSA_PLACE != "$HANSA_VAR" ]] || return 0
    printf '%s\n' "$HANSA_VAR" >"$HANSA_PLACE/of"
    for name in bin pid log pg secrets keys files backups tls edge run; do ln -sfn "$HANSA_PLACE/$name" "$HANSA_VAR/$name"; done
}

place_make_run() {
    local mine
    mine=$(id -u)
    if [[ $HANSA_RUN != "$HANSA_PLACE/run" ]]; then
        [[ ! -e $HANSA_RUN || (-d $HANSA_RUN && ! -L $HANSA_RUN && $(stat -c %u "$HANSA_RUN") =~ ^($mine|$(id -u "$HANSA_SERVER_USER"))$) ]] ||
            die "$HANSA_RUN belongs to somebody else; choose a shorter folder (--var, HANSA_VAR)"
        [[ -L $HANSA_PLACE/run || ! -d $HANSA_PLACE/run ]] || rm -rf -- "$HANSA_PLACE/run"
        ln -sfn "$HANSA_RUN" "$HANSA_PLACE/run"
    fi
    install -d -m 0755 "$HANSA_RUN"
    install -d -m 0700 -o "$HANSA_EDGE_USER" "$HANSA_RUN/edge"
    if place_is_shared; then
        # A folder's group bit hands the folder's group on to what is made in it: the edge may use the server's sockets.
        install -d -m 0750 -o "$HANSA_DATABASE_USER" -g "$(id -gn "$HANSA_SERVER_USER")" "$HANSA_RUN/database"
        install -d -m 2750 -o "$HANSA_SERVER_USER" -g "$(id -gn "$HANSA_EDGE_USER")" "$HANSA_RUN/server"
    else
        install -d -m 0700 -o "$HANSA_SERVER_USER" "$HANSA_RUN"/{database,server}
    fi
}

# Nothing of it is left, but the users.
place_remove() {
    [[ -f $HANSA_VAR/up.lock ]] || die "$HANSA_VAR was not made by deploy/up; not removed"
    rm -rf -- "$HANSA_VAR" "$HANSA_PLACE" "$HANSA_RUN"
}
