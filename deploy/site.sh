# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# One Hansa on this machine, station by station: what deploy/up and deploy/down are made of. Sourced after ground.sh,
# process.sh and cluster.sh. Everything lives under HANSA_VAR:
#
#   bin/hansa      the binary that runs (a copy: a new build does not pull it away from under the process)
#   pid/           pidfiles and fingerprints, of the caller      log/    server.log, edge.log, build.log, of the caller
#   pg/ secrets/ run/ tls/ edge/ files/   of HANSA_RUNNER: cluster, passwords and cursor key, sockets, certificate, edge
#                  settings, uploaded files
#   demo.env       addresses and keys, 0600, of the caller

site_settings() {
    HANSA_EDGE_PORT=${HANSA_EDGE_PORT:-8443}
    HANSA_EDGE_ADDRESS=${HANSA_EDGE_ADDRESS:-127.0.0.1}
    HANSA_DIRECT_PORT=${HANSA_DIRECT_PORT:-8080}
    HANSA_VAR=${HANSA_VAR:-$HANSA_ROOT/var}
    HANSA_BUILD_RELEASE=${HANSA_BUILD_RELEASE:-$HANSA_ROOT/build/release}
    [[ $HANSA_VAR == /* ]] || HANSA_VAR=$PWD/$HANSA_VAR
    [[ $HANSA_BUILD_RELEASE == /* ]] || HANSA_BUILD_RELEASE=$PWD/$HANSA_BUILD_RELEASE
    local port
    for port in "$HANSA_EDGE_PORT" "$HANSA_DIRECT_PORT"; do
        [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || die "not a port: $port"
    done
    [[ $HANSA_EDGE_PORT != "$HANSA_DIRECT_PORT" ]] || die "edge and private listener cannot share port $HANSA_EDGE_PORT"
    local host=$HANSA_EDGE_ADDRESS
    [[ $host != 0.0.0.0 && $host != '*' && $host != :: ]] || host=127.0.0.1
    [[ $host != *:* ]] || host="[$host]"
    HANSA_URL=https://$host:$HANSA_EDGE_PORT
    # shellcheck disable=SC2034  # for demo/site.sh
    HANSA_DIRECT_URL=http://127.0.0.1:$HANSA_DIRECT_PORT
}

# HANSA_VAR belongs to one user: mixing callers would leave files that one of them cannot read.
site_owner_check() {
    [[ ! -e $HANSA_VAR/up.lock || $(stat -c %u "$HANSA_VAR/up.lock") == "$EUID" ]] ||
        die "$HANSA_VAR belongs to $(stat -c %U "$HANSA_VAR/up.lock"): run this as that user, or name another folder (--var, HANSA_VAR)"
}

site_folders() {
    # As root the runner must reach the folder; in a home closed to others (0700) it cannot, so `var` points elsewhere.
    if ((EUID == 0)) && [[ ! -e $HANSA_VAR ]] && ! runner_may_enter "$(dirname "$HANSA_VAR")"; then
        local elsewhere
        elsewhere=/var/lib/hansa/$(printf '%s' "$HANSA_VAR" | cksum | cut -d' ' -f1)
        mkdir -p "$elsewhere" "$(dirname "$HANSA_VAR")"
        ln -s "$elsewhere" "$HANSA_VAR"
        say "$HANSA_VAR → $elsewhere, since the user hansa cannot enter $(dirname "$HANSA_VAR")"
    fi
    mkdir -p "$HANSA_VAR" || die "cannot make $HANSA_VAR (--var, HANSA_VAR)"
    HANSA_VAR=$(cd "$HANSA_VAR" && pwd -P)
    site_owner_check
    mkdir -p "$HANSA_VAR"/{bin,pid,log}
    chmod 0755 "$HANSA_VAR" "$HANSA_VAR/bin"
    chmod 0700 "$HANSA_VAR/pid" "$HANSA_VAR/log"
    runner_may_enter "$HANSA_VAR" || die "the user $HANSA_RUNNER cannot enter $HANSA_VAR (--var, HANSA_VAR)"
    install -d -m 0700 -o "$HANSA_RUNNER" "$HANSA_VAR"/{secrets,edge,files}
    install -d -m 0755 -o "$HANSA_RUNNER" "$HANSA_VAR/tls"
    # A socket's path must fit 108 bytes: with a long folder the sockets go to a short one.
    HANSA_RUN=$HANSA_VAR/run
    if ((${#HANSA_RUN} > 80)); then
        HANSA_RUN=/tmp/hansa-$EUID-$(printf '%s' "$HANSA_VAR" | cksum | cut -d' ' -f1)
        [[ ! -e $HANSA_RUN || (-d $HANSA_RUN && ! -L $HANSA_RUN && $(stat -c %U "$HANSA_RUN") == "$HANSA_RUNNER") ]] ||
            die "$HANSA_RUN belongs to somebody else; choose a shorter folder (--var, HANSA_VAR)"
        ln -sfn "$HANSA_RUN" "$HANSA_VAR/run"
    fi
    install -d -m 0700 -o "$HANSA_RUNNER" "$HANSA_RUN"
}

site_build() {
    local fresh=() started=$SECONDS
    [[ -f $HANSA_BUILD_RELEASE/CMakeCache.txt ]] || fresh=(-G Ninja)
    quiet "$HANSA_VAR/log/build.log" cmake -S "$HANSA_ROOT" -B "$HANSA_BUILD_RELEASE" "${fresh[@]}" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo 9>&- || exit 1
    quiet "$HANSA_VAR/log/build.log" cmake --build "$HANSA_BUILD_RELEASE" -j 2 --target hansa 9>&- || exit 1
    HANSA_NEW_BINARY=$(find "$HANSA_BUILD_RELEASE" -maxdepth 2 -type f -name hansa -perm -u+x | head -n 1)
    [[ -n $HANSA_NEW_BINARY ]] || die "the build made no binary 'hansa' in $HANSA_BUILD_RELEASE"
    say "built in $((SECONDS - started)) s"
    [[ -x $HANSA_VAR/bin/hansa ]] || site_install
}

# Puts the new binary in place in one step.
site_install() {
    install -m 0755 "$HANSA_NEW_BINARY" "$HANSA_VAR/bin/hansa.new"
    mv -f "$HANSA_VAR/bin/hansa.new" "$HANSA_VAR/bin/hansa"
}

site_database() {
    local own_app=''
    # Somebody who has read demo.env into the environment names our own cluster: that is not a database of theirs.
    [[ ! -s $HANSA_VAR/secrets/hansa_app.password ]] || own_app=$(cluster_url "$HANSA_RUN" "$HANSA_VAR/secrets" hansa_app hansa)
    if [[ -n ${HANSA_DATABASE_URL:-} && $HANSA_DATABASE_URL != "$own_app" ]]; then
        [[ -n ${HANSA_OWNER_DATABASE_URL:-} ]] || die "HANSA_DATABASE_URL is set, HANSA_OWNER_DATABASE_URL is not: give both or none"
    elif [[ -z ${HANSA_DATABASE_URL:-} && -n ${HANSA_OWNER_DATABASE_URL:-} ]]; then
        die "HANSA_OWNER_DATABASE_URL is set, HANSA_DATABASE_URL is not: give both or none"
    else
        if [[ ! -f $HANSA_VAR/pg/PG_VERSION ]]; then
            say "making a private PostgreSQL cluster in $HANSA_VAR/pg"
            rm -rf "$HANSA_VAR/pg.new"
            install -d -m 0700 -o "$HANSA_RUNNER" "$HANSA_VAR/pg.new"
            cluster_make "$HANSA_VAR/pg.new" "$HANSA_VAR/secrets" durable || die "initdb failed"
            mv -T "$HANSA_VAR/pg.new" "$HANSA_VAR/pg"
        fi
        cluster_start "$HANSA_VAR/pg" "$HANSA_RUN" "$HANSA_VAR/pg/server.log" || exit 1
        cluster_roles "$HANSA_RUN" "$HANSA_VAR/secrets"
        cluster_database "$HANSA_RUN" "$HANSA_VAR/secrets" hansa
        HANSA_DATABASE_URL=$(cluster_url "$HANSA_RUN" "$HANSA_VAR/secrets" hansa_app hansa)
        HANSA_OWNER_DATABASE_URL=$(cluster_url "$HANSA_RUN" "$HANSA_VAR/secrets" hansa_owner hansa)
    fi
    if [[ ! -s $HANSA_VAR/secrets/cursor.key ]]; then
        as_runner sh -c 'umask 077; head -c 32 /dev/urandom >"$1"' sh "$HANSA_VAR/secrets/cursor.key"
    fi
}

# `hansa COMMAND…` of the new build with the owner's rights.
site_hansa() {
    HANSA_OWNER_DATABASE_URL=$HANSA_OWNER_DATABASE_URL HANSA_DATABASE_URL=$HANSA_DATABASE_URL \
        as_runner "$HANSA_VAR/bin/hansa" "$@" 9>&- 2>>"$HANSA_VAR/log/admin.log"
}

# port_must_be_free PART ADDRESS PORT HOW: taken by anybody but our own running PART is a reason to stop before anything is
# started.
port_must_be_free() {
    process_pid "$HANSA_VAR/pid/$1" >/dev/null && [[ $(cat "$HANSA_VAR/pid/$1.port" 2>/dev/null) == "$3" ]] && return
    port_is_taken "$2" "$3" || return 0
    die "port $3 on $2 is in use; choose another by $4"
}

site_ports_free() {
    local address=${HANSA_URL#https://}
    address=${address%:*}
    address=${address#[}
    port_must_be_free server 127.0.0.1 "$HANSA_DIRECT_PORT" "--direct-port N or HANSA_DIRECT_PORT"
    port_must_be_free edge "${address%]}" "$HANSA_EDGE_PORT" "--port N or HANSA_EDGE_PORT"
}

# A changed binary is put in place here, with the old server still running: migrations come before the new server.
site_migrate() {
    cmp -s "$HANSA_NEW_BINARY" "$HANSA_VAR/bin/hansa" || site_install
    site_hansa migrate >"$HANSA_VAR/log/migrate.log" 2>&1 || {
        tail -n 20 "$HANSA_VAR/log/migrate.log" >&2
        die "hansa migrate failed"
    }
}

# has_changed NAME FINGERPRINT: is that another fingerprint than the running NAME was started with?
has_changed() { [[ $(cat "$HANSA_VAR/pid/$1.print" 2>/dev/null) != "$2" ]]; }

site_server() {
    local fingerprint
    (
        export HANSA_DATABASE_URL HANSA_LISTEN_UNIX=$HANSA_RUN/hansa.sock HANSA_LISTEN_LOOPBACK=127.0.0.1:$HANSA_DIRECT_PORT
        export HANSA_LISTEN_UPLOADS=$HANSA_RUN/uploads.sock HANSA_FILES_DIR=${HANSA_FILES_DIR:-$HANSA_VAR/files}
        as_runner mkdir -p -m 0700 "$HANSA_FILES_DIR"
        export HANSA_EDGE_HTTP2=${HANSA_EDGE_HTTP2:-on} HANSA_PUBLIC_URL=${HANSA_PUBLIC_URL:-$HANSA_URL}
        export HANSA_SECRET_FILE=${HANSA_SECRET_FILE:-$HANSA_VAR/secrets/cursor.key}
        # What serves never knows the owner's password.
        unset HANSA_OWNER_DATABASE_URL
        settings=$(as_runner "$HANSA_VAR/bin/hansa" serve --print-config 2>&1) || {
            printf '%s\n' "$settings" >&2
            die "the server refuses these settings"
        }
        fingerprint=$({ sha256sum <"$HANSA_VAR/bin/hansa"; printf '%s\n' "$settings" "$HANSA_DATABASE_URL"; } | sha256sum)
        if process_pid "$HANSA_VAR/pid/server" >/dev/null; then
            has_changed server "$fingerprint" || exit 0
            say "binary or settings have changed: restarting the server"
            site_server_take_over
        else
            process_start "$HANSA_VAR/pid/server" "$HANSA_VAR/log/server.log" "$HANSA_VAR/bin/hansa" serve
        fi
        printf '%s\n' "$fingerprint" >"$HANSA_VAR/pid/server.print"
        printf '%s\n' "$HANSA_DIRECT_PORT" >"$HANSA_VAR/pid/server.port"
    )
}

# The new server takes the edge's socket over from the old one, which then ends what it has accepted: nobody is refused.
# Where both cannot hold the loopback port the new one gives up at once, and the old one has to go first.
site_server_take_over() {
    local socket=$HANSA_RUN/hansa.sock inode tenths=30
    inode=$(stat -c %i "$socket" 2>/dev/null || true)
    mv -f "$HANSA_VAR/pid/server" "$HANSA_VAR/pid/server.old"
    process_start "$HANSA_VAR/pid/server" "$HANSA_VAR/log/server.log" "$HANSA_VAR/bin/hansa" serve
    while ((tenths-- > 0)) && process_pid "$HANSA_VAR/pid/server" >/dev/null && [[ $(stat -c %i "$socket" 2>/dev/null) == "$inode" ]]; do
        sleep 0.1
    done
    sleep 0.5
    process_stop "$HANSA_VAR/pid/server.old" TERM 35
    process_pid "$HANSA_VAR/pid/server" >/dev/null ||
        process_start "$HANSA_VAR/pid/server" "$HANSA_VAR/log/server.log" "$HANSA_VAR/bin/hansa" serve
}

site_certificate() {
    HANSA_CA_FILE=$HANSA_VAR/tls/edge.crt
    if [[ -n ${HANSA_EDGE_CERTIFICATE:-} && $HANSA_EDGE_CERTIFICATE != "$HANSA_VAR/tls/edge.pem" ]]; then
        [[ -r $HANSA_EDGE_CERTIFICATE ]] || die "HANSA_EDGE_CERTIFICATE: cannot read $HANSA_EDGE_CERTIFICATE"
        HANSA_CA_FILE=$HANSA_EDGE_CERTIFICATE
        return
    fi
    HANSA_EDGE_CERTIFICATE=$HANSA_VAR/tls/edge.pem
    # Made once, and again in its last month.
    if [[ -s $HANSA_EDGE_CERTIFICATE ]] && openssl x509 -checkend 2592000 -noout -in "$HANSA_CA_FILE" >/dev/null 2>&1; then return; fi
    say "making a self-signed certificate for localhost, 127.0.0.1 and ::1"
    as_runner bash -c '
        set -e; umask 077; cd "$1"; cat >edge.cnf
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -days 825 -nodes \
            -keyout edge.key.new -out edge.crt.new -config edge.cnf
        cat edge.key.new edge.crt.new >edge.pem.new
        chmod 0644 edge.crt.new
        rm edge.key.new edge.cnf; mv edge.crt.new edge.crt; mv edge.pem.new edge.pem' \
        bash "$HANSA_VAR/tls" 2>"$HANSA_VAR/log/certificate.log" <<TEXT || die "openssl failed, see $HANSA_VAR/log/certificate.log"
[req]
prompt = no
distinguished_name = name
x509_extensions = use
[name]
CN = localhost
[use]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
TEXT
    # A running edge takes the new one without dropping a connection.
    local pid
    if pid=$(process_pid "$HANSA_VAR/pid/edge"); then kill -s USR2 "$pid"; fi
}

site_edge() {
    (
        export HANSA_EDGE_BIND=$HANSA_EDGE_ADDRESS:$HANSA_EDGE_PORT HANSA_EDGE_CERTIFICATE
        export HANSA_EDGE_ADMIN=$HANSA_RUN/edge.admin HANSA_LISTEN_UNIX=$HANSA_RUN/hansa.sock
        export HANSA_LISTEN_UPLOADS=$HANSA_RUN/uploads.sock
        HANSA_EDGE_LEG=h2
        [[ ${HANSA_EDGE_HTTP2:-on} != off ]] || HANSA_EDGE_LEG=h1
        export HANSA_EDGE_LEG
        unset HANSA_DATABASE_URL HANSA_OWNER_DATABASE_URL
        fingerprint=$({ cat "$HANSA_ROOT"/deploy/{haproxy.cfg,refuse.lua}; env | grep -E '^HANSA_(EDGE|LISTEN|MAX_BODY)_' | sort; } | sha256sum)
        if process_pid "$HANSA_VAR/pid/edge" >/dev/null; then
            has_changed edge "$fingerprint" || exit 0
            say "settings of the edge have changed: restarting it"
            process_stop "$HANSA_VAR/pid/edge" USR1 12
        fi
        for part in haproxy.cfg refuse.lua; do
            as_runner sh -c 'cat >"$1"' sh "$HANSA_VAR/edge/$part" <"$HANSA_ROOT/deploy/$part"
        done
        quiet "$HANSA_VAR/log/edge.check" as_runner haproxy -c -f "$HANSA_VAR/edge/haproxy.cfg" || die "the edge refuses its settings"
        process_start "$HANSA_VAR/pid/edge" "$HANSA_VAR/log/edge.log" haproxy -W -db -q -f "$HANSA_VAR/edge/haproxy.cfg"
        printf '%s\n' "$fingerprint" >"$HANSA_VAR/pid/edge.print"
        printf '%s\n' "$HANSA_EDGE_PORT" >"$HANSA_VAR/pid/edge.port"
    )
}

site_wait_ready() {
    local tenths=600
    until curl -fsS -o /dev/null --max-time 3 --noproxy '*' --cacert "$HANSA_CA_FILE" "$HANSA_URL/readyz" 2>"$HANSA_VAR/log/ready.log"; do
        local part
        for part in server edge; do
            process_pid "$HANSA_VAR/pid/$part" >/dev/null || {
                tail -n 20 "$HANSA_VAR/log/$part.log" >&2
                die "the $part has died (log $HANSA_VAR/log/$part.log)"
            }
        done
        ((tenths-- > 0)) || die "not ready after 60 s: $(cat "$HANSA_VAR/log/ready.log")"
        sleep 0.1
    done
}

# Stays until a part dies or somebody asks us to stop.
site_foreground() {
    local tail_pid
    exec 9>&-
    tail -n 0 -F "$HANSA_VAR/log/server.log" "$HANSA_VAR/log/edge.log" 2>/dev/null &
    tail_pid=$!
    trap 'kill "$tail_pid" 2>/dev/null; "$HANSA_ROOT/deploy/down" --var "$HANSA_VAR"; exit 0' INT TERM
    while process_pid "$HANSA_VAR/pid/server" >/dev/null && process_pid "$HANSA_VAR/pid/edge" >/dev/null; do
        sleep 1 &
        wait $! || true
    done
    kill "$tail_pid" 2>/dev/null || true
    warn "server or edge has died"
    "$HANSA_ROOT/deploy/down" --var "$HANSA_VAR"
    exit 1
}
