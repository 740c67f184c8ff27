#!/usr/bin/env python3
"""The endpoint table tests itself (house.md section 7): generated from the published document, the endpoint files and the case
files, for every endpoint. A new endpoint without a case file fails here, and everything below holds for it from its first day.

Promises: A8, I1, I2, I8, O1, O2, T4, T8, T9, X9, Z2, Z3, K1, P5; standards.md 5.1-5.3 and appendix B.
"""
import http.client
import json
import os
import pathlib
import re
import socket
import statistics
import sys
import time
import zlib

import abuse
import cases
import client
import hansa
import provider
import published
import world

sys.path.insert(0, hansa.ROOT + "/server/compiler")
import front_matter  # noqa: E402
from report import Report  # noqa: E402

# Parameters of the conventions (tests/house/test_conventions.py), which no endpoint file names.
HOUSE_PARAMETERS = ("limit", "cursor", "fields", "expand")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
T4_CALLS = 24
T4_ATTEMPTS = 5
T4_MOST_MS = 5.0


class Book:
    """What all sections share."""

    def __init__(self, tap, run):
        self.tap, self.run, self.document = tap, run, run.document
        self.a, self.b = run.world("tenant-a"), run.world("tenant-b")
        for own in (self.a, self.b):
            spare = own.shipment()
            link = own.post("/v1/shipments/%s/links" % spare["shipment_id"], {}, 201)
            run.secret(link["token"], "a link's token")
            own.values.update(spare_shipment_id=spare["shipment_id"], spare_link_id=link["link_id"])
        self.nobody = world.strangers(self.a.values)
        self.operator = run.secret(run.server.operator_key(), "the operator's key")
        self.files, self.broken = {}, {}
        for operation in self.document.operations:
            try:
                self.files[operation.full_name()] = cases.load(operation)
            except (OSError, ValueError) as error:
                self.broken[operation.full_name()] = str(error)
        chosen = os.environ.get("ROOMS", "").split()
        if chosen:
            hansa.note("only the rooms " + ", ".join(chosen))
        part, parts = (int(n) for n in sys.argv[1].split("/")) if len(sys.argv) > 1 else (1, 1)
        self.is_first = part == 1
        self.operations = [o for o in self.document.operations if o.full_name() in self.files and (not chosen or o.full_name().split("/")[0] in chosen)
                           and zlib.crc32(o.full_name().encode()) % parts == part - 1]
        self.closed = [o for o in self.operations if not o.is_public]
        self.snapshot = client.Snapshot(run.database)

    def base(self, operation, values=None):
        """The first good request of an endpoint."""
        return cases.Request(operation, self.files[operation.full_name()]["good"][0], values or self.a.values)

    def key(self, operation):
        if operation.is_own:
            return self.a.own(operation.name)
        return None if operation.is_public else self.operator if is_operators(operation) else self.a.key

    def point(self, name, faults):
        self.tap.ok(not faults, name, "\n".join(faults))

    def unwritten(self, operation, what):
        changed = self.snapshot.changes()
        if changed:
            self.snapshot.changes(is_kept=True)
        self.point("%s: %s wrote nothing" % (operation.full_name(), what), changed)


def is_operators(operation):
    return (operation.scope or "").startswith("operator:")


def problem_of(answer, status, code=None):
    """Faults of an answer that ought to be this problem."""
    if answer.status != status or (code and client.problem_code(answer) != code):
        return ["%r, expected %d %s" % (answer, status, code or "")]
    return []


def without_id(answer):
    """Everything of an answer but what differs from call to call."""
    headers = {k: v for k, v in answer.headers.items() if k not in ("request-id", "date", "ratelimit")}
    return answer.status, headers, re.sub(rb'"request_id":\s*"[0-9a-f]{32}"', b"", answer.body)


# --- the table, the document and the server tell of the same routes ---

def check_routes(book):
    report = Report()
    files = {}
    for path in sorted(pathlib.Path(hansa.ROOT, "server").glob("*/*.sql")):
        found = front_matter.parse(path, path.parent.name, report)
        if found and found.method:
            files[(found.method, found.path)] = found
    published_routes = {(o.method, o.path): o for o in book.document.operations}
    book.tap.equal(sorted(set(files) ^ set(published_routes)), [], "each endpoint file with a route is in the document, and the other way round")
    faults = []
    for route in set(files) & set(published_routes):
        file, operation = files[route], published_routes[route]
        for what, one, other in (("name", file.full_name(), operation.full_name()), ("scope", file.scope, operation.scope),
                                 ("ok", file.ok_status, operation.ok), ("body", file.body_media, operation.body_media),
                                 ("parameters", sorted(p.name for p in file.params if p.place in ("path", "query")),
                                  sorted(p["name"] for p in operation.parameters if p["in"] in ("path", "query") and p["name"] not in HOUSE_PARAMETERS))):
            if one != other:
                faults.append("%s: %s is %r in the file and %r in the document" % (file.full_name(), what, one, other))
    book.point("document and endpoint files say the same of scope, answer, body and parameters", faults)
    served = book.run.ask("GET", "/openapi.json")
    alike = {**served.json, "servers": None} == {**book.document.raw, "servers": None}  # those are of the running server
    book.tap.ok(alike, "the server publishes the document of its build")
    book.tap.equal(sorted(book.broken.items()), [], "each routed endpoint has a sound case file")
    told = set(re.findall(r'endpoint="([a-z_]+)"', book.run.server.metrics()))
    names = {o.name for o in book.document.operations}
    book.tap.ok(told <= names | {"none", "other", "unknown"}, "metrics name only endpoints of the document", told - names)
    faults = []
    for path in ("/", "/v1", "/v1/", "/v1/shipments/", "//v1/shipments", "/v1//shipments", "/v1/shipments/../shipments", "/V1/shipments", "/v1/Shipments",
                 "/v1/shipments;x=1", "/v1/shipments%2f", "/v1%2fshipments", "/v1/tracking", "/track", "/track/", "/metrics/", "/.env", "/admin",
                 "/v1/shipments/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/%00", "/v1/tracking/a/b", "/index.php", "/v1/edi", "/v1/nothing"):
        faults += [path + ": " + f for f in problem_of(book.run.ask("GET", path, key=book.a.key), 404, "core/not_found")]
    book.point("an address that no endpoint has is 404", faults)


# --- case files ---

def check_cases(book):
    for operation in book.operations:
        found, key, faults = book.files[operation.full_name()], book.key(operation), []
        for case in found["good"]:
            try:
                request = cases.Request(operation, case, book.a.values)
                faults += request.faults(request.send(book.run, key))
            except KeyError as error:
                faults.append("%s: the world has no %s; teach tests/support/world.py" % (case["name"], error))
        book.point("%s: %d good cases" % (operation.full_name(), len(found["good"])), faults)
        if operation.method == "GET":
            book.unwritten(operation, "a GET")
            request = book.base(operation)
            answer, head, again = [request.send(book.run, key, method=m) for m in ("GET", "HEAD", "GET")]
            is_still = answer.body == again.body  # some tell of the moment, whose fractions of a second are longer and shorter
            kept = ["content-type", "cache-control", "vary"] + ["content-length"] * is_still
            same = answer.status == head.status and head.body == b"" and all(answer.headers.get(h) == head.headers.get(h) for h in kept)
            book.tap.ok(same, "%s: HEAD is GET without body" % operation.full_name(), "%s\n%s" % (answer.headers, head.headers))
        book.snapshot.changes(is_kept=True)
        faults = []
        for case in found["bad"]:
            request = cases.Request(operation, case, book.a.values)
            faults += request.faults(request.send(book.run, key))
        book.point("%s: %d bad cases" % (operation.full_name(), len(found["bad"])), faults)
        book.unwritten(operation, "bad cases")
    answer = book.base(book.document.operation("tracking/link_create"))
    answer = answer.send(book.run, book.a.key)
    book.run.secret(answer.json["token"], "a link's token")
    book.tap.equal(answer.headers.get("cache-control"), "no-store", "the answer that tells a link's token is no-store (X9)")
    book.snapshot.changes(is_kept=True)


# --- who may ---

def other_keys(book):
    """{what: Authorization} that opens nothing."""
    a, server = book.a, book.run.server
    good = a.key
    spoilt = good[:-1] + ("a" if good[-1] != "a" else "b")
    inner = good[:50] + ("a" if good[50] != "a" else "b") + good[51:]
    reference, secret = good[34:42], good[43:75]
    revoked, expired, unused = a.key_with("all"), a.key_with("all"), a.key_with("all")
    for key in (revoked, expired):
        assert book.run.ask("GET", "/v1/shipments", key=key).status == 200
    for key in (revoked, unused):
        server.admin("key", "revoke", "--tenant", a.slug, key)
    book.run.database.sql("update identity.api_key set expires_at = now() - interval '1 second' where key_ref = '%s'" % expired[34:42])
    _, suspended = server.tenant("asleep")
    sessions = dict(zip(("an expired session", "a revoked session"), a.signed_in("gone@canary.example", 2)))
    shut = [{"authorization": "Bearer " + key} for key in (revoked, expired, suspended)] + [s.headers() for s in sessions.values()]
    assert [book.run.ask("GET", "/v1/session" if "cookie" in h else "/v1/shipments", headers=h).status for h in shut[2:]] == [200] * 3
    server.admin("tenant", "suspend", "asleep")
    for session, change in zip(sessions.values(), ("expires_at = now()", "ended_at = now()")):
        book.run.database.sql("update identity.session set %s where session_id = '%s'" % (change, session.session_id))
    gone, took = client.eventually(lambda: all(book.run.ask("GET", "/v1/shipments", headers=h).status == 401 for h in shut), 3)
    book.tap.ok(gone and took < 1.0, "a revoked and an expired key, a suspended tenant's, and ended sessions are refused within a second (A8)", "after %.2f s" % took)
    keys = {"a word": "opensesame", "a wrong check sum": spoilt, "a spoilt secret": inner, "cut off": good[:-2], "with something behind": good + "A",
            "a key of nobody in this tenant": world.forge_key(tenant=a.tenant), "a key of no tenant": world.forge_key(),
            "a known reference with another secret": world.forge_key(tenant=a.tenant, reference=reference),
            "this key moved to the other tenant": world.forge_key(tenant=book.b.tenant, reference=reference, secret=secret),
            "this key as a test key": world.forge_key(tenant=a.tenant, reference=reference, secret=secret, prefix="hansa_test_"),
            "a suspended tenant's": suspended, "revoked": revoked, "revoked before it was used": unused, "expired": expired, "a statement": "' or 1=1 --"}
    for key in keys.values():
        if len(key) > 20:
            book.run.secret(key, "a key that opens nothing")
    headers = {what: {"authorization": "Bearer " + key} for what, key in keys.items()}
    headers.update({what: session.headers() for what, session in sessions.items()})
    headers.update({"none": {}, "an empty one": {"authorization": ""}, "no key behind Bearer": {"authorization": "Bearer "},
                    "the key without Bearer": {"authorization": good}, "Basic": {"authorization": "Basic " + good},
                    "a cookie": {"cookie": "key=" + good}, "another header": {"x-api-key": good}})
    return headers


def check_keys(book):
    headers = other_keys(book)
    book.snapshot.changes(is_kept=True)
    for operation in book.closed:
        request, faults, looks = book.base(operation), [], set()
        for what, header in headers.items():
            answer = request.send(book.run, None, headers=header)
            faults += [what + ": " + f for f in problem_of(answer, 401, "core/unauthenticated")]
            looks.add(str(without_id(answer)))
        if len(looks) != 1:
            faults.append("the answers differ: %s" % looks)
        book.point("%s: %d sorts of no key are all 401 alike" % (operation.full_name(), len(headers)), faults)
        book.unwritten(operation, "a request without key")


def check_scopes(book):
    scopes = sorted({o.scope for o in book.document.operations if not o.is_public})
    lacking = {scope: book.a.key_with(",".join(s for s in scopes if s != scope)) for scope in scopes}
    exact = {scope: book.run.secret(book.run.server.operator_key(scope), "an operator's key") if scope.startswith("operator:")
             else book.a.key_with(scope) for scope in scopes}
    refused, let_in, written = [], [], []
    reader = book.a.key_with(",".join(s for s in scopes if s.endswith(":read")))
    book.snapshot.changes(is_kept=True)
    for operation in book.closed:
        request = book.base(operation)
        answer = request.send(book.run, lacking[operation.scope])
        refused += ["%s: %s" % (operation.full_name(), f) for f in problem_of(answer, 403, "core/forbidden")]
        if operation.method != "GET" and book.snapshot.changes():
            refused.append("%s wrote something" % operation.full_name())
        if not operation.scope.endswith(":read"):
            written += ["%s: %s" % (operation.full_name(), f) for f in problem_of(request.send(book.run, reader), 403, "core/forbidden")]
        answer = book.base(operation).send(book.run, exact[operation.scope])
        if operation.is_own:
            refused += ["%s: %s" % (operation.full_name(), f) for f in problem_of(answer, 403, "core/forbidden")]
        elif answer.status != operation.ok and client.problem_code(answer) != "identity/more_than_held":
            let_in.append("%s: %r" % (operation.full_name(), answer))
        book.snapshot.changes(is_kept=True)
    book.point("a key with every scope but the needed one is 403, everywhere", refused)
    book.point("a key that may only read is 403 where anything is written or told on", written)
    book.point("a key with the needed scope alone is let in, everywhere", let_in)


# --- what is another tenant's is not there ---

def check_strangers(book):
    for operation in book.closed:
        names = [p["name"] for p in operation.in_path()]
        if not names or is_operators(operation) or book.files[operation.full_name()].get("common"):
            continue
        request, faults = book.base(operation), []
        own = request.parameters
        theirs = book.base(operation, book.b.values).parameters
        nobodys = book.base(operation, book.nobody).parameters
        tries = [dict(zip(names, [theirs[n] for n in names]))] + ([{**own, n: theirs[n]} for n in names] if len(names) > 1 else [])
        for foreign in tries:
            random = {n: nobodys[n] if foreign[n] == theirs[n] else own[n] for n in names}
            answers = [without_id(request.send(book.run, book.key(operation), address=request.address(**p))) for p in (foreign, random)]
            faults += [] if answers[0][0] == 404 else ["%s: %s" % (foreign, answers[0])]
            faults += [] if answers[0] == answers[1] else ["not alike: %s / %s" % (answers[0], answers[1])]
        if names == ["number"]:
            for name in ("bol", "pro", "sscc", "tracking_number"):
                answer = request.send(book.run, book.key(operation), address=request.address(number=book.b.values[name]))
                faults += problem_of(answer, 404, "tracking/not_found")
        book.point("%s: another tenant's is 404, byte for byte like nobody's (T4)" % operation.full_name(), faults)
        book.unwritten(operation, "a request for another tenant's")
        for _ in range(T4_ATTEMPTS):  # a difference of ours shows every time, one of the machine does not
            times = {"theirs": [], "nobody's": []}
            for _ in range(T4_CALLS):  # in turns, so that a busy moment of the machine meets both
                for what, parameters in (("theirs", tries[0]), ("nobody's", nobodys)):
                    begun = time.perf_counter()
                    request.send(book.run, book.key(operation), address=request.address(**parameters))
                    times[what].append((time.perf_counter() - begun) * 1000)
            gap = abs(statistics.median(times["theirs"]) - statistics.median(times["nobody's"]))
            if gap < T4_MOST_MS:
                break
        book.tap.ok(gap < T4_MOST_MS, "%s: as fast as for nobody's (T4)" % operation.full_name(), "medians differ by %.2f ms" % gap)


# --- methods and media types ---

def check_methods(book):
    paths, faults = {}, []
    for operation in book.document.operations:
        paths.setdefault(operation.path, []).append(operation)
    for path, operations in paths.items():
        offered = {o.method for o in operations}
        expected = offered | ({"HEAD"} if "GET" in offered else set())
        address = re.sub(r"\{[^}]*\}", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", path)
        for method in METHODS:
            if method in offered:
                continue
            answer = book.run.ask(method, address, key=book.a.key)
            faults += ["%s %s: %s" % (method, path, f) for f in problem_of(answer, 405, "core/method_not_allowed")]
            allow = set(re.split(r",\s*", answer.headers.get("allow", "")))
            if allow != expected:
                faults.append("%s %s: Allow is %s, expected %s" % (method, path, allow, expected))
        answer = book.run.ask("OPTIONS", address)
        if answer.status not in (200, 204) or set(re.split(r",\s*", answer.headers.get("allow", ""))) != expected:
            faults.append("OPTIONS %s: %r %s" % (path, answer, answer.headers.get("allow")))
    book.point("a method that an address does not take is 405 with Allow, everywhere (I8)", faults)


def check_media(book):
    asked, given, bodies = [], [], []
    for operation in book.operations:
        request, key, name = book.base(operation), book.key(operation), operation.full_name()
        if operation.body_media:
            for media in ("text/plain", "", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
                          "*/*", operation.body_media + "x"):
                answer = request.send(book.run, key, headers={"content-type": media})
                given += ["%s, %r: %s" % (name, media, f) for f in problem_of(answer, 415, "core/media_type")]
                taken = ", ".join(operation.raw["requestBody"]["content"])
                if operation.method == "POST" and answer.headers.get("accept-post") != taken:
                    given.append("%s: Accept-Post is %r" % (name, answer.headers.get("accept-post")))
            is_once = book.files[name].get("once")
            # a body that is one of several types, such as a picture, is what it is
            for media in () if is_once or len(operation.raw["requestBody"]["content"]) > 1 else (operation.body_media + "; charset=utf-8", operation.body_media.upper()):
                answer = book.base(operation).send(book.run, key, headers={"content-type": media})
                given += [] if answer.status == operation.ok else ["%s, %r: %r" % (name, media, answer)]
            book.snapshot.changes(is_kept=True)
        else:
            answer = request.send(book.run, key, body=b"{}", headers={"content-type": "application/json"})
            bodies += ["%s: %s" % (name, f) for f in problem_of(answer, 400, "core/malformed")]
        if not operation.codes(406) or operation.ok == 204 or book.files[name].get("once"):
            continue
        media = next(iter(operation.replies), None) or request.send(book.run, key).headers["content-type"].split(";")[0]
        for accept in ("audio/basic", "%s;q=0" % media, "audio/*, %s;q=0.0" % media):
            if len(operation.replies) > 1 and accept != "audio/basic":
                continue
            answer = book.base(operation).send(book.run, key, headers={"accept": accept})
            asked += ["%s, %r: %s" % (name, accept, f) for f in problem_of(answer, 406, "core/not_acceptable")]
        for accept in (media, "*/*", media.split("/")[0] + "/*", "image/png, %s;q=0.5" % media, "image/png;q=1, */*;q=0.1", ""):
            answer = book.base(operation).send(book.run, key, headers={"accept": accept})
            asked += [] if answer.status == operation.ok else ["%s, %r: %r" % (name, accept, answer)]
        book.snapshot.changes(is_kept=True)
    book.point("a body of a type that is not taken is 415 with Accept-Post, everywhere (I8)", given)
    book.point("a body where none is taken is 400, everywhere", bodies)
    book.point("an answer that Accept does not admit is 406, everywhere that 406 is published (I8)", asked)


# --- parameters ---

def check_parameters(book):
    for operation in book.operations:
        request, key, faults = book.base(operation), book.key(operation), []

        def refused(what, address, name):
            for needed in operation.in_query():
                if needed["required"] and needed["name"] != name:
                    address += "%s%s=%s" % ("&" if "?" in address else "?", needed["name"], example(needed["schema"]))
            answer = request.send(book.run, key, address=address)
            if answer.status != 400 or client.problem_code(answer) != "core/malformed" or client.pointers(answer) != [name]:
                faults.append("%s: %r" % (what, answer))
        bare = request.path()
        refused("an unknown parameter", bare + "?nope=1", "nope")
        refused("an unknown parameter without value", bare + "?nope", "nope")
        for name in ("tenant_id", "select"):
            refused("parameter " + name, bare + "?%s=1" % name, name)
        for parameter in operation.in_query():
            name = parameter["name"]
            for value in abuse.bad_values(parameter["schema"]):
                refused("%s=%s" % (name, value[:40]), "%s?%s=%s" % (bare, name, value), name)
            good = request.query.get(name) or example(parameter["schema"])
            if name != "cursor":
                refused(name + " twice", "%s?%s=%s&%s=%s" % (bare, name, good, name, good), name)
        for parameter in operation.in_path():
            name = parameter["name"]
            for value in abuse.bad_values(parameter["schema"]):
                if value:
                    refused("path %s=%s" % (name, value[:40]), request.path(**{name: value.encode()}), name)
        book.point("%s: bad parameters are 400 and named" % operation.full_name(), faults)
        book.unwritten(operation, "a bad parameter")


def example(schema):
    if schema.get("enum"):
        return schema["enum"][0]
    return {"date": "2026-03-01", "uuid": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}.get(schema.get("format"), "1")


# --- bodies ---

def check_bodies(book):
    for operation in book.operations:
        if operation.body_media != "application/json":
            continue
        request, key, schema = book.base(operation), book.key(operation), book.document.resolve(operation.body_schema)
        member, faults, count = next(iter(schema.get("properties", {})), "nothing"), [], 0  # some bodies have no members
        for what, body, pointer in abuse.json_itself(member):
            if len(body) > 1048576:
                faults += [] if too_large(book, request, body) == 413 else [what]
                continue
            answer = request.send(book.run, key, body=body)
            if answer.status not in (400, 413, 422) or client.problem_code(answer) not in ("core/malformed", "core/invalid", "core/body_too_large"):
                faults.append("%s: %r" % (what, answer))
            elif pointer is not None and pointer not in client.pointers(answer):
                faults.append("%s: names %r, expected %r" % (what, client.pointers(answer), pointer))
            elif answer.status != 413 and not client.pointers(answer):
                faults.append("%s: names no place: %r" % (what, answer))
            count += 1
        book.point("%s: %d bodies that are no good JSON are refused (I1)" % (operation.full_name(), count), faults)
        whole = request.send(book.run, key, body=json.dumps(abuse.full(book.document, schema)).encode())
        beside = set(client.pointers(whole)) if client.problem_code(whole) == "core/invalid" else set()
        book.tap.ok(not beside, "%s: the published example of each member fits its schema" % operation.full_name(), whole)
        book.snapshot.changes(is_kept=True)
        faults, count = [], 0
        for what, value, pointer in abuse.members(book.document, schema):
            answer = request.send(book.run, key, body=json.dumps(value).encode())
            if answer.status != 422 or client.problem_code(answer) != "core/invalid" or not named(client.pointers(answer), pointer, beside):
                faults.append("%s: names %s, expected %s: %r" % (what, client.pointers(answer), pointer, answer))
            count += 1
        book.point("%s: %d bodies with one fault are 422 that names it (I1, I4, Z2)" % (operation.full_name(), count), faults)
        book.unwritten(operation, "a bad body")


def named(pointers, expected, beside):
    """Is the expected place named, and no other (but what is wrong in the whole example)?"""
    return expected in pointers and not set(pointers) - {expected} - beside


def too_large(book, request, body):
    """Status of a body beyond the limit. The private listener cuts it off while it still comes, and libh2o answers by itself;
    clients get the edge's problem (tests/e2e/test_edge.py)."""
    connection = book.run.server.connect()
    connection.putrequest(request.method, request.address())
    for name, value in {"content-type": request.operation.body_media, "content-length": str(len(body)), "authorization": "Bearer " + book.a.key}.items():
        connection.putheader(name, value)
    try:
        connection.endheaders(body)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 413 if book.run.server.is_alive() else 0
    finally:
        connection.close()


# --- sizes, framing ---

def raw(book, text, seconds=5):
    """All that comes back for these bytes on a connection of their own."""
    got = b""
    with socket.create_connection(("127.0.0.1", book.run.server.port), timeout=seconds) as sock:
        try:
            sock.sendall(text)
            while True:
                more = sock.recv(65536)
                if not more:
                    break
                got += more
        except OSError:
            pass
    return got


def check_sizes(book):
    key, tap = book.a.key, book.tap
    tap.ok(not problem_of(book.run.ask("GET", "/v1/tracking/" + "x" * 4100, key=key), 414, "core/uri_too_long"), "a path of more than 4 KiB is 414 (I2)")
    many = "GET /v1/shipments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n" % "".join("x-%d: 1\r\n" % i for i in range(101))
    tap.ok(re.match(rb"HTTP/1\.1 4(31|00) ", raw(book, many.encode())), "more than 100 header fields are 431 or 400 (I2)")
    tap.ok(not problem_of(book.run.ask("GET", "/v1/shipments", key=key, headers={"x-%d" % i: "y" * 1000 for i in range(20)}), 431,
                          "core/fields_too_large"), "more than 16 KiB of header fields are 431 (I2)")
    for operation in book.operations:
        if operation.body_media and len(operation.raw["requestBody"]["content"]) == 1:  # uploads have a limit of their own: tests/files/test_store.py
            tap.equal(too_large(book, book.base(operation), b"x" * 1048577), 413, "%s: a body of more than 1 MiB is 413 (I2)" % operation.full_name())
            book.unwritten(operation, "a body that is too large")
    # Half-closing would say that the client has left (defence M5), so these connections are closed by the server.
    head = "GET /v1/shipments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n" % key
    tap.ok(raw(book, (head + "Authorization: Bearer %s\r\n\r\n" % key).encode()).startswith(b"HTTP/1.1 400"), "two Authorization fields are 400")
    answer = raw(book, (head + "X-Forwarded-For: 8.8.8.8\r\nForwarded: for=8.8.8.8\r\nX-Real-IP: 8.8.8.8\r\n\r\n").encode())
    tap.ok(answer.startswith(b"HTTP/1.1 200"), "forged addresses of a client do nothing (X7)")
    book.run.secrets["8.8.8.8"] = "a forged address"
    evil = raw(book, (head + "traceparent: 00-%s\x0b\"}-01\r\nuser-agent: a\\\"},{\r\n\r\n" % ("a" * 32)).encode())
    tap.ok(evil.startswith(b"HTTP/1.1 "), "signs that would break a log line break none (the log is read below)")
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = book.run.ask("GET", "/v1/shipments", key=key, headers={"traceparent": "00-%s-b7ad6b7169203331-01" % trace})
    line = hansa.wait_for(lambda: [e for e in book.run.server.log_lines() if e.get("request_id") == answer.headers["request-id"]], 3)
    tap.ok(line and line[0].get("trace_id") == trace, "a sound trace id stands in the log line")
    for wrong in ("00-%s-b7ad6b7169203331-01" % ("0" * 32), "ff-%s-b7ad6b7169203331-01" % trace, "00-%s-b7ad6b7169203331-01" % trace.upper()):
        answer = book.run.ask("GET", "/v1/shipments", key=key, headers={"traceparent": wrong})
        line = hansa.wait_for(lambda: [e for e in book.run.server.log_lines() if e.get("request_id") == answer.headers["request-id"]], 3)
        tap.ok(line and line[0].get("trace_id", "").lower() not in (trace, "0" * 32), "an unsound trace id does not: " + wrong[:12])


def check_metrics(book):
    text = book.run.server.metrics()
    told = [what for secret, what in book.run.secrets.items() if secret in text]
    told += [w.tenant for w in (book.a, book.b) if w.tenant in text or w.slug in text]
    book.tap.equal(told, [], "metrics tell no key and no tenant (O2)")
    bad = [line for line in text.splitlines() if line and not line.startswith("# ")
           and not re.fullmatch(r'[a-zA-Z_:][\w:]*(\{[a-zA-Z_]\w*="(\\.|[^"\\])*"(,[a-zA-Z_]\w*="(\\.|[^"\\])*")*\})? [0-9.eE+-]+|.* \+Inf', line)]
    book.tap.ok(not bad and text.endswith("\n"), "metrics are in the Prometheus text format", bad[:5])


def main():
    tap = hansa.Tap()
    idp = provider.Provider()
    run = client.Run("endpoints", rooms=True, idp=idp, max_running_tenant=100, login_account_max=1000000, login_source_max=1000000, **idp.settings())
    with idp, run:
        book = Book(tap, run)
        for section in (check_routes, check_cases, check_keys, check_scopes, check_strangers, check_methods, check_media, check_parameters, check_bodies,
                        check_sizes, check_metrics):
            begun = time.monotonic()
            if book.is_first or section not in (check_routes, check_methods):
                section(book)
            hansa.note("%s took %.1f s" % (section.__name__, time.monotonic() - begun))
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
