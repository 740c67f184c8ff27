# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034
# The demo on a site: its three tenants with their keys, its data, its people, and demo.env, which names them. Sourced by
# deploy/up after site.sh; what is done once a database is marked in HANSA_VAR/demo.*.

# What demo.env keeps of the demo: found again by the next deploy/up.
HANSA_DEMO_NAMES=(HANSA_SLUG_A HANSA_TENANT_A HANSA_KEY_A HANSA_READ_KEY_A HANSA_TENANT_B HANSA_KEY_B HANSA_READ_KEY_B HANSA_TENANT_C HANSA_KEY_C HANSA_READ_KEY_C HANSA_TRACK_URL_A
    HANSA_TEST_KEY_A HANSA_OPERATOR_KEY HANSA_STAFF_A_EMAIL HANSA_STAFF_A_PASSWORD HANSA_PARTNER_A_EMAIL HANSA_PARTNER_A_PASSWORD
    HANSA_CUSTOMER_A_EMAIL HANSA_CUSTOMER_A_PASSWORD)

# demo_env_write: demo.env, whole or not at all.
demo_env_write() {
    local name
    (
        umask 077
        for name in HANSA_URL HANSA_DIRECT_URL HANSA_CA_FILE HANSA_DATABASE_URL HANSA_OWNER_DATABASE_URL "${HANSA_DEMO_NAMES[@]}"; do
            printf '%s=%s\n' "$name" "$(quoted "${!name:-}")"
        done >"$HANSA_VAR/demo.env.new"
    )
    [[ -z ${HANSA_CALLER:-} ]] || chown "$HANSA_CALLER" "$HANSA_VAR/demo.env.new"
    mv -f "$HANSA_VAR/demo.env.new" "$HANSA_VAR/demo.env"
}

# The demo's three tenants and their keys, once a database; then its data, once; then people of tenant A.
demo_tenants() {
    local is_empty=$1 name letter slug title database
    unset "${HANSA_DEMO_NAMES[@]}"
    database=$(printf '%s' "$HANSA_OWNER_DATABASE_URL" | sha256sum | cut -c1-16)
    if [[ -s $HANSA_VAR/demo.env && -e $HANSA_VAR/demo.$database ]]; then
        # shellcheck disable=SC1091
        eval "$(grep -E '^HANSA_(SLUG|TENANT|KEY|READ_KEY|TEST_KEY|TRACK_URL|OPERATOR|STAFF|PARTNER|CUSTOMER)_' "$HANSA_VAR/demo.env")"
    fi
    HANSA_SLUG_A=demo-a
    for letter in A B C; do
        slug=demo-${letter,,}
        title="Demo $letter"
        name=HANSA_KEY_$letter
        [[ -z ${!name:-} ]] || continue
        demo_key_make "$letter" "$slug" "$title"
        demo_env_write
        : >"$HANSA_VAR/demo.$database"
    done
    demo_env_write
    if [[ $is_empty == no && ! -e $HANSA_VAR/demo.$database.loaded && -x $HANSA_ROOT/deploy/demo/load ]]; then
        say "loading the demo, once"
        # Its last line names a public tracking link.
        HANSA_TRACK_URL_A=$(
            set -a
            # shellcheck disable=SC1091
            . "$HANSA_VAR/demo.env"
            exec python3 "$HANSA_ROOT/deploy/demo/load" 9>&-
        ) || die "the demo could not be loaded; deploy/up --empty does without"
        HANSA_TRACK_URL_A=$(tail -n 1 <<<"$HANSA_TRACK_URL_A")
        HANSA_TRACK_URL_A=${HANSA_TRACK_URL_A#HANSA_TRACK_URL_A=}
        demo_env_write
        (
            set -a
            # shellcheck disable=SC1091
            . "$HANSA_VAR/demo.env"
            exec python3 "$HANSA_ROOT/deploy/demo/joint" 9>&-
        ) || die "the demo's alliance could not be formed; deploy/up --empty does without"
        : >"$HANSA_VAR/demo.$database.loaded"
    fi
    [[ -e $HANSA_VAR/demo.$database.people ]] || demo_people
    : >"$HANSA_VAR/demo.$database.people"
}

# The operator's key and a test key of tenant A, which works in its sandbox; somebody of tenant A's staff (its owner), of a partner and of a customer.
demo_people() {
    if [[ -z ${HANSA_OPERATOR_KEY:-} ]]; then
        HANSA_OPERATOR_KEY=$(site_hansa admin key create --operator --scopes all --name "demo, operator" | tail -n 1)
        [[ $HANSA_OPERATOR_KEY == hansa_* ]] || die "could not make the operator's key (log $HANSA_VAR/log/admin.log)"
        demo_env_write
    fi
    if [[ -z ${HANSA_TEST_KEY_A:-} ]]; then
        HANSA_TEST_KEY_A=$(site_hansa admin key create --tenant demo-a --scopes all --test --name "demo, sandbox" | tail -n 1)
        [[ $HANSA_TEST_KEY_A == hansa_test_* ]] || die "could not make a test key of demo-a (log $HANSA_VAR/log/admin.log)"
        demo_env_write
    fi
    demo_person STAFF owner "Stine Staff"
    demo_person PARTNER partner "Pavel Partner"
    demo_person CUSTOMER customer "Carla Customer"
    (
        set -a
        # shellcheck disable=SC1091
        . "$HANSA_VAR/demo.env"
        exec python3 "$HANSA_ROOT/deploy/demo/people" 9>&-
    ) || die "the demo's people could not be given their roles"
}

# demo_person WHO ROLE NAME: makes somebody of tenant A who signs in with a password. Address and password stand in demo.env
# first, so that a run which is cut off loses no password.
demo_person() {
    local who=$1 role=$2 name=$3 email=HANSA_$1_A_EMAIL password=HANSA_$1_A_PASSWORD
    if [[ -z ${!password:-} ]]; then
        printf -v "$email" %s "${who,,}@demo-a.example"
        printf -v "$password" %s "$(random_hex 16)"
        demo_env_write
    fi
    ! site_hansa admin user list --tenant demo-a | grep -qwF -- "${!email}" || return 0
    site_hansa admin user create --tenant demo-a --email "${!email}" --name "$name" --role "$role" --password-stdin \
        <<<"${!password}" >/dev/null || die "could not make $name of demo-a (log $HANSA_VAR/log/admin.log)"
}

# The id of the tenant with that slug; status 1 when there is none.
demo_tenant_find() {
    site_hansa admin tenant list --json | python3 -c '
import json, sys
found = json.load(sys.stdin)
ids = [t.get("id") or t.get("tenant_id") for t in (found if isinstance(found, list) else found["data"]) if t["slug"] == sys.argv[1]]
print(ids[0]) if ids else sys.exit(1)' "$1"
}

demo_key_make() {
    local letter=$1 slug=$2 title=$3 tenant key read_key
    # A database of the caller's own may know the tenant from before; then it only gets new keys.
    tenant=$(demo_tenant_find "$slug") || tenant=$(site_hansa admin tenant create "$slug" --name "$title" | tail -n 1) ||
        die "could not make the tenant $slug (log $HANSA_VAR/log/admin.log)"
    key=$(site_hansa admin key create --tenant "$slug" --scopes all --name "demo, all scopes" | tail -n 1) || die "could not make a key for $slug (log $HANSA_VAR/log/admin.log)"
    read_key=$(site_hansa admin key create --tenant "$slug" --scopes read --name "demo, read only" | tail -n 1) || die "could not make a key for $slug (log $HANSA_VAR/log/admin.log)"
    [[ $tenant =~ ^[0-9a-f-]{36}$ && $key == hansa_* && $read_key == hansa_* ]] || die "hansa admin answered something unexpected for $slug"
    printf -v "HANSA_TENANT_$letter" %s "$tenant"
    printf -v "HANSA_KEY_$letter" %s "$key"
    printf -v "HANSA_READ_KEY_$letter" %s "$read_key"
}

# api METHOD PATH [JSON]: asks the private listener with key A; the key goes by a file, not by an argument.
demo_api() {
    local method=$1 path=$2 body=${3:-}
    local words=(-fsS --max-time 20 --noproxy '*' -X "$method" -K - -H 'content-type: application/json')
    [[ -z $body ]] || words+=(--data-binary "$body")
    printf 'header = "authorization: Bearer %s"\n' "$HANSA_KEY_A" | curl "${words[@]}" "$HANSA_DIRECT_URL$path"
}

# One line to try, with a number that is really there.
demo_example() {
    local number=''
    [[ -z ${HANSA_KEY_A:-} ]] || number=$(demo_api GET '/v1/shipments?limit=1' 2>/dev/null | python3 -c '
import json, sys
rows = json.load(sys.stdin)["data"]
print(rows[0].get("tracking_number") or "" if rows else "")' 2>/dev/null) || true
    [[ -n $number ]] || return 0
    printf '  try       . %s && curl --cacert "$HANSA_CA_FILE" -H "Authorization: Bearer $HANSA_KEY_A" "$HANSA_URL/v1/tracking/%s"\n' \
        "$HANSA_VAR/demo.env" "$number"
}
