"""What every endpoint takes and refuses: methods, media types, parameters, bodies, sizes."""
import http.client
import json
import re
import socket

import abuse
import client
import hansa
from book import problem_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


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
                if media in operation.raw["requestBody"]["content"]:
                    continue
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

        def refused(what, address, name, right=()):
            for needed in operation.in_query():
                if needed["required"] and needed["name"] != name:
                    address += "%s%s=%s" % ("&" if "?" in address else "?", needed["name"], example(needed["schema"]))
            answer = request.send(book.run, key, address=address)
            if answer.status != 400 or client.problem_code(answer) != "core/malformed" or client.pointers(answer) != [name]:
                faults.append("%s: %r" % (what, answer))
            elif not all(word in answer.json["errors"][0]["detail"] for word in right):
                faults.append("%s: names not what would be right, %s: %r" % (what, right, answer))
        bare = request.path()
        refused("an unknown parameter", bare + "?nope=1", "nope", [p["name"] for p in operation.in_query()][:3])
        refused("an unknown parameter without value", bare + "?nope", "nope")
        for name in ("tenant_id", "select"):
            refused("parameter " + name, bare + "?%s=1" % name, name)
        for parameter in operation.in_query():
            name = parameter["name"]
            for value in abuse.bad_values(parameter["schema"]):
                refused("%s=%s" % (name, value[:40]), "%s?%s=%s" % (bare, name, value), name,
                        parameter["schema"].get("enum", [])[:3] if value == "NOPE" else ())
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
        alone = [pointer for pointer, inner in abuse.walk(book.document, schema, "") if inner.get("x-each-alone")]
        for what, value, pointer in abuse.members(book.document, schema):
            answer = request.send(book.run, key, body=json.dumps(value).encode())
            if any(pointer.startswith(array + "/") for array in alone):  # a fault of one item rejects that item
                told = [r["field"] for r in answer.json["rejected"]] if answer.status == 200 else answer
                faults += [] if told == [pointer] else ["%s: rejects %s, expected %s" % (what, told, pointer)]
            elif answer.status != 422 or client.problem_code(answer) != "core/invalid" or not named(client.pointers(answer), pointer, beside):
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
