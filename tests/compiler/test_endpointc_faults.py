"""Each kind of fault in an endpoint file, a schema or an errors.def is told with file and line."""
import fixture
import hansa

LIST, MAKE, GET = "orders/shipment_list.sql", "orders/shipment_create.sql", "orders/shipment_get.sql"
PAGE, UPLOAD, KEY = "orders/page.sql", "orders/upload.sql", "orders/key_find.sql"
PATCH, LOOK = "orders/shipment_patch.sql", "orders/shipment_look.sql"
JOB, SWEEP, END = "orders/confirm.sql", "orders/sweep.sql", "orders/confirm_end.sql"
BODY, REPLY, ERRORS = "orders/shipment_create.json", "orders/shipment.json", "orders/errors.def"

# file, what to replace there, by what, line of the fault, words of the message
CASES = [
    (LIST, "GET /v1/shipments", "FETCH /v1/shipments", 1, "first line"),
    (LIST, "GET /v1/shipments", "GET v1/shipments", 1, "first line"),
    (LIST, "GET /v1/shipments", "GET /v1/ship ments", 1, "first line"),
    (LIST, "GET /v1/shipments", "GET /v1/shipments/", 1, "first line"),
    (GET, "--! GET", "-- GET", 1, "first line"),
    (JOB, "tries: 3", "tries: 0", 2, "from 1 to 99"),
    (JOB, "2 hours", "2 weeks", 3, "24 hours"),
    (JOB, "hands: orders/confirm_take", "hands: orders.confirm_take", 4, "room/name"),
    (JOB, "hands: orders/confirm_take", "hands: orders/confirm_give", 4, "no internal statement"),
    (JOB, "hands: orders/confirm_take", "hands: orders/shipment_get", 4, "no internal statement"),
    (JOB, "hands: orders/confirm_take", "hands: orders/key_find", 4, "has no :key_hash"),
    (JOB, ":job_id is not null", ":actor_of is not null", 7, "unknown placeholder"),
    (JOB, ":job_id is not null", ":reach is null", 6, "has no :reach"),
    (SWEEP, "lane:  slow", "access: read", 2, "says no access"),
    (SWEEP, "lane:  slow", "value: x text -- X.", 2, "a job takes"),
    (END, "lane:  any", "tries: 2", 2, "belongs to a job"),
    (END, "lane:  any", "value: payload jsonb -- What.", 2, "given by the house"),
    (GET, ":shipment_id and", ":payload and", 7, "unknown placeholder"),
    (LIST, "--! who:", "--! whom:", 2, "unknown key"),
    (LIST, "about: Lists", "about: Lists\n--! about: Lists", 9, "twice"),
    (LIST, "--! about: Lists shipments.\n", "", 1, "about: is missing"),
    (LIST, "Lists shipments.", "Lists shipments", 8, "full stop"),
    (LIST, "orders:read", "orders-read", 2, "room:verb"),
    (LIST, "orders:read", "order:read", 2, "names no room"),
    (LIST, "--! who:   orders:read -- a scope\n", "", 1, "who: is missing"),
    (LIST, "status choice(", "status chance(", 3, "unknown type"),
    (LIST, "PLANNED|BOOKED", "PLANNED|PLANNED", 3, "different words"),
    (LIST, "integer(1..9)", "integer(9..1)", 4, "empty or too wide"),
    (LIST, "integer(1..9)", "integer", 4, "needs a range"),
    (LIST, "= 5", "= 55", 4, "does not fit"),
    (LIST, "-- How many.", "", 4, "a query line is"),
    (LIST, "query: top", "query: limit", 4, "taken by the house"),
    (LIST, "query: top", "query: status", 4, "declared twice"),
    (LIST, "query: top", "query: Top", 4, "not lower-case"),
    (LIST, "since time", "since jsonb", 5, "value lines only"),
    (LIST, "since time", "since time required = 5", 5, "default"),
    (LIST, "list:  yes", "list:  no", 7, "only be yes"),
    (LIST, "--! list:  yes\n", "", 12, "belongs to lists"),
    (LIST, ":limit + 1", "50", 9, "belongs to lists"),
    (LIST, "= :tenant", "= :tenent", 11, "unknown placeholder :tenent"),
    (LIST, "s.tenant_id = :tenant", "true", 9, "must say tenant_id = :tenant"),
    (LIST, "--? status: and s.status = :status\n", "", 3, "used nowhere"),
    (LIST, "--? status:", "--? top:", 12, "no optional parameter"),
    (LIST, "--? status:", "--? colour:", 12, "no optional parameter"),
    (LIST, "--? status: and", "--? status and", 12, "an optional clause is"),
    (LIST, "limit :limit + 1;", "limit :limit + 1; drop table x", 15, "second statement"),
    (LIST, " limit :limit + 1;", " limit :limit + 1 || 'open", 15, "without end"),
    (LIST, " limit :limit + 1;", " limit :limit + 1 /* open", 15, "without end"),
    (LIST, " limit :limit", "--! lane: slow\n limit :limit", 15, "below the SQL"),
    (LIST, "reply: shipment.json", "reply: nothing.json", 6, "no schema file orders/nothing.json"),
    (LIST, "--! reply: shipment.json\n", "", 6, "a list is a GET with a reply"),
    (LIST, "list:  yes", "list:  yes\n--! access: write", 8, "cannot write"),
    (LIST, "--! list", "--! body:  shipment_create.json\n--! list", 7, "takes no body"),
    (MAKE, "409 orders/reference_taken", "409 orders/reference_token", 6, "no errors.def has"),
    (MAKE, "409 orders/reference_taken", "422 orders/reference_taken", 6, "has status 409"),
    (MAKE, "409 orders/reference_taken", "orders/reference_taken", 6, "an error is"),
    (MAKE, "ok:    201", "ok:    299", 5, "ok: is 200"),
    (MAKE, "ok:    201", "ok:    204", 4, "204 has no reply"),
    (MAKE, "--! reply: shipment.json\n", "", 1, "reply: is missing"),
    (MAKE, ":body", "null", 3, "body is used nowhere"),
    (MAKE, "--! body:  shipment_create.json\n", "", 9, ":body without"),
    (MAKE, "shipment_create.json", "a schema", 3, "is a schema file, `merge-patch` and a schema file, or media types"),
    (MAKE, "error: 422 crm/account_not_found", "error: 422 crm/account_not_found\n--! error: 422 crm/account_not_found", 8, "twice"),
    (MAKE, "--! help", "--! steps: unit, unit\n--! help", 9, "different words"),
    (MAKE, "--! help", "--! steps: reply, unit\n--! help", 9, "comes after unit"),
    (MAKE, "--! help", "--! steps: look\n--! help", 9, "never sent"),
    (GET, "{shipment_id}", "{shipment}", 1, "has no path: line"),
    (GET, "{shipment_id}", "{shipment}", 3, "not in the path"),
    (GET, "{shipment_id}", "{shipment_id}/{shipment_id}", 1, "twice in the path"),
    (GET, "shipment_id uuid", "shipment_id uuid required", 3, "only a query parameter"),
    (GET, "select 1 as body", "-- select 1 as body", 1, "no SQL"),
    (GET, "from orders", "from\n--? shipment_id: orders", 8, "no optional parameter"),
    (PAGE, "read_token, unit, page", "unit, reply", 4, "set by no step"),
    (PAGE, "= :token_hash", "= :actor || :token_hash", 9, ":actor on a public endpoint"),
    (UPLOAD, "read, unit, reply", "unit, reply", 3, "needs a step"),
    (UPLOAD, "slow", "medium", 5, "fast or slow"),
    (UPLOAD, "--! idempotency: own\n", "", 6, "say idempotency:"),
    (UPLOAD, "idempotency: own", "idempotency: perhaps", 7, "idempotency: is accepted"),
    (GET, "--! none:", "--! idempotency: own\n--! none:", 5, "belongs to a POST"),
    (GET, "--! none:", "--! etag: required\n--! none:", 5, "belongs to a PUT"),
    (PATCH, "--! etag:  required\n", "", 8, ":if_match and etag: belong together"),
    (PATCH, "etag:  required", "etag:  perhaps", 5, "etag: is accepted or required"),
    (PATCH, "PATCH", "PUT", 4, "the body of a PATCH"),
    (PATCH, "merge-patch shipment_create.json", "merge-patch shipment", 4, "a schema file"),
    (LOOK, "--? expand_events: || 'events'\n", "", 4, "no --? clause is for expand_events"),
    (LOOK, "'events'", ":expand_events", 4, "no value"),
    (LOOK, "expand: events --", "expand: events", 4, "an expand line is"),
    (LOOK, "GET", "DELETE", 4, "belongs to a GET"),
    (KEY, "access", "lane: fast\n--! who: public\n--! ok: 200\n--! access", 5, "an internal statement has no ok:"),
    (KEY, "key_hash bytea", "key_hash bytes", 2, "unknown type"),
    (BODY, '"note"', '"note', 5, "expected"),
    (BODY, '"note": {', '"note": {"pattern": "x", ', 5, 'unknown schema keyword "pattern"'),
    (BODY, '"multiline"', '"colour"', 5, "unknown format"),
    (BODY, ', "maxLength": 1000', "", 5, 'needs "maxLength"'),
    (BODY, ', "maxItems": 100', "", 6, 'needs "maxItems"'),
    (BODY, '"maxLength": 1000', '"maxLength": "x"', 5, '"maxLength" is an integer'),
    (BODY, '"maxLength": 1000', '"minLength": 5, "maxLength": 1', 5, "above"),
    (BODY, '"maxLength": 1000', '"maxLength": 1000, "minItems": 1', 5, "needs type array"),
    (BODY, '"type": "array", "items": {"type": "string", "format": "sscc"}', '"type": "array"', 6, 'needs "items"'),
    (BODY, '"$ref": "../crm/account.json"', '"$ref": "../../etc/account.json"', 4, "$ref names a file"),
    (BODY, '"$ref": "../crm/account.json"', '"$ref": "../crm/acount.json"', 4, "no schema file crm/acount.json"),
    (BODY, '"$ref": "../crm/account.json"', '"$ref": "shipment_create.json"', 4, "in a circle"),
    (BODY, '"$ref": "../crm/account.json"', '"$ref": "../crm/account.json", "type": "object"', 4, "beside $ref"),
    (BODY, '"account"', '"note"', 5, "stands here twice"),
    (BODY, '"type": "object",', '"type": "object", "additionalProperties": true,', 2, "can only be false"),
    (BODY, '"type": "object",', '"type": "thing",', 2, '"type" is one'),
    (BODY, '"type": "object",', '"type": "object", "required": ["nobody"],', 2, 'required member "nobody"'),
    (REPLY, '"status": null', '"colour": null', 11, "example does not fit"),
    (REPLY, '"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "st', '"0190a1b2", "st', 11, "/0/shipment_id is no uuid"),
    (REPLY, '"latitude"', '"sscc": {"type": "string", "format": "sscc", "examples": ["006141410000000018"]}, "latitude"', 8, "/0 is no sscc"),
    (REPLY, '"latitude"', '"box": {"type": "string", "format": "container", "examples": ["CSQU3054384"]}, "latitude"', 8, "/0 is no container"),
    (REPLY, '"latitude"', '"day": {"type": "string", "format": "date", "examples": ["2026-02-29"]}, "latitude"', 8, "/0 is no date"),
    (REPLY, '"latitude"', '"at": {"type": "string", "format": "date-time", "examples": ["2026-03-10T24:42:00Z"]}, "latitude"', 8, "/0 is no date-time"),
    (REPLY, '"latitude"', '"from": {"type": "string", "format": "unlocode", "examples": ["usnyc"]}, "latitude"', 8, "/0 is no unlocode"),
    (REPLY, ', null]}', ']}', 6, "must list null"),
    (REPLY, '"BOOKED", null]', '"BOOKED", 5]', 6, "different strings"),
    (ERRORS, "404", "304", 2, "not an HTTP error status"),
    (ERRORS, "HANSA_ERROR", "HANSA_MISTAKE", 2, "expected"),
    (ERRORS, "shipment_not_found", "reference_taken", 3, "defined twice"),
    (ERRORS, '"/references"', '"references"', 3, "JSON Pointer"),
    (ERRORS, '"/references")', '"/references"', 3, "entry expected"),
]
MORE = [
    ("two endpoints on one route", {"orders/other.sql": fixture.GOOD[GET]}, "server/orders/shipment_get.sql:1: error: GET "),
    ("two names for one path parameter",
     {"orders/gone.sql": fixture.GOOD[GET].replace("GET", "DELETE").replace("shipment_id", "id")}, "other names in"),
    ("one constraint with two meanings",
     {"crm/errors.def": fixture.GOOD["crm/errors.def"] + 'HANSA_CONSTRAINT(x, 409, "X", "shipment_reference_key", "")\n'},
     "already means crm/x"),
    ("a name that PostgreSQL would cut", {f"orders/{'x' * 60}.sql": fixture.GOOD[KEY]}, "at most 59 bytes"),
    ("a file that is not UTF-8", {LIST: b"--! GET /v1/\xff\n"}, "shipment_list.sql:1: error: cannot be read"),
    ("carriage returns", {LIST: fixture.GOOD[LIST].replace("\n", "\r\n")}, "carriage return"),
    ("seven optional clauses",
     {LIST: fixture.GOOD[LIST].replace("--? status", "".join(f"--? p{n}: and true\n" for n in range(6)) + "--? status")},
     "more than 6"),
    ("a then in another lane", {"orders/confirm_end.sql": fixture.GOOD["orders/confirm_end.sql"].replace("any", "slow")},
     "server/orders/confirm.sql:5: error: orders/confirm_end runs in the job's transaction"),
    ("a job that answers requests", {"orders/sweep.sql": fixture.GOOD["orders/sweep.sql"].replace("lane:  slow", "ok: 200")},
     "an internal statement has no ok:"),
    ("a schema nobody names", {"orders/lonely.json": '{"type": "object"}'}, 'lonely.json:1: error: an object needs "properties"'),
]


def main():
    tap = hansa.Tap()
    for file, old, new, line, words in CASES:
        good = fixture.GOOD[file]
        with fixture.Place({file: good.replace(old, new, 1)}) as place:
            done = place.compile()
            said = [s for s in done.stderr.splitlines() if s.startswith(f"server/{file}:{line}: error: ") and words in s]
            tap.ok(good != good.replace(old, new, 1) and done.returncode == 1 and said and "Traceback" not in done.stderr
                   and not (place.root / "out").exists(), f"{file}:{line}: {words}", f"{old} -> {new}\n{done.stderr}")
    for name, changes, words in MORE:
        with fixture.Place(changes) as place:
            done = place.compile()
            tap.ok(done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr, name, done.stderr)
    tap.done()


main()
