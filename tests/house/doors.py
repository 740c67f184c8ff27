"""Who may, of every endpoint: keys that open nothing, scopes, and what is another tenant's."""
import statistics
import time

import client
import world
from book import is_operators, problem_of, without_id

T4_CALLS = 24
T4_ATTEMPTS = 5
T4_MOST_MS = 5.0
# What a sandbox has copies of, under the firm's own ids (core.setting).
SETTINGS = {"role", "unit_id", "program_id", "reward_id", "edi_partner_id"}


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
    tenants = [s for s in scopes if not s.startswith("operator:")]  # a tenant's key is given none of the others
    lacking = {scope: book.a.key_with(",".join(s for s in tenants if s != scope)) for scope in scopes}
    exact = {scope: book.run.secret(book.run.server.operator_key(scope), "an operator's key") if scope.startswith("operator:")
             else book.a.key_with(scope) for scope in scopes}
    refused, let_in, written = [], [], []
    reader = book.a.key_with(",".join(s for s in tenants if s.endswith(":read")))
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
    in_sandbox = book.a.key_with("all", "--test")
    book.snapshot.changes(is_kept=True)
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
        if not operation.is_own and names[0] not in SETTINGS:  # the firm's own are as strange to its sandbox
            answers = [without_id(request.send(book.run, in_sandbox, address=request.address(**p))) for p in (own, nobodys)]
            faults += [] if answers[0][0] == 404 and answers[0] == answers[1] else ["to the sandbox: %s / %s" % tuple(answers)]
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
