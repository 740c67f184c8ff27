"""Requests that are cancelled at every phase of a call's way: before the door, at the gate, in PostgreSQL, in a reply, in a stream, in an
upload. One Canceller is one hostile address; test_cancels.py and the long form (tests/edge/cancels) run several beside a good client.

Rapid reset is CVE-2023-44487; here the moment of the reset is drawn anew each time, so that it falls into each place where the server
might free what it still needs."""
import contextlib
import os
import random
import struct
import subprocess
import time

import h2
from postgres import url_environment

SETTINGS_INITIAL_WINDOW = 4
BURST = 25  # streams at once; the edge allows 32


class Target:
    """What there is to ask for: a key, a public link, a number, an X12 file, a picture."""

    def __init__(self, own, token, number, edi):
        self.key, self.token, self.number, self.edi = own.key, token, number, edi
        self.png = b"\x89PNG\r\n\x1a\n" + bytes(120000)

    def auth(self, *more):
        return [("authorization", "Bearer " + self.key), *more]


def post(stream, path, media, body, target, part=1.0):
    """A request with its body in frames; `part` < 1 leaves the rest of the body out, and the stream open."""
    cut = body[:int(len(body) * part)]
    head = h2.request(stream, path, "POST", target.auth(("content-type", media), ("content-length", str(len(body)))), end=False)
    frames = [h2.frame(h2.DATA, h2.END_STREAM if part == 1.0 and at + 16384 >= len(cut) else 0, stream, cut[at:at + 16384]) for at in range(0, len(cut), 16384)]
    return head + b"".join(frames)


# --- phases: each gives the bytes that open its streams; (name, streams at once, longest wait before the reset in seconds) ---
def page(s, t, r):
    return h2.request(s, "/track/" + t.token)


def door(s, t, r):
    """Keys that nobody made, so that each is looked up, and none at all."""
    forged = t.key[:-20] + "".join(r.choice("0123456789abcdef") for _ in range(20))
    return h2.request(s, "/v1/tracking/" + t.number, extra=[("authorization", "Bearer " + forged)] if r.random() < 0.5 else t.auth())


def read(s, t, r):
    return h2.request(s, r.choice(["/v1/tracking/%s" % t.number, "/v1/tracking/NONE%d" % s, "/v1/shipments?limit=20", "/v1/accounts?limit=5"]), extra=t.auth())


def write(s, t, r):
    body = ('{"events":[{"number":"%s","source":"cancel","source_event_id":"%x","code":"ENR","event_time":"2026-03-10T10:00:00Z"}]}' % (t.number, r.getrandbits(64))).encode()
    return post(s, "/v1/tracking/events", "application/json", body, t)


def reply(s, t, r):
    return h2.request(s, r.choice(["/openapi.json", "/docs"]), extra=t.auth(("accept-encoding", r.choice(["gzip", "identity"]))))


def stream(s, t, r):
    return h2.request(s, "/v1/tracking/stream", extra=t.auth(("accept", "text/event-stream")))


def upload(s, t, r):
    part = r.choice([0.3, 0.9, 1.0, 1.0])
    return post(s, "/v1/files?name=a.png", "image/png", t.png[:r.choice([20000, 60000])], t, part)


def file(s, t, r):
    return post(s, "/v1/edi/messages", "application/edi-x12", t.edi, t, r.choice([0.5, 1.0, 1.0, 1.0]))


def large(s, t, r):
    """JSON that is looked at by a worker thread, and refused."""
    return post(s, "/v1/tracking/events", "application/json", b'{"events":[' + b" " * 40000 + b"1]}" + b" " * 30000, t, r.choice([0.9, 1.0, 1.0]))


PHASES = [(page, BURST, 0.003), (door, BURST, 0.004), (read, BURST, 0.03), (write, 8, 0.03), (reply, 6, 0.03), (stream, 3, 0.3), (upload, 1, 0.03),
          (file, 2, 0.05), (large, 1, 0.03)]


class Canceller:
    """One address for a while. `run` gives how many streams of each phase it reset and how many ends of connections it met."""

    def __init__(self, edge, target, source, seconds, seed, phases=None):
        self.edge, self.target, self.source, self.seconds = edge, target, source, seconds
        self.random, self.phases = random.Random(seed), phases or PHASES
        self.sent, self.cut = {}, 0

    def run(self):
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                connection = h2.Connection(self.edge.tls(("h2",), self.source, 5), [(SETTINGS_INITIAL_WINDOW, self.random.choice([65535, 65535, 1000]))])
                try:
                    self.rounds(connection, end)
                except h2.Gone:
                    self.cut += 1
                connection.close()
        return self.sent, self.cut

    def rounds(self, connection, end):
        """Up to 60 bursts on one connection, far over the budget of cancels; now and then it leaves without a reset."""
        for _ in range(60):
            if time.monotonic() > end:
                return
            make, count, longest = self.random.choice(self.phases)
            first = connection.next_stream
            connection.next_stream += 2 * count
            ids = range(first, first + 2 * count, 2)
            opening = [make(s, self.target, self.random) for s in ids]
            self.sent[make.__name__] = self.sent.get(make.__name__, 0) + count
            if self.random.random() < 0.2:  # reset in the very bytes that open
                connection.send(b"".join(o + h2.rst(s) for o, s in zip(opening, ids)))
            else:
                connection.send(b"".join(opening))
                time.sleep(self.random.random() ** 2 * longest)
                if self.random.random() < 0.02:
                    return
                connection.send(b"".join(h2.rst(s, self.random.choice([0, 8])) for s in ids))
            connection.send(h2.window(0, 1 << 18))
            connection.drain(0.0005)


class Locks:
    """Somebody who holds a table for moments, again and again, so that calls wait in PostgreSQL and others at the gate behind them."""

    def __init__(self, database, table):
        script = "begin; lock table %s in access exclusive mode; select pg_sleep(0.12); commit; select pg_sleep(0.1);\n" % table
        self.process = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=url_environment(database.super_url))
        self.script, self.writer = script.encode(), None

    def run(self, is_over):
        with contextlib.suppress(OSError):
            while not is_over():
                self.process.stdin.write(self.script)
                self.process.stdin.flush()
                time.sleep(0.22)

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def bursts(edge, target, source, seconds, seed):
    """The shape that killed commit 6724efe: bursts of one cheap page, each reset a moment later, on one connection, within the rates that
    the shipped edge allows a source."""
    chance, sent, end = random.Random(seed), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, h2.Gone):
            connection = h2.Connection(edge.tls(("h2",), source, 5))
            for _ in range(60):
                first = connection.next_stream
                connection.next_stream += 2 * BURST
                ids = range(first, first + 2 * BURST, 2)
                connection.send(b"".join(page(s, target, chance) for s in ids))
                time.sleep(0.0005 + chance.random() * 0.002)
                connection.send(b"".join(h2.rst(s) for s in ids) + h2.window(0, 1 << 18))
                sent += BURST
                connection.drain(0.125)
                if time.monotonic() > end:
                    break
            connection.close()
    return sent
