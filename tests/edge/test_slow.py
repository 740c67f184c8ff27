#!/usr/bin/env python3
"""Promises X5 and X6: slow clients are closed (head 5 s, body, reading 30 s without progress, idle 60 s), on HTTP/1.1 and
HTTP/2, whatever they send to stay; and what TLS is spoken. All slow connections run at the same time, so the whole takes as
long as the slowest limit. A good client beside them is always answered."""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import battery
import h2
import hansa

tap = hansa.Tap()
LONGEST = 75


def closed_after(sock, keep=None, every=1.0, read=True):
    """Seconds until the other side closes, sending what keep(n) gives each `every` seconds; None when it never does."""
    started, n, at = time.monotonic(), 0, time.monotonic() + every
    sock.settimeout(0.1)
    while time.monotonic() - started < LONGEST:
        try:
            if keep and time.monotonic() >= at:
                at += every
                n += 1
                sock.sendall(keep(n))
            if read:
                if not sock.recv(65536):
                    return time.monotonic() - started
            else:
                # Not reading: a closed connection shows when writing, or as a reset or hang-up on the descriptor.
                time.sleep(0.1)
                with open("/proc/net/tcp", encoding="ascii") as table:
                    if not any(is_open(line, sock) for line in table):
                        return time.monotonic() - started
        except TimeoutError:
            continue
        except (OSError, ValueError):
            return time.monotonic() - started
    return None


def is_open(line, sock):
    """Is that line of /proc/net/tcp the edge's end of this connection, established?"""
    words = line.split()
    mine = "%08X:%04X" % (int.from_bytes(socket.inet_aton(sock.getsockname()[0]), "little"), sock.getsockname()[1])
    return len(words) > 3 and words[2] == mine and words[3] == "01"


def slow_modes(key):
    """name, longest seconds it may live, protocol, what to send first, what to send to stay, how often, does it read."""
    auth = [("authorization", "Bearer " + key)]
    start = h2.PREFACE + h2.settings()
    post = auth + [("content-type", "application/json"), ("content-length", "1000")]
    h1_post = ("POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n" % key).encode()
    h1_large = ("POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n" % key).encode() + b"[" * 40000
    big = h2.request(1, "/openapi.json")
    return [
        ("HTTP/1.1 head, a byte a second", 8, "http/1.1", b"GET / HTTP/1.1\r\nX: ", lambda n: b"a", 1, True),
        ("HTTP/1.1 head, a field a second", 8, "http/1.1", b"GET / HTTP/1.1\r\n", lambda n: b"x: y\r\n", 1, True),
        ("HTTP/1.1 nothing at all", 20, "http/1.1", b"", None, 1, True),
        ("HTTP/1.1 idle after an answer", 20, "http/1.1", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", None, 1, True),
        ("HTTP/1.1 body, a byte a second", 20, "http/1.1", h1_post, lambda n: b"a", 1, True),
        ("HTTP/1.1 large body that stops", 25, "http/1.1", h1_large, None, 1, True),
        ("HTTP/1.1 large body, a byte in two seconds", 60, "http/1.1", h1_large, lambda n: b"[", 2, True),
        ("HTTP/1.1 never reads", 60, "http/1.1", b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 60, None, 1, False),
        ("HTTP/2 nothing at all", 25, "h2", b"", None, 1, True),
        ("HTTP/2 preface and nothing", 25, "h2", start, None, 1, True),
        ("HTTP/2 idle after an answer", 70, "h2", start + h2.request(1), None, 1, True),
        ("HTTP/2 head without end", 25, "h2", start + h2.frame(h2.HEADERS, 1, 1, h2.request_block()), None, 1, True),
        ("HTTP/2 head, an empty CONTINUATION a second", 70, "h2", start + h2.frame(h2.HEADERS, 1, 1, h2.request_block()), lambda n: h2.frame(h2.CONTINUATION, 0, 1), 1, True),
        ("HTTP/2 body, a byte a second", 25, "h2", start + h2.request(1, "/v1/tracking/events", "POST", post, end=False), lambda n: h2.frame(h2.DATA, 0, 1, b"["), 1, True),
        ("HTTP/2 pings and no request", 70, "h2", start, lambda n: h2.frame(h2.PING, 0, 0, b"12345678"), 2, True),
        ("HTTP/2 closed window", 60, "h2", h2.PREFACE + h2.settings((4, 0)) + big, None, 1, True),
        ("HTTP/2 closed window and pings", 70, "h2", h2.PREFACE + h2.settings((4, 0)) + big, lambda n: h2.frame(h2.PING, 0, 0, b"12345678"), 2, True),
        ("HTTP/2 never reads", 60, "h2", start + b"".join(h2.window(0, 1 << 20) + h2.request(n, "/openapi.json") for n in range(1, 63, 2)), None, 1, False),
    ]


def slow(edge, key):
    good = battery.GoodClient(edge, "/v1/tracking/SLOW", key)
    good.start()
    results, threads = {}, []

    def one(number, mode):
        name, longest, protocol, first, keep, every, is_reading = mode
        try:
            sock = edge.tls((protocol,), "127.0.3.%d" % (2 + number))
            if not is_reading:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(first)
            results[name] = closed_after(sock, keep, every, is_reading)
            sock.close()
        except OSError as error:
            results[name] = repr(error)
    modes = slow_modes(key)
    for number, mode in enumerate(modes):
        threads.append(threading.Thread(target=one, args=(number, mode), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join(LONGEST + 10)
    good.end()
    for name, longest, *_ in modes:
        took = results.get(name)
        tap.ok(isinstance(took, float) and took <= longest, "%s: closed within %d s" % (name, longest), "closed after %r" % took)
        hansa.note("%s: %s" % (name, "%.1f s" % took if isinstance(took, float) else took))
    tap.ok(not good.failures, "the good client beside them is always answered", good.failures[:5])
    hansa.note("good client: %d requests, p99 %.1f ms" % (len(good.times), good.percentile(0.99)))


def tls_speaks(edge, *words):
    """What openssl's client says of a handshake with these options; empty when it fails."""
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % edge.port] + list(words), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=15, check=False)
    said = done.stdout.decode(errors="replace")
    return "" if "Cipher is (NONE)" in said or "New, TLS" not in said and "New, (NONE)" in said else said


def tls(edge):
    tap.ok("TLSv1.3" in tls_speaks(edge, "-tls1_3"), "TLS 1.3 is spoken (X6)")
    said = tls_speaks(edge, "-tls1_2")
    tap.ok("TLSv1.2" in said and "ECDHE" in said, "TLS 1.2 with ECDHE is spoken (X6)", said[-800:])
    tap.ok("Compression: NONE" in said, "no TLS compression (X6)")
    for version in ("-tls1_1", "-tls1"):
        tap.equal(tls_speaks(edge, version, "-cipher", "ALL:@SECLEVEL=0"), "", "no %s (X6)" % version)
    for cipher in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "DHE-RSA-AES256-GCM-SHA384", "NULL", "aNULL"):
        tap.equal(tls_speaks(edge, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0"), "", "no cipher %s (X6)" % cipher)
    with edge.tls(("h2", "http/1.1")) as sock:
        tap.equal(sock.selected_alpn_protocol(), "h2", "ALPN prefers h2")
    with edge.tls(("http/1.1",)) as sock:
        tap.equal(sock.selected_alpn_protocol(), "http/1.1", "ALPN takes http/1.1")
    context = ssl.create_default_context(cafile=hansa.certificate()[1])
    for name in ("localhost", "127.0.0.1"):
        with socket.create_connection(("127.0.0.1", edge.port), 5) as plain, context.wrap_socket(plain, server_hostname=name) as sock:
            tap.ok(sock.version() == "TLSv1.3", "the certificate is good for " + name)


def reload(edge, key):
    """X6: a reload (as for a new certificate) drops no request."""
    import signal
    good = [battery.GoodClient(edge, "/v1/tracking/RELOAD", key, "127.0.2.%d" % (2 + n)) for n in range(3)]
    for client in good:
        client.start()
    before = edge.workers
    for _ in range(2):
        time.sleep(0.7)
        edge.process.send_signal(signal.SIGUSR2)
    time.sleep(1.5)
    for client in good:
        client.end()
        tap.ok(not client.failures, "reload of the edge: no request fails", client.failures[:5])
    edge.workers = hansa.children_of(edge.process.pid)
    tap.ok(edge.process.poll() is None and set(edge.workers) - set(before), "reload of the edge: a new worker serves", (before, edge.workers))


def main():
    with hansa.Database() as database, hansa.Server(database) as server:
        _, key = server.tenant("slow")
        with hansa.Edge(server) as edge:
            tls(edge)
            slow(edge, key)
            tap.ok(edge.is_alive(), "the edge lives")
            reload(edge, key)
        tap.equal(server.stop(), 0, "the server ends with 0", server.log_text()[-1500:])
        tap.equal(server.reports(), "", "no sanitizer report")
    tap.done()


main()
