# shellcheck shell=bash disable=SC2016
# A private PostgreSQL 15 cluster: made, started, stopped. Sourced after ground.sh, by deploy/up and tests/run, and by
# tests/support/hansa.py through bash. UNIX socket only; roles as in docs/security.md.
#
#   cluster_make  DATA SECRETS durable|fast   initdb with checksums, UTF-8, C.UTF-8, scram; passwords in SECRETS/*.password
#   cluster_start DATA SOCKETS LOG            waits until it answers
#   cluster_stop  DATA [fast|immediate]
#   cluster_roles SOCKETS SECRETS             hansa_owner, hansa_app and hansa_backup with their passwords and limits; may be run again
#   cluster_database SOCKETS SECRETS NAME     an empty database owned by hansa_owner; may be run again
#   cluster_url   SOCKETS SECRETS ROLE NAME   the connection string
#
# SOCKETS, DATA and SECRETS are folders of HANSA_RUNNER. The socket's path must stay under 108 bytes. CLUSTER_SOCKET_MODE is the
# socket's mode, 0700; whoever sets another one guards the folder.

# The folder of PostgreSQL 15's programs.
cluster_programs() {
    local folder
    for folder in ${HANSA_PG_BINDIR:-} /usr/lib/postgresql/15/bin; do
        [[ -x $folder/initdb && -x $folder/pg_ctl ]] && printf '%s' "$folder" && return 0
    done
    die "PostgreSQL 15 is not installed (package postgresql-15)"
}

cluster_password() { cat "$1/$2.password"; }

# Those that are missing: a cluster may be older than a role.
cluster_passwords() {
    local secrets=$1 role
    for role in postgres hansa_owner hansa_app hansa_backup; do
        [[ -s $secrets/$role.password ]] && continue
        random_hex 24 | as_runner sh -c 'umask 077; cat >"$1"' sh "$secrets/$role.password"
    done
}

cluster_make() {
    local data=$1 secrets=$2 kind=$3 programs sync=()
    [[ $kind == durable ]] || sync=(--no-sync)
    programs=$(cluster_programs)
    cluster_passwords "$secrets"
    as_runner "$programs/initdb" -D "$data" --username=postgres --pwfile="$secrets/postgres.password" \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth-local=scram-sha-256 --auth-host=reject \
        "${sync[@]}" >/dev/null || return 1
    {
        printf '\n'
        cat "$HANSA_ROOT/deploy/postgresql.conf"
        if [[ $kind == durable ]]; then
            printf '%s\n' "fsync = on" "synchronous_commit = on" "full_page_writes = on"
        else
            # For tests that never pull the plug: the promises of the product are proven on a durable one.
            printf '%s\n' "fsync = off" "synchronous_commit = on" "full_page_writes = on" "max_connections = 200"
        fi
    } | as_runner sh -c 'cat >>"$1"' sh "$data/postgresql.conf"
}

# Does the cluster's postmaster live? pg_ctl takes one that was killed and not yet reaped for a living one, and so does
# postgres at its start: that one is waited for.
cluster_is_running() {
    local pid state tenths=100
    while ((tenths-- > 0)); do
        pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 1
        state=$(sed 's/.*) \(.\) .*/\1/' "/proc/$pid/stat" 2>/dev/null) || return 1
        [[ $state == [ZX] ]] || break
        sleep 0.1
    done
    as_runner "$(cluster_programs)/pg_ctl" -D "$1" status >/dev/null 2>&1
}

cluster_start() {
    local data=$1 sockets=$2 log=$3 programs
    programs=$(cluster_programs)
    cluster_is_running "$data" && return 0
    # Closed descriptors: what calls us may hold a lock on 9 that the cluster must not inherit.
    if ! as_runner "$programs/pg_ctl" -D "$data" -l "$log" -w -t 60 -o "-k '$sockets' -c unix_socket_permissions=${CLUSTER_SOCKET_MODE:-0700}" \
        start >/dev/null 2>&1 9>&- </dev/null; then
        warn "PostgreSQL did not start (log $log)"
        tail -n 20 "$log" >&2
        return 1
    fi
}

cluster_stop() {
    local data=$1 programs
    programs=$(cluster_programs)
    cluster_is_running "$data" || return 0
    as_runner "$programs/pg_ctl" -D "$data" -w -t 60 -m "${2:-fast}" stop >/dev/null 2>&1 </dev/null
}

# SQL on standard input, as the superuser, in database $3.
cluster_sql() {
    local sockets=$1 secrets=$2 name=$3 programs
    shift 3
    programs=$(cluster_programs)
    PGPASSFILE=/dev/null PGPASSWORD=$(cluster_password "$secrets" postgres) as_runner "$programs/psql" -X -q -A -t \
        -v ON_ERROR_STOP=1 -h "$sockets" -U postgres -d "$name" "$@"
}

cluster_roles() {
    local sockets=$1 secrets=$2
    cluster_passwords "$secrets"
    HANSA_SECRETS=$secrets cluster_sql "$sockets" "$secrets" postgres <"$HANSA_ROOT/deploy/roles.sql"
}

cluster_database() {
    local sockets=$1 secrets=$2 name=$3
    if [[ $(cluster_sql "$sockets" "$secrets" postgres -c "select 1 from pg_database where datname = '$name'") != 1 ]]; then
        cluster_sql "$sockets" "$secrets" postgres -c "create database \"$name\" owner hansa_owner"
    fi
    cluster_sql "$sockets" "$secrets" "$name" <"$HANSA_ROOT/deploy/database.sql"
}

cluster_url() {
    local sockets=$1 secrets=$2 role=$3 name=$4
    printf 'postgresql://%s:%s@/?host=%s&port=5432&dbname=%s' "$role" "$(cluster_password "$secrets" "$role")" \
        "${sockets//\//%2F}" "$name"
}
