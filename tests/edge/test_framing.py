#!/usr/bin/env python3
"""Promises X3, X4, X7, X8, I2: what is not well-formed HTTP is refused at the edge, one request never becomes two, forged
addresses and trailers mean nothing; the private listeners hold where they are reached directly."""
import json
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import h2
import hansa

tap = hansa.Tap()


def statuses(data):
    """Status codes of all answers in a stream of HTTP/1.1 bytes."""
    return [int(s) for s in re.findall(rb"(?:^|\n|\})HTTP/1\.[01] (\d{3})", data)]


# name, bytes, statuses that are right ([] = closed without an answer is right too)
H1_CASES = [
    ("two lengths that differ", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", {400}),
    ("two lengths in one line", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabcd", {400}),
    ("a length that is not a number", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", {400}),
    ("a negative length", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", {400}),
    ("length 2^64", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", {400, 413}),
    ("length 2^64+1", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\nx", {400, 413}),
    ("length 2^63", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\nx", {400, 413}),
    ("unknown transfer coding", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunked twice", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunked not last", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunk size 0x3", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", {400}),
    ("chunk size too large", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nabc\r\n0\r\n\r\n", {400}),
    ("chunk without its end", b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n", {400}),
    ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", {400}),
    ("two hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    # HAProxy folds equal Host fields into one before any rule sees them: the written exception to «400 when host count is not 1».
    ("the same host twice", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {200, 400}),
    ("two credentials", b"GET /healthz HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n\r\n", {400}),
    ("blank before the colon", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", {400}),
    ("NUL in a value", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", {400}),
    ("bare CR in a value", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\rb: c\r\n\r\n", {400}),
    ("blank in the path", b"GET /health z HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("unknown protocol", b"GET /healthz HTTP/3.7\r\nHost: a\r\n\r\n", {400, 505}),
    ("HTTP/0.9", b"GET /healthz\r\n\r\n", {400}),
    ("no request at all", b"\x16\x03\x01\x00hello there\r\n\r\n", {400}),
    ("method TRACE", b"TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", {405}),
    ("method CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", {400, 405}),
    ("a method nobody knows", b"FROB /healthz HTTP/1.1\r\nHost: a\r\n\r\n", {405}),
    ("path of 5 kB", b"GET /" + b"p" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {414}),
    ("head of 20 kB", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n", {431}),
    ("head of 100 kB", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100000 + b"\r\n\r\n", {400, 431}),
    ("150 fields", b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"".join(b"x-%d: 1\r\n" % n for n in range(150)) + b"\r\n", {431}),
    ("3,000 fields", b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"".join(b"x-%d: 1\r\n" % n for n in range(3000)) + b"\r\n", {400, 431}),
    ("body of 2 MiB announced", b"POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2097152\r\n\r\n" + b"[" * 40000, {413}),
]


def h1_cases(edge):
    following = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    for name, data, right in H1_CASES:
        got, is_closed = edge.raw(data + following)
        seen = statuses(got)
        # One answer for the bad request at most, then the connection is closed: what follows was never a request.
        holds = seen[:1] and set(seen[:1]) <= right if name in SOUND else len(seen) <= 1 and set(seen) <= right and (seen or is_closed)
        tap.ok(holds, "HTTP/1.1: " + name, "answers %r, closed %r, right is %r" % (seen, is_closed, right))
    got, is_closed = edge.raw(b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + following)
    tap.ok(len(statuses(got)) <= 1 and is_closed, "HTTP/1.1: both lengths: one answer and closed", got)
    got, _ = edge.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    tap.equal(statuses(got), [200, 200], "HTTP/1.1: two honest requests, two answers")
    got, _ = edge.raw(b"POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[]")
    tap.ok(statuses(got)[-1:] in ([401], [422]), "HTTP/1.1: Expect is understood", got)
    got, _ = edge.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
    tap.equal(statuses(got), [200], "HTTP/1.1: no upgrade to h2c", got)


# The whole request is sound HTTP here and refused by a rule: the connection may stay, the next request is honest.
SOUND = {"two credentials", "a method nobody knows", "method TRACE", "path of 5 kB", "head of 20 kB", "150 fields", "the same host twice",
         "no host", "length 2^64", "length 2^64+1", "NUL in a value", "unknown protocol",
         "method CONNECT"}


def h2_status(edge, frames_after, first_stream=1, seconds=4):
    """What comes back for stream 1 after the frames: a status, 'reset', 'goaway' or 'closed'."""
    connection, end = h2.Connection(edge.tls(("h2",))), time.monotonic() + seconds
    try:
        connection.send(frames_after)
        while True:
            kind, flags, on, payload = connection.read_frame(max(0.01, end - time.monotonic()))
            connection.mind(kind, flags, payload)
            if kind == h2.HEADERS and on == first_stream:
                return h2.status_of(payload)
            if kind == h2.RST_STREAM:
                return "reset"
            if kind == h2.GOAWAY and connection.goaway:
                return "goaway"
    except h2.Gone as why:
        return "silent" if str(why) == "silent" else "closed"
    finally:
        connection.close()


def h2_cases(edge):
    good = h2.request(1)
    refused = {"reset", "goaway", "closed", 400}
    whole = h2.END_HEADERS | h2.END_STREAM

    def head(*fields, flags=whole, stream=1):
        return h2.frame(h2.HEADERS, flags, stream, b"".join(h2.field(n, v) for n, v in fields))
    pseudo = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/healthz")]
    post = [(":method", "POST"), (":scheme", "https"), (":authority", "a"), (":path", "/v1/tracking/events"), ("content-type", "application/json")]
    cases = [
        ("a request", good, {200}),
        ("an unknown frame before a request is passed over", h2.frame(0x77, 0xFF, 0, b"?") + good, {200}),
        ("a reserved bit is passed over", h2.frame(h2.PING, 0, 0x80000000, b"12345678") + good, {200}),
        ("frame larger than allowed", b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 70000, refused),
        ("SETTINGS of a wrong length", h2.frame(h2.SETTINGS, 0, 0, b"12345"), refused),
        ("SETTINGS on a stream", h2.frame(h2.SETTINGS, 0, 1, b""), refused),
        ("SETTINGS with a window above 2^31-1", h2.settings((4, 0x80000000)), refused),
        ("SETTINGS with a frame size below 2^14", h2.settings((5, 100)), refused),
        ("PING of a wrong length", h2.frame(h2.PING, 0, 0, b"1"), refused),
        ("WINDOW_UPDATE of zero on the connection", h2.window(0, 0), refused),
        ("connection window overflow", h2.window(0, 0x7FFFFFFF) + h2.window(0, 0x7FFFFFFF), refused),
        ("RST_STREAM on an idle stream", h2.rst(99), refused),
        ("DATA on an idle stream", h2.frame(h2.DATA, 0, 9, b"x"), refused),
        ("HEADERS on an even stream", h2.request(2), refused),
        ("HEADERS on stream 0", h2.request(0), refused),
        ("stream numbers going down", h2.request(5) + h2.request(3), refused),
        ("CONTINUATION without a head", h2.frame(h2.CONTINUATION, 4, 1, h2.request_block()), refused),
        ("another frame inside a head", h2.frame(h2.HEADERS, 1, 1, h2.request_block()) + h2.frame(h2.PING, 0, 0, b"12345678"), refused),
        ("PUSH_PROMISE by a client", h2.frame(h2.PUSH, 4, 1, struct.pack(">I", 2) + h2.request_block()), refused),
        ("padding longer than the frame", h2.frame(h2.HEADERS, whole | 8, 1, b"\xff" + h2.request_block()), refused),
        ("a field block that cannot be read", h2.frame(h2.HEADERS, whole, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff"), refused),
        ("index 0", h2.frame(h2.HEADERS, whole, 1, b"\x80" + h2.request_block()), refused),
        ("an index beyond the table", h2.frame(h2.HEADERS, whole, 1, h2.request_block() + b"\xfe"), refused),
        ("upper case in a name", head(*pseudo, ("X-Up", "1")), refused),
        ("connection-specific field", head(*pseudo, ("connection", "close")), refused),
        ("te: gzip", head(*pseudo, ("te", "gzip")), refused | {200}),
        ("transfer-encoding in HTTP/2", head(*pseudo, ("transfer-encoding", "chunked")), refused),
        ("unknown pseudo field", head(*pseudo, (":frob", "1")), refused),
        ("pseudo field behind a field", head(*pseudo[:3], ("x", "1"), pseudo[3]), refused),
        ("pseudo field twice", head(*pseudo, (":path", "/metrics")), refused),
        ("no :path", head(*pseudo[:3]), refused),
        ("empty :path", head(*pseudo[:3], (":path", "")), refused),
        ("no :method", head(*pseudo[1:]), refused),
        ("blank in the path", head(*pseudo[:3], (":path", "/health z HTTP/1.1")), refused | {404}),
        ("line end in a value", head(*pseudo, ("x", "a\r\nhost: b")), refused),
        ("line end in the path", head(*pseudo[:3], (":path", "/a\r\nx: y")), refused),
        ("NUL in a value", head(*pseudo, ("x", "a\0b")), refused),
        ("authority and another host", head(*pseudo, ("host", "b")), refused | {200}),
        ("two credentials", head(*pseudo, ("authorization", "Bearer x"), ("authorization", "Bearer y")), {400}),
        ("content-length and no body", head(*post, ("content-length", "5")), refused),
        ("content-length below the body", head(*post, ("content-length", "1"), flags=4) + h2.frame(h2.DATA, 1, 1, b"[][]"), refused | {401}),
        ("content-length above the body", head(*post, ("content-length", "9"), flags=4) + h2.frame(h2.DATA, 1, 1, b"[]"), refused | {401}),
        ("two lengths", head(*post, ("content-length", "2"), ("content-length", "3"), flags=4) + h2.frame(h2.DATA, 1, 1, b"[]"), refused),
        ("length 2^64", head(*post, ("content-length", "18446744073709551616"), flags=4) + h2.frame(h2.DATA, 1, 1, b""), refused | {413}),
        ("head of 20 kB", h2.frame(h2.HEADERS, 1, 1, h2.request_block()) + h2.frame(h2.CONTINUATION, 0, 1, h2.field("a", "x" * 10000)) + h2.frame(h2.CONTINUATION, 4, 1, h2.field("b", "x" * 10000)), {431} | refused),
        ("150 fields", head(*pseudo, *[("x-%d" % n, "1") for n in range(150)]), {431}),
        ("path of 5 kB", head(*pseudo[:3], (":path", "/" + "p" * 5000)), {414}),
        ("method TRACE", head((":method", "TRACE"), *pseudo[1:]), {405}),
        ("method CONNECT", head((":method", "CONNECT"), (":authority", "a:1")), refused | {405}),
    ]
    for name, data, right in cases:
        got = h2_status(edge, data)
        tap.ok(got in right, "HTTP/2: " + name, "got %r, right is %r" % (got, right))
    connection = h2.Connection(edge.tls(("h2",)), is_silent=True)
    connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"x" * 40)
    seen = connection.drain(3)
    tap.ok(seen and seen[-1][0] == "gone" and seen[-1][1] != "silent", "HTTP/2: a wrong preface closes", seen)


def trust(edge, server, key):
    """X7, X8: nothing that a client writes becomes its address or its credentials."""
    connection = h2.Connection(edge.tls(("h2",), "127.0.0.44"))
    forged = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9"), ("x-request-id", "forged-7")]
    connection.get("/v1/tracking/TRUST1", forged + [("authorization", "Bearer " + key)])
    hansa.wait_for(lambda: "127.0.0.44" in server.log_text(), 5)
    log = server.log_text()
    tap.ok("127.0.0.44" in log and "203.0.113.9" not in log, "the log names the true address, not a forged one", log[-1500:])
    tap.ok("forged-7" not in log, "a client's own request id is not taken")
    stream, connection.next_stream = connection.next_stream, connection.next_stream + 2
    connection.send(h2.request(stream, "/v1/tracking/TRUST2", extra=[("trailer", "authorization")], end=False) + h2.frame(h2.DATA, 0, stream, b"") +
                    h2.frame(h2.HEADERS, 5, stream, h2.field("authorization", "Bearer " + key)))
    try:
        status = connection.answer(stream, 5)[0]
    except h2.Gone as why:
        status = str(why)
    tap.ok(status in (401, 400) or "reset" in str(status), "credentials in trailers are none (HTTP/2)", status)
    got, _ = edge.raw(b"GET /v1/tracking/TRUST3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\nConnection: close\r\n\r\n0\r\nAuthorization: Bearer " + key.encode() + b"\r\n\r\n")
    tap.ok(statuses(got) in ([401], [400]), "credentials in trailers are none (HTTP/1.1)", got[:300])
    connection.close()
    trailers = h2.Connection(edge.tls(("h2",)))
    stream = 1
    trailers.send(h2.request(stream, "/v1/tracking/TRUST4", extra=[("authorization", "Bearer " + key)], end=False) + h2.frame(h2.DATA, 0, stream, b"") +
                  h2.frame(h2.HEADERS, 5, stream, h2.field("authorization", "Bearer other") + h2.field("x-forwarded-for", "203.0.113.9")))
    try:
        status = trailers.answer(stream, 5)[0]
    except h2.Gone as why:
        status = str(why)
    tap.equal(status, 404, "a request with trailers is answered as without them")
    trailers.close()


def answers(edge, server):
    """X9 and the edge's own words."""
    reply = edge.request("GET", "/healthz")
    tap.equal(reply.status, 200, "healthz through the edge")
    tap.ok("server" not in reply.headers and reply.headers.get("x-content-type-options") == "nosniff" and
           "max-age=" in reply.headers.get("strict-transport-security", ""), "headers of an answer", reply.headers)
    for path in ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/METRICS", "/metrics?x=1"):
        reply = edge.request("GET", path)
        tap.ok(reply.status == 404 and b"hansa_" not in reply.body, "no metrics at %s" % path, reply)
    tap.equal(server.request("GET", "/metrics").status, 200, "metrics on the private listener")
    problems = [("GET", "/" + "p" * 5000, {}, 414), ("TRACE", "/healthz", {}, 405), ("GET", "/metrics", {}, 404),
                ("GET", "/healthz", {"x": "y" * 20000}, 431)]
    for method, path, headers, status in problems:
        reply = edge.request(method, path, headers=headers)
        document = json.loads(reply.body) if reply.headers.get("content-type", "").startswith("application/problem+json") else {}
        tap.ok(reply.status == status and document.get("status") == status and document.get("title"), "a problem document with %d" % status, "%r %r" % (reply, reply.headers))


def private(server):
    """The private listeners, reached past the edge: HTTP/1.1 only on loopback, no smuggling on either."""
    import socket
    with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
        got, _ = hansa.raw_talk(sock, h2.PREFACE + h2.settings() + h2.request(1), 3)
    tap.ok(not got.startswith(b"\x00\x00"), "no HTTP/2 on the loopback listener (X1)", got[:100])
    following = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    for name, data in (("both lengths", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                       ("two lengths", b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 39\r\n\r\n")):
        with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
            got, _ = hansa.raw_talk(sock, data + following, 3)
        tap.ok(len(statuses(got)) <= 1, "private listener: %s: one answer at most (X4)" % name, got[:600])
    sock = h2.unix(server.socket_path)
    connection = h2.Connection(sock)
    try:
        status = connection.get("/healthz")[0]
    except h2.Gone as why:
        status = str(why)
    tap.equal(status, 200, "HTTP/2 on the edge's socket")
    connection.close()


def main():
    with hansa.Database() as database, hansa.Server(database) as server:
        _, key = server.tenant("framing")
        with hansa.Edge(server, connect_rate=2000) as edge:
            h1_cases(edge)
            h2_cases(edge)
            trust(edge, server, key)
            answers(edge, server)
            tap.ok(edge.is_alive(), "the edge is the same process as at the start")
        private(server)
        tap.equal(server.stop(), 0, "the server ends with 0", server.log_text()[-2000:])
        tap.equal(server.reports(), "", "no sanitizer report")
    tap.done()


main()
