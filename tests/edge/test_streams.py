#!/usr/bin/env python3
"""Streams of events through the shipped edge, over HTTP/2 and TLS: they come as they happen, go on behind their id, and end when the
client leaves. Then readers who take nothing, on every way in: they hold one page each, others get everything meanwhile, and they are cut."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client
import h2
import hansa
import sse
import world

PATH = "/v1/tracking/stream"
SLOW = 21
EVENTS = 9000
BATCH = 1000
GONE_SECONDS = 60  # the edge's `timeout client` 15 s behind a keep-alive every 10 s; the server's own limit is less
GROWTH_MB = 45


class Curl:
    """`curl --http2` on the edge: another's client, which must understand what we send."""

    def __init__(self, edge, key, last_id=None):
        words = ["curl", "-sSN", "--http2", "--noproxy", "*", "--cacert", hansa.certificate()[1], "-K", "-", "-D", "-",
                 "https://localhost:%d%s" % (edge.port, PATH), "-H", "accept: text/event-stream"]
        self.process = subprocess.Popen(words + (["-H", "last-event-id: " + last_id] if last_id else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(('header = "authorization: Bearer %s"\n' % key).encode())
        self.process.stdin.close()
        self.lines, self.events, self.last_id = [], [], None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for raw in self.process.stdout:
            line = raw.decode().rstrip("\r\n")
            self.lines.append(line)
            if line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("data: "):
                self.events.append(json.loads(line[6:]))

    def ids(self):
        return [e["event"]["event_id"] for e in list(self.events)]

    def leave(self):
        self.process.kill()
        self.process.wait()
        self.thread.join(5)


def recorded(run, own, begin):
    """Ids of the tenant's events in the order of the stream, behind the first ones."""
    return run.database.sql("select event_id from tracking.event where tenant_id = '%s' order by position, event_id offset %d;" % (own.tenant, begin)).split()


def tell(own, number, count):
    stem = world.unique("s")
    own.events([{"number": number, "source": "test", "source_event_id": "%s-%d" % (stem, i), "code": "ENR", "event_time": "2026-03-10T10:00:00Z"}
                for i in range(count)])


def open_streams(run):
    return next(line.split()[1] for line in run.server.metrics().splitlines() if line.startswith("hansa_streams "))


def over_http2(tap, run, edge, own, number):
    before = len(recorded(run, own, 0))
    reader = Curl(edge, own.key)
    tap.ok(hansa.wait_for(lambda: reader.last_id, 5), "over HTTP/2 through the edge a stream begins", reader.lines)
    tap.ok(reader.lines and reader.lines[0].strip() == "HTTP/2 200" and any(line.lower().startswith("content-type: text/event-stream") for line in reader.lines),
           "with HTTP/2 and the type of an event stream", reader.lines[:20])
    tell(own, number, 3)
    wanted = recorded(run, own, before)
    tap.ok(hansa.wait_for(lambda: len(reader.events) >= 3, 5) and reader.ids() == wanted, "events come at once, not when a buffer is full", (reader.ids(), wanted))
    last_id = reader.last_id
    reader.leave()
    tap.ok(hansa.wait_for(lambda: open_streams(run) == "0", 5), "the server learns that the client has left", open_streams(run))
    tell(own, number, 2)
    reader = Curl(edge, own.key, last_id)
    tap.ok(hansa.wait_for(lambda: len(reader.events) >= 2, 5) and reader.ids() == wanted[3:] + recorded(run, own, before + 3), "an id leads on", reader.ids())
    other = Curl(edge, "hansa_live_" + "0" * 22)
    other.thread.join(10)
    tap.ok(other.process.wait(10) == 0 and "401" in other.lines[0], "without a good key there is no stream", other.lines[:1])
    reader.leave()


def slow_readers(run, edge, own):
    """Sockets that ask for the stream and take nothing of it: straight to the server, and through the edge by HTTP/1.1 and HTTP/2."""
    head = "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n" % (PATH, own.key)
    made = []
    for n in range(SLOW):
        if n % 3 == 0:
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", run.server.port))
            sock.sendall(head.encode())
        else:
            sock = edge.tls(("h2",) if n % 3 == 1 else ("http/1.1",), "127.0.4.%d" % (2 + n))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if n % 3 == 1:  # and never opens its window again
                sock.sendall(h2.PREFACE + h2.settings() + h2.request(1, PATH, extra=[("authorization", "Bearer " + own.key), ("accept", "text/event-stream")]))
            else:
                sock.sendall(head.encode())
        made.append(sock)
    return made


def slow(tap, run, edge, own, number):
    hansa.wait_for(lambda: open_streams(run) == "0", 5)
    before = len(recorded(run, own, 0))
    with sse.Reader(edge, PATH, own.key) as good:
        good.wait(lambda: good.last_id)
        made = slow_readers(run, edge, own)
        tap.ok(hansa.wait_for(lambda: open_streams(run) == str(SLOW + 1), 10), "slow readers are let in", open_streams(run))
        rss = hansa.rss_mb(run.server.pid)
        for _ in range(EVENTS // BATCH):
            tell(own, number, BATCH)
        wanted = recorded(run, own, before)
        tap.ok(good.wait_for_ids(wanted, 60), "who reads gets each of %d events once and in order, beside %d who do not" % (EVENTS, SLOW), len(good.event_ids()))
        size = sum(len(e.data) for e in good.told()) / 1e6
        growth = hansa.rss_mb(run.server.pid) - rss
        hansa.note("%.1f MB for each reader; the server grew by %.1f MB" % (size, growth))
        tap.ok(size * SLOW > GROWTH_MB, "what is told is more than the server may grow by", size * SLOW)
        tap.ok(growth < GROWTH_MB, "for those who do not read nothing is piled up", growth)
        tap.ok(hansa.wait_for(lambda: open_streams(run) == "1", GONE_SECONDS, 0.5), "and they are cut", open_streams(run))
        tell(own, number, 1)
        tap.ok(good.wait_for_ids(recorded(run, own, before)), "who reads goes on", len(good.event_ids()))
    for sock in made:
        with contextlib.suppress(OSError):
            sock.close()


def main():
    tap = hansa.Tap()
    with client.Run("streams", max_streams_tenant=50, sanitizer=":quarantine_size_mb=8") as run, hansa.Edge(run.server) as edge:
        own = run.world("one", full=False)
        number = own.shipment()["tracking_number"]
        over_http2(tap, run, edge, own, number)
        slow(tap, run, edge, own, number)
        tap.ok(edge.is_alive() and run.server.is_alive(), "edge and server are alive")
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
