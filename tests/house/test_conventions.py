#!/usr/bin/env python3
"""The conventions hold for every endpoint from its first day: generated from the published document and the case files, like
test_endpoints.py. Idempotency-Key, ETag and conditions, fields, gzip, RateLimit, trace context (standards.md 5.2, 5.4, 5.5, 5.12).
"""
import gzip
import os
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
from book import Book, problem_of  # noqa: E402


def header_parameter(operation, name):
    return next((p for p in operation.parameters if p["in"] == "header" and p["name"] == name), None)


def told(answer):
    return answer.status, answer.body, answer.headers.get("location"), answer.headers.get("etag")


def send(book, operation, request=None, headers=None, **more):
    return (request or book.base(operation)).send(book.run, book.key(operation), headers=headers or {}, **more)


def check_document(book):
    faults = []
    for operation in book.document.operations:
        is_post, name = operation.method == "POST" and not operation.is_public, operation.full_name()
        key, match = header_parameter(operation, "Idempotency-Key"), header_parameter(operation, "If-Match")
        headers = book.document.resolve(operation.raw["responses"][str(operation.ok)]).get("headers", {})
        faults += [] if bool(key) == is_post else ["%s: Idempotency-Key is %sdescribed" % (name, "" if key else "not ")]
        if match:
            wanted = {"412", "428"} if match["required"] else {"412"}
            faults += [] if wanted <= set(operation.raw["responses"]) else ["%s: If-Match without %s" % (name, wanted)]
            faults += [] if operation.method in ("PUT", "PATCH", "DELETE") else ["%s: If-Match on a %s" % (name, operation.method)]
        if operation.method == "PATCH" and operation.body_media != "application/merge-patch+json":
            faults.append("%s: a PATCH takes a merge patch" % name)
        if not operation.is_public:
            faults += ["%s: %s is not described" % (name, h) for h in ("Request-Id", "RateLimit", "RateLimit-Policy") if h not in headers]
            faults += ["%s: 429 is not described" % name] if "core/quota_exceeded" not in (operation.codes(429) or ()) else []
    book.point("each operation describes its header fields and what they lead to", faults)


def check_keys(book):
    """A POST that is sent twice under one key has one effect and one answer, or says why not."""
    for operation in book.closed:
        parameter = header_parameter(operation, "Idempotency-Key")
        if not parameter:
            continue
        faults, name = [], operation.full_name()
        malformed = send(book, operation, headers={"idempotency-key": "a b"})
        faults += problem_of(malformed, 400, "core/malformed")
        if parameter["required"]:
            faults += problem_of(send(book, operation, headers={"idempotency-key": None}), 400, "core/idempotency_key_missing")
        book.snapshot.changes(is_kept=True)
        under = {"idempotency-key": uuid.uuid4().hex}
        request = book.base(operation)
        first = send(book, operation, request, under)
        written = book.snapshot.changes(is_kept=True)
        again = send(book, operation, request, under)
        rewritten = [table for table in book.snapshot.changes(is_kept=True) if not table.startswith("audit.")]
        is_kept = "core/idempotency_running" in (operation.codes(409) or ())
        is_secret = "core/idempotency_secret" in (operation.codes(409) or ())
        if first.status != operation.ok:
            faults.append("the first: %r" % first)
        elif is_secret:
            faults += problem_of(again, 409, "core/idempotency_secret")
        elif is_kept:
            faults += [] if told(again) == told(first) and again.headers.get("idempotency-replayed") == "true" else ["again: %r\nfirst: %r" % (again, first)]
        elif "idempotency-replayed" in again.headers:
            faults.append("what is not kept cannot be replayed: %r" % again)
        if is_kept and (rewritten or (operation.method != "GET" and not written)):
            faults.append("written at first %s, again %s" % (written, rewritten))
        if is_kept and operation.body_media == "application/json":
            other = send(book, operation, request, under, body=with_blank(request.body))
            faults += problem_of(other, 422, "core/idempotency_mismatch")
        book.snapshot.changes(is_kept=True)
        book.point("%s: twice under one key is done once" % name, faults)


def with_blank(body):
    """The same JSON in other bytes."""
    import json
    return b" " + (body if isinstance(body, bytes) else json.dumps(body).encode())


def check_conditions(book):
    for operation in book.closed:
        parameter = header_parameter(operation, "If-Match")
        if parameter:
            faults = []
            if parameter["required"]:
                faults += problem_of(send(book, operation, headers={"if-match": None}), 428, "core/precondition_required")
            for tag in ('"r999999999"', '"nothing of ours"'.replace(" ", "-"), 'W/"r1"'):
                answer = send(book, operation, headers={"if-match": tag})
                faults += ["%s: %s" % (tag, f) for f in problem_of(answer, 412, "core/precondition_failed")]
            faults += problem_of(send(book, operation, headers={"if-match": "r1"}), 400, "core/malformed")
            book.point("%s: a change needs the tag of what was seen" % operation.full_name(), faults)
            book.unwritten(operation, "a change that If-Match forbids")
        if not header_parameter(operation, "If-None-Match"):
            continue
        faults, request = [], book.base(operation)
        answer = send(book, operation, request)
        tag = answer.headers.get("etag", "")
        if len(answer.body) > 65536 and not tag:
            continue
        if not tag.startswith('"') or not tag.endswith('"'):
            faults.append("no strong ETag: %r" % tag)
        # Not every answer stays the same from call to call (a list of the trail, a count of usage): then there is nothing to compare.
        same = send(book, operation, request)
        if same.headers.get("etag") == tag:
            known = send(book, operation, request, {"if-none-match": '"other", W/' + tag})
            faults += [] if known.status == 304 and not known.body and known.headers.get("etag") == tag else ["If-None-Match: %r" % known]
        elif same.body == answer.body:
            faults.append("the same bytes under two tags")
        book.point("%s: tags and 304" % operation.full_name(), faults)


def check_fields(book):
    for operation in book.closed:
        parameter = next((p for p in operation.in_query() if p["name"] == "fields"), None)
        if not parameter:
            continue
        request, faults = book.base(operation), []
        names = parameter["schema"]["items"]["enum"]
        glue = "&" if "?" in request.address() else "?"
        for chosen in ([names[0]], names[-2:], names):
            answer = send(book, operation, request, address=request.address() + glue + "fields=" + ",".join(chosen))
            if answer.status != operation.ok:
                faults.append("%s: %r" % (chosen, answer))
                continue
            items = answer.json["data"] if operation.is_list else [answer.json]
            faults += ["%s: %s" % (chosen, sorted(item)) for item in items if not set(item) <= set(chosen)][:3]
        book.point("%s: fields chooses among %d members" % (operation.full_name(), len(names)), faults)


def check_rates(book):
    faults = []
    for operation in book.closed:
        answer = send(book, operation, headers={"accept": "image/png"})
        faults += ["%s: %d without %s" % (operation.full_name(), answer.status, h) for h in ("ratelimit", "ratelimit-policy") if h not in answer.headers]
    book.snapshot.changes(is_kept=True)
    book.point("every answer behind a key tells the rates, errors too", faults)
    bare = book.run.ask("GET", "/v1/shipments")
    book.tap.ok("ratelimit" not in bare.headers, "an answer to nobody tells none")


def check_codings(book):
    """No answer is compressed that says no-store; each compressed one is the plain one."""
    faults, coded = [], 0
    for operation in book.operations:
        if operation.method != "GET":
            continue
        request, key = book.base(operation), book.key(operation)
        link = book.run.connection()
        answers = [hansa.ask(link, "GET", request.address(), key=key, headers={**request.headers, "accept-encoding": e}) for e in ("identity", "gzip")]
        if answers[1].headers.get("content-encoding") != "gzip":
            continue
        coded += 1
        plain, packed = answers[0].body, gzip.decompress(answers[1].body)
        if "no-store" in answers[1].headers.get("cache-control", "") or "accept-encoding" not in answers[1].headers.get("vary", ""):
            faults.append("%s: %s" % (operation.full_name(), answers[1].headers))
        if len(plain) == len(packed) and plain != packed:
            faults.append("%s: other bytes" % operation.full_name())
    book.point("compressed answers are the plain ones and no secrets (%d of them)" % coded, faults)


def check_trace(book):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = book.run.ask("GET", "/v1/shipments", key=book.a.key, headers={"traceparent": parent})
    line = hansa.wait_for(lambda: [e for e in book.run.server.log_lines() if e.get("request_id") == answer.headers["request-id"]], 3)
    book.tap.ok(line and (line[0]["trace_id"], line[0]["parent_id"]) == (parent[3:35], parent[36:52]) and len(line[0]["span_id"]) == 16
                and line[0]["span_id"] != parent[36:52], "the log line tells trace, parent and a span of its own", line)


def main():
    tap = hansa.Tap()
    run = client.Run("conventions", rooms=True, max_running_tenant=100, login_account_max=1000000, login_source_max=1000000)
    with run:
        book = Book(tap, run)
        for section in (check_document, check_keys, check_conditions, check_fields, check_rates, check_codings, check_trace):
            section(book)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
