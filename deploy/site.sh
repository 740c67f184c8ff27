# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# One Hansa on this machine, station by station: what deploy/up is made of. Sourced after ground.sh, process.sh, cluster.sh and
# place.sh, which says where everything lies and whose it is.

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

site_build() {
    local fresh=() started=$SECONDS
    if [[ -n ${HANSA_BINARY:-} ]]; then
        HANSA_NEW_BINARY=$(realpath -e "$HANSA_BINARY") || die "--binary: $HANSA_BINARY is not there"
        [[ -x $HANSA_PLACE/bin/hansa ]] || site_install
        return
    fi
    [[ -f $HANSA_BUILD_RELEASE/CMakeCache.txt ]] || fresh=(-G Ninja)
    quiet "$HANSA_PLACE/log/build.log" as_caller cmake -S "$HANSA_ROOT" -B "$HANSA_BUILD_RELEASE" "${fresh[@]}" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo 9>&- || exit 1
    quiet "$HANSA_PLACE/log/build.log" as_caller cmake --build "$HANSA_BUILD_RELEASE" -j 2 --target hansa 9>&- || exit 1
    HANSA_NEW_BINARY=$(find "$HANSA_BUILD_RELEASE" -maxdepth 2 -type f -name hansa -perm -u+x | head -n 1)
    [[ -n $HANSA_NEW_BINARY ]] || die "the build made no binary 'hansa' in $HANSA_BUILD_RELEASE"
    say "built in $((SECONDS - started)) s"
    [[ -x $HANSA_PLACE/bin/hansa ]] || site_install
}

# Puts the new binary in place in one step.
site_install() {
    install -m 0755 "$HANSA_NEW_BINARY" "$HANSA_PLACE/bin/hansa.new"
    mv -f "$HANSA_PLACE/bin/hansa.new" "$HANSA_PLACE/bin/hansa"
}

site_database() {
    # The folder of the socket is what keeps others out. The names in capitals are for cluster.sh.
    # shellcheck disable=SC2034
    local own_app='' HANSA_RUNNER=$HANSA_DATABASE_USER CLUSTER_SOCKET_MODE=0777 sockets=$HANSA_RUN/database secrets=$HANSA_PLACE/secrets
    # Somebody who has read demo.env into the environment names our own cluster: that is not a database of theirs.
    [[ ! -s $secrets/hansa_app.password ]] || own_app=$(cluster_url "$sockets" "$secrets" hansa_app hansa)
    if [[ -n ${HANSA_DATABASE_URL:-} && $HANSA_DATABASE_URL != "$own_app" ]]; then
        [[ -n ${HANSA_OWNER_DATABASE_URL:-} ]] || die "HANSA_DATABASE_URL is set, HANSA_OWNER_DATABASE_URL is not: give both or none"
    elif [[ -z ${HANSA_DATABASE_URL:-} && -n ${HANSA_OWNER_DATABASE_URL:-} ]]; then
        die "HANSA_OWNER_DATABASE_URL is set, HANSA_DATABASE_URL is not: give both or none"
    else
        if [[ ! -f $HANSA_PLACE/pg/PG_VERSION ]]; then
            say "making a private PostgreSQL cluster in $HANSA_PLACE/pg"
            rm -rf "$HANSA_PLACE/pg.new"
            install -d -m 0700 -o "$HANSA_DATABASE_USER" "$HANSA_PLACE/pg.new"
            cluster_make "$HANSA_PLACE/pg.new" "$secrets" durable || die "initdb failed"
            mv -T "$HANSA_PLACE/pg.new" "$HANSA_PLACE/pg"
        fi
        # One that an earlier deploy/up has started has its socket elsewhere.
        [[ -S $sockets/.s.PGSQL.5432 ]] || cluster_stop "$HANSA_PLACE/pg" fast
        cluster_start "$HANSA_PLACE/pg" "$sockets" "$HANSA_PLACE/pg/server.log" || exit 1
        cluster_roles "$sockets" "$secrets"
        cluster_database "$sockets" "$secrets" hansa
        HANSA_DATABASE_URL=$(cluster_url "$sockets" "$secrets" hansa_app hansa)
        HANSA_OWNER_DATABASE_URL=$(cluster_url "$sockets" "$secrets" hansa_owner hansa)
    fi
    HANSA_SECRET_KEY=$HANSA_PLACE/keys/secret.key
    [[ -s $HANSA_SECRET_KEY || ! -s $HANSA_PLACE/keys/cursor.key ]] || # its name told of one of its uses
        as_user "$HANSA_SERVER_USER" mv "$HANSA_PLACE/keys/cursor.key" "$HANSA_SECRET_KEY"
    [[ ! -s $secrets/cursor.key ]] || HANSA_SECRET_KEY=$secrets/cursor.key # where it was when all was one user's
    [[ -s $HANSA_SECRET_KEY ]] || as_user "$HANSA_SERVER_USER" sh -c 'umask 077; head -c 32 /dev/urandom >"$1"' sh "$HANSA_SECRET_KEY"
}

# `hansa COMMAND…` of the new build with the owner's rights.
site_hansa() {
    HANSA_OWNER_DATABASE_URL=$HANSA_OWNER_DATABASE_URL HANSA_DATABASE_URL=$HANSA_DATABASE_URL \
        as_user "$HANSA_SERVER_USER" "$HANSA_PLACE/bin/hansa" "$@" 9>&- 2>>"$HANSA_PLACE/log/admin.log"
}

# port_must_be_free PART ADDRESS PORT HOW: taken by anybody but our own running PART is a reason to stop before anything is
# started.
port_must_be_free() {
    process_pid "$HANSA_PLACE/pid/$1" >/dev/null && [[ $(cat "$HANSA_PLACE/pid/$1.port" 2>/dev/null) == "$3" ]] && return
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
    cmp -s "$HANSA_NEW_BINARY" "$HANSA_PLACE/bin/hansa" || site_install
    site_hansa migrate >"$HANSA_PLACE/log/migrate.log" 2>&1 || {
        tail -n 20 "$HANSA_PLACE/log/migrate.log" >&2
        die "hansa migrate failed"
    }
}

# has_changed NAME FINGERPRINT: is that another fingerprint than the running NAME was started with?
has_changed() { [[ $(cat "$HANSA_PLACE/pid/$1.print" 2>/dev/null) != "$2" ]]; }

site_server() {
    local fingerprint
    (
        export HANSA_DATABASE_URL HANSA_LISTEN_UNIX=$HANSA_RUN/server/hansa.sock HANSA_LISTEN_LOOPBACK=127.0.0.1:$HANSA_DIRECT_PORT
        export HANSA_LISTEN_UPLOADS=$HANSA_RUN/server/uploads.sock HANSA_FILES_DIR=${HANSA_FILES_DIR:-$HANSA_PLACE/files}
        as_user "$HANSA_SERVER_USER" mkdir -p -m 0700 "$HANSA_FILES_DIR"
        export HANSA_EDGE_HTTP2=${HANSA_EDGE_HTTP2:-on} HANSA_PUBLIC_URL=${HANSA_PUBLIC_URL:-$HANSA_URL}
        export HANSA_SECRET_FILE=${HANSA_SECRET_FILE:-$HANSA_SECRET_KEY}
        # What serves never knows the owner's password.
        unset HANSA_OWNER_DATABASE_URL
        settings=$(as_user "$HANSA_SERVER_USER" "$HANSA_PLACE/bin/hansa" serve --print-config 2>&1) || {
            printf '%s\n' "$settings" >&2
            die "the server refuses these settings"
        }
        fingerprint=$({ sha256sum <"$HANSA_PLACE/bin/hansa"; printf '%s\n' "$settings" "$HANSA_DATABASE_URL"; } | sha256sum)
        if process_pid "$HANSA_PLACE/pid/server" >/dev/null; then
            has_changed server "$fingerprint" || exit 0
            say "binary or settings have changed: restarting the server"
            site_server_take_over
        else
            process_start "$HANSA_SERVER_USER" "$HANSA_PLACE/pid/server" "$HANSA_PLACE/log/server.log" "$HANSA_PLACE/bin/hansa" serve
        fi
        printf '%s\n' "$fingerprint" >"$HANSA_PLACE/pid/server.print"
        printf '%s\n' "$HANSA_DIRECT_PORT" >"$HANSA_PLACE/pid/server.port"
    )
}

# The new server takes the edge's socket over from the old one, which then ends what it has accepted: nobody is refused.
# Where both cannot hold the loopback port the new one gives up at once, and the old one has to go first.
site_server_take_over() {
    local socket=$HANSA_RUN/server/hansa.sock inode tenths=30
    inode=$(stat -c %i "$socket" 2>/dev/null || true)
    mv -f "$HANSA_PLACE/pid/server" "$HANSA_PLACE/pid/server.old"
    process_start "$HANSA_SERVER_USER" "$HANSA_PLACE/pid/server" "$HANSA_PLACE/log/server.log" "$HANSA_PLACE/bin/hansa" serve
    while ((tenths-- > 0)) && process_pid "$HANSA_PLACE/pid/server" >/dev/null && [[ $(stat -c %i "$socket" 2>/dev/null) == "$inode" ]]; do
        sleep 0.1
    done
    sleep 0.5
    process_stop "$HANSA_PLACE/pid/server.old" TERM 35
    process_pid "$HANSA_PLACE/pid/server" >/dev/null ||
        process_start "$HANSA_SERVER_USER" "$HANSA_PLACE/pid/server" "$HANSA_PLACE/log/server.log" "$HANSA_PLACE/bin/hansa" serve
}

site_certificate() {
    HANSA_CA_FILE=$HANSA_PLACE/tls/edge.crt
    if [[ -n ${HANSA_EDGE_CERTIFICATE:-} && $HANSA_EDGE_CERTIFICATE != "$HANSA_PLACE/tls/edge.pem" ]]; then
        [[ -r $HANSA_EDGE_CERTIFICATE ]] || die "HANSA_EDGE_CERTIFICATE: cannot read $HANSA_EDGE_CERTIFICATE"
        HANSA_CA_FILE=$HANSA_EDGE_CERTIFICATE
        return
    fi
    HANSA_EDGE_CERTIFICATE=$HANSA_PLACE/tls/edge.pem
    # Made once, and again in its last month.
    if [[ -s $HANSA_EDGE_CERTIFICATE ]] && openssl x509 -checkend 2592000 -noout -in "$HANSA_CA_FILE" >/dev/null 2>&1; then return; fi
    say "making a self-signed certificate for localhost, 127.0.0.1 and ::1"
    as_user "$HANSA_EDGE_USER" bash -c '
        set -e; umask 077; cd "$1"; cat >edge.cnf
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -days 825 -nodes \
            -keyout edge.key.new -out edge.crt.new -config edge.cnf
        cat edge.key.new edge.crt.new >edge.pem.new
        chmod 0644 edge.crt.new
        rm edge.key.new edge.cnf; mv edge.crt.new edge.crt; mv edge.pem.new edge.pem' \
        bash "$HANSA_PLACE/tls" 2>"$HANSA_PLACE/log/certificate.log" <<TEXT || die "openssl failed, see $HANSA_PLACE/log/certificate.log"
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
    if process_pid "$HANSA_PLACE/pid/edge" >/dev/null; then
        quiet "$HANSA_PLACE/log/certificate.log" as_user "$HANSA_EDGE_USER" python3 - "$HANSA_RUN/edge/admin" "$HANSA_EDGE_CERTIFICATE" \
            <"$HANSA_ROOT/deploy/certificate" || say "the running edge keeps the old certificate until it is restarted"
    fi
}

site_edge() {
    (
        export HANSA_EDGE_BIND=$HANSA_EDGE_ADDRESS:$HANSA_EDGE_PORT HANSA_EDGE_CERTIFICATE
        export HANSA_EDGE_ADMIN=$HANSA_RUN/edge/admin HANSA_LISTEN_UNIX=$HANSA_RUN/server/hansa.sock
        export HANSA_LISTEN_UPLOADS=$HANSA_RUN/server/uploads.sock
        HANSA_EDGE_LEG=h2
        [[ ${HANSA_EDGE_HTTP2:-on} != off ]] || HANSA_EDGE_LEG=h1
        export HANSA_EDGE_LEG
        unset HANSA_DATABASE_URL HANSA_OWNER_DATABASE_URL
        fingerprint=$({ cat "$HANSA_ROOT"/deploy/{haproxy.cfg,refuse.lua}; env | grep -E '^HANSA_(EDGE|LISTEN|MAX_BODY)_' | sort; } | sha256sum)
        if process_pid "$HANSA_PLACE/pid/edge" >/dev/null; then
            has_changed edge "$fingerprint" || exit 0
            say "settings of the edge have changed: restarting it"
            process_stop "$HANSA_PLACE/pid/edge" USR1 12
        fi
        for part in haproxy.cfg refuse.lua; do
            as_user "$HANSA_EDGE_USER" sh -c 'cat >"$1"' sh "$HANSA_PLACE/edge/$part" <"$HANSA_ROOT/deploy/$part"
        done
        quiet "$HANSA_PLACE/log/edge.check" as_user "$HANSA_EDGE_USER" haproxy -c -f "$HANSA_PLACE/edge/haproxy.cfg" || die "the edge refuses its settings"
        process_start "$HANSA_EDGE_USER" "$HANSA_PLACE/pid/edge" "$HANSA_PLACE/log/edge.log" haproxy -W -db -q -f "$HANSA_PLACE/edge/haproxy.cfg"
        printf '%s\n' "$fingerprint" >"$HANSA_PLACE/pid/edge.print"
        printf '%s\n' "$HANSA_EDGE_PORT" >"$HANSA_PLACE/pid/edge.port"
    )
}

site_wait_ready() {
    local tenths=600
    until curl -fsS -o /dev/null --max-time 3 --noproxy '*' --cacert "$HANSA_CA_FILE" "$HANSA_URL/readyz" 2>"$HANSA_PLACE/log/ready.log"; do
        local part
        for part in server edge; do
            process_pid "$HANSA_PLACE/pid/$part" >/dev/null || {
                tail -n 20 "$HANSA_PLACE/log/$part.log" >&2
                die "the $part has died (log $HANSA_PLACE/log/$part.log)"
            }
        done
        ((tenths-- > 0)) || die "not ready after 60 s: $(cat "$HANSA_PLACE/log/ready.log")"
        sleep 0.1
    done
}

# Stays until a part dies or somebody asks us to stop.
site_foreground() {
    local tail_pid
    exec 9>&-
    tail -n 0 -F "$HANSA_PLACE/log/server.log" "$HANSA_PLACE/log/edge.log" 2>/dev/null &
    tail_pid=$!
    trap 'kill "$tail_pid" 2>/dev/null; "$HANSA_ROOT/deploy/down" --var "$HANSA_VAR"; exit 0' INT TERM
    while process_pid "$HANSA_PLACE/pid/server" >/dev/null && process_pid "$HANSA_PLACE/pid/edge" >/dev/null; do
        sleep 1 &
        wait $! || true
    done
    kill "$tail_pid" 2>/dev/null || true
    warn "server or edge has died"
    "$HANSA_ROOT/deploy/down" --var "$HANSA_VAR"
    exit 1
}
