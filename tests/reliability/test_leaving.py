#!/usr/bin/env python3
"""A client that leaves at any step leaves nothing behind: no leak (ASan's word at the end), no descriptor, no stuck unit.
On loopback by HTTP/1.1, on the edge's socket by HTTP/2; gone by a reset and by a plain close."""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import events_load
import h2
import hansa

TIMES = 20
tap = hansa.Tap()


def loopback(server):
    return socket.create_connection(("127.0.0.1", server.port), 5)


def leave(sock, is_reset):
    if is_reset and sock.family == socket.AF_INET:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def http1_steps(key):
    """name → bytes sent before leaving; the last member says how long to wait first, or a number of bytes to read."""
    auth = b"Authorization: Bearer " + key.encode() + b"\r\n"
    body = b'{"events":[{"number":"LEAVE1","source":"leave","source_event_id":"x","code":"ENR","event_time":"2026-03-10T10:42:00Z"}]}'
    get = b"GET /v1/tracking/LEAVE1 HTTP/1.1\r\nHost: a\r\n" + auth
    post = b"POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\n" + auth + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return [("connected", b"", 0), ("half a request line", get[:6], 0), ("half a head", get, 0), ("head without body", post, 0),
            ("half a body", post + body[:30], 0), ("half a chunked body", post.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked") + b"20\r\n" + body[:10], 0),
            ("whole request", get + b"\r\n", 0), ("whole request, a moment later", get + b"\r\n", 0.002), ("whole post", post + body, 0),
            ("whole post, a moment later", post + body, 0.003), ("pipelined requests", (get + b"\r\n") * 10, 0),
            ("whole request without a key", b"GET /v1/tracking/LEAVE1 HTTP/1.1\r\nHost: a\r\n\r\n", 0),
            ("public page", b"GET /track/nosuchtoken HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n", 0),
            ("EDI upload", b"POST /v1/edi/messages HTTP/1.1\r\nHost: a\r\n" + auth + b"Content-Type: application/edi-x12\r\nContent-Length: 3\r\n\r\nISA", 0),
            ("after the first bytes of an answer", b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", "read")]


def http1(server, key, make, sort):
    for name, data, pause in http1_steps(key):
        for is_reset in (False, True):
            for _ in range(TIMES):
                sock = make()
                try:
                    sock.sendall(data)
                    if pause == "read":
                        sock.recv(100)
                    elif pause:
                        time.sleep(pause)
                except OSError:
                    pass
                leave(sock, is_reset)
        tap.equal(server.probe("/healthz"), 200, "%s: left after: %s" % (sort, name), server.reports()[:3000])


def http2(server, key):
    auth = [("authorization", "Bearer " + key)]
    body = b'{"events":[{"number":"LEAVE1","source":"leave","source_event_id":"y","code":"ENR","event_time":"2026-03-10T10:42:00Z"}]}'
    start = h2.PREFACE + h2.settings()
    json_post = auth + [("content-type", "application/json"), ("content-length", str(len(body)))]
    get = h2.request(1, "/v1/tracking/LEAVE1", extra=auth)
    post = h2.request(1, "/v1/tracking/events", "POST", json_post, end=False)
    steps = [("connected", None, b"", 0), ("half a PROXY line", None, b"PROXY TCP4 192.0.2.7 19", 0), ("PROXY line only", True, b"", 0),
             ("a PROXY line that is none", None, b"PROXY NONSENSE\r\n", 0), ("half a preface", True, h2.PREFACE[:10], 0), ("preface", True, start, 0),
             ("half a frame head", True, start + get[:5], 0), ("half a head", True, start + get[:30], 0), ("head without end", True, start + post, 0),
             ("half a body", True, start + post + h2.frame(h2.DATA, 0, 1, body[:30]), 0), ("whole request", True, start + get, 0),
             ("whole request, a moment later", True, start + get, 0.002), ("whole post, a moment later", True, start + post + h2.frame(h2.DATA, 1, 1, body), 0.003),
             ("stream reset after the request", True, start + get + h2.rst(1), 0.002), ("stream reset a moment later", True, start + get, "reset"),
             ("32 requests", True, start + b"".join(h2.request(n, "/v1/tracking/LEAVE%d" % n, extra=auth) for n in range(1, 65, 2)), 0.001),
             ("GOAWAY by the client", True, start + get + h2.frame(h2.GOAWAY, 0, 0, b"\0" * 8), 0.001),
             ("first bytes of an answer", True, start + h2.request(1, "/openapi.json"), "read"),
             ("an answer with a closed window", True, h2.PREFACE + h2.settings((4, 0)) + h2.request(1, "/openapi.json"), 0.005)]
    for name, has_proxy, data, pause in steps:
        for _ in range(TIMES):
            try:
                sock = h2.unix(server.socket_path) if has_proxy else h2.unix(server.socket_path, proxy="")
                sock.sendall(data)
                if pause == "read":
                    sock.recv(50)
                elif pause == "reset":
                    time.sleep(0.001)
                    sock.sendall(h2.rst(1))
                    time.sleep(0.002)
                elif pause:
                    time.sleep(pause)
            except OSError:
                pass
            sock.close()
        tap.equal(server.probe("/healthz"), 200, "HTTP/2: left after: %s" % name, server.reports()[:3000])


def descriptors(server):
    """Open descriptors of the server, without two for each of its sessions at the database: it opens another one when all are stuck, and
    keeps it for a while. None where the kernel tells only root (the server is not dumpable, promise K4)."""
    sessions = server.database.sql("select count(*) from pg_stat_activity where datname = current_database() and usename = 'hansa_app'")
    try:
        return len(os.listdir("/proc/%d/fd" % server.pid)) - 2 * int(sessions)
    except PermissionError:
        return None


def main():
    with hansa.Database() as database, hansa.Server(database, sanitizer=":quarantine_size_mb=8") as server:
        _, key = server.tenant("leave")
        events_load.shipment_make(server, key, "LEAVE1")
        server.request("GET", "/v1/tracking/LEAVE1", key=key)
        before = descriptors(server)
        http1(server, key, lambda: loopback(server), "HTTP/1.1")
        http2(server, key)
        if before is None:
            tap.skip("every descriptor is given back", "only root may count them")
        else:
            tap.ok(hansa.wait_for(lambda: descriptors(server) <= before + 2, 20), "every descriptor is given back", "%d before, %d now" % (before, descriptors(server)))
        tap.equal(server.request("GET", "/v1/tracking/LEAVE1", key=key).status, 200, "a look-up is answered afterwards")
        busy = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'hansa_app' and state <> 'idle'"
        tap.ok(hansa.wait_for(lambda: database.sql(busy) == "0", 3), "no session of the server is left in a transaction")
        tap.equal(server.stop(), 0, "the server ends with 0 and leaks nothing", server.log_text()[-1500:])
        tap.equal(server.reports(), "", "no sanitizer report")
        # The same by HTTP/1.1 on the edge's socket.
        server.settings["edge_http2"] = "off"
        server.start()
        http1(server, key, lambda: h2.unix(server.socket_path), "HTTP/1.1 on the edge's socket")
        tap.equal(server.stop(), 0, "the server ends with 0 and leaks nothing (HTTP/1.1 leg)", server.log_text()[-1500:])
        tap.equal(server.reports(), "", "no sanitizer report (HTTP/1.1 leg)")
    tap.done()


main()
