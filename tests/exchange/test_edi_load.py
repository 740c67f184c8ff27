#!/usr/bin/env python3
"""Many large files at once (promises X2, I5): they wait for one another by tenant and in all, by the server's own count; its memory grows
by less than X2 allows; a neighbour is answered meanwhile; a line that is too long is told so. With a number as its argument the files
have so many bytes."""
import contextlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import client
import hansa
import world

AT_ONCE, GROWTH_MB = 12, 200
SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 150_000  # of a file; a megabyte is the most that is taken, and takes long where much else runs
MEMORY = ":quarantine_size_mb=8:malloc_context_size=0"  # else what counts would be AddressSanitizer's own


def large(control):
    """A file of thousands of events that lacks its end: all of it is read, then it is refused as a whole and costs
    PostgreSQL nothing. Nothing takes more memory: the sets of a refused file are kept as trees."""
    def one():
        return (world.unique("PR"), world.unique("LD"), [("X6", "20260301", "%02d%02d" % (n // 60, n % 60), "CT", "JOLIET", "IL") for n in range(100)])
    each = len(world.edi_214(control=control, sets=[one()]))
    text = world.edi_214(control=control, sets=[one() for _ in range(SIZE // each)])
    return text[:text.rindex("GE*")].encode()


def counter(run, name):
    return int(next(line.split()[1] for line in run.server.metrics().splitlines() if line.startswith(name + " ")))


class Watch(threading.Thread):
    """Looks at the server's memory and asks as another tenant all the while."""

    def __init__(self, run, other):
        super().__init__(daemon=True)
        self.run_, self.other, self.is_over = run, other, threading.Event()
        self.before = self.peak = self.memory()
        self.answers = []

    def memory(self):
        return sum(hansa.rss_mb(pid) for pid in [self.run_.server.pid] + hansa.children_of(self.run_.server.pid))

    def run(self):
        while not self.is_over.wait(0.02):
            self.peak = max(self.peak, self.memory())
            self.answers.append(self.other.get("/v1/shipments?limit=1").status)

    def end(self):
        self.is_over.set()
        self.join(30)
        return self.peak - self.before


def post_many(run, key, files):
    """All at once; the answers."""
    start = threading.Barrier(len(files))

    def one(text):
        with contextlib.closing(run.server.connect(450)) as connection:
            connection.connect()
            start.wait(30)
            return hansa.ask(connection, "POST", "/v1/edi/messages", text, key, world.EDI)
    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(one, files))


def many(tap, run, own, other):
    text = large(71)
    [first] = post_many(run, own.key, [text])
    tap.ok(first.status in (200, 422), "a file of %d bytes without its end is answered" % len(text), first)
    tap.equal(run.ask("POST", "/v1/edi/messages", world.edi_214(control=72), other.key, world.EDI).status, 200, "a small one as well")
    watch = Watch(run, other)
    watch.start()
    began = time.monotonic()
    answers = post_many(run, own.key, [text] * AT_ONCE)
    grown = watch.end()
    hansa.note("%d files at once in %.1f s: memory %+.0f MB from %.0f MB" % (AT_ONCE, time.monotonic() - began, grown, watch.before))
    tap.equal({a.status for a in answers}, {first.status}, "%d of them at once are answered like the one, one after another" % AT_ONCE, [a.status for a in answers])
    tap.equal(counter(run, "hansa_bulky_calls_tenant_most"), 1, "by the server's count never more than one of a tenant was at work")
    tap.ok(grown < GROWTH_MB, "its memory grew by less than %d MB (X2)" % GROWTH_MB, grown)
    tap.equal(set(watch.answers), {200}, "a neighbour was answered all the while")


def tenants(tap, run, worlds):
    """Of several tenants at once no more than two."""
    text = large(73)
    with ThreadPoolExecutor(len(worlds)) as pool:
        answers = [one for [one] in pool.map(lambda own: post_many(run, own.key, [text]), worlds)]
    tap.equal(len({a.status for a in answers} - {503}), 1, "of %d tenants each is answered" % len(worlds), [a.status for a in answers])
    tap.ok(1 <= counter(run, "hansa_bulky_calls_most") <= 2, "never more than two of all were at work", counter(run, "hansa_bulky_calls_most"))


def too_many(tap, run, own):
    answers = post_many(run, own.key, [large(74)] * AT_ONCE)
    refused = [a for a in answers if a.status == 503]
    tap.ok(refused and len(refused) < AT_ONCE, "when the line is full, some are refused and some are taken", [a.status for a in answers])
    tap.equal({(a.status, a.json["type"], a.headers.get("retry-after")) for a in refused}, {(503, "/problems/core/overloaded", "1")}, "and told when to come again")
    tap.ok(hansa.wait_for(lambda: counter(run, "hansa_calls") <= 1, 10), "nothing is left in line", counter(run, "hansa_calls"))
    segments = run.ask("POST", "/v1/edi/messages", world.edi_214(control=75, sets=[]).replace("GE*", "Q~" * 110000 + "GE*").encode(), own.key, world.EDI)
    tap.ok(segments.status == 422 and "100,000 segments" in segments.json["detail"], "a file of more segments than are read is told so", segments)


def main():
    tap = hansa.Tap()
    # on a machine that is slow, or sanitized, a line of twelve takes its time: that is not what is judged
    with client.Run("load", may=("core/overloaded",), sanitizer=MEMORY, slow_deadline_ms=300000) as run:
        own, other, third = (run.world(name, full=False) for name in ("own", "other", "third"))
        many(tap, run, own, other)
        tenants(tap, run, (own, other, third))
        tap.equal(run.server.stop(), 0, "the server ends with 0")
        run.server.settings["max_bulky_waiting"] = 2
        run.server.start()
        too_many(tap, run, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
