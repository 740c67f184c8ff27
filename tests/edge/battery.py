"""Runs attack modes against the shipped edge and a server behind it, beside a good client, and judges: every request of
the good client answered, no process gone, memory bounded. Times are measured and told, never judged in the short form."""
import multiprocessing
import os
import queue
import threading
import time

import attack_modes
import h2
import hansa

MEMORY_MB = 200  # promise X2: growth of server and edge together while a mode runs


class GoodClient(threading.Thread):
    """One honest client: a request, a `pause` (20 ms), the next one, over one HTTP/2 connection."""

    def __init__(self, edge, path, key, source="127.0.0.9", expected=(200, 404)):
        super().__init__(daemon=True)
        self.edge, self.path, self.key, self.source, self.expected = edge, path, key, source, expected
        self.times, self.failures, self.is_over, self.pause = [], [], threading.Event(), 0.02

    def run(self):
        connection = None
        while not self.is_over.is_set():
            started = time.monotonic()
            try:
                if connection is None or connection.goaway is not None or connection.next_stream > 20000:
                    connection = h2.Connection(self.edge.tls(("h2",), self.source))
                status = connection.get(self.path, [("authorization", "Bearer " + self.key)])[0]
                if status not in self.expected:
                    self.failures.append("status %s" % status)
            except (h2.Gone, OSError) as why:
                self.failures.append(str(why))
                connection = None
            self.times.append(time.monotonic() - started)
            self.is_over.wait(self.pause)
        if connection:
            connection.close()

    def end(self):
        self.is_over.set()
        self.join(15)
        return self

    def percentile(self, share):
        times = sorted(self.times) or [0]
        return 1000 * times[min(len(times) - 1, int(len(times) * share))]


class Verdict:
    """What came of one mode."""

    def __init__(self, mode):
        self.mode, self.claims, self.faults = mode, [], []
        self.good, self.grown_mb = None, 0

    def line(self):
        return "%-26s good client %4d asked %d failed p99 %7.1f ms max %7.1f ms  memory %+6.1f MB" % (
            self.mode, len(self.good.times), len(self.good.failures), self.good.percentile(0.99), self.good.percentile(1), self.grown_mb)


def run_mode(mode, edge, server, number, seconds, key, path="/v1/tracking/GOOD1", sources=1):
    """Runs one mode from `sources` addresses of its own and gives the Verdict."""
    verdict = Verdict(mode.__name__)
    before = edge.rss_mb() + hansa.rss_mb(server.pid)
    peak, over = [before], threading.Event()

    def watch():
        while not over.wait(0.05):
            peak[0] = max(peak[0], edge.rss_mb() + hansa.rss_mb(server.pid))
    # Attackers are processes of their own: in one process their Python would slow the good client down and not the edge.
    ways = multiprocessing.get_context("fork")
    told, start = ways.Queue(), ways.Event()

    def attack(source):
        os.nice(10)  # their processor time is not ours to give: on a real attack it is spent elsewhere
        start.wait(10)
        try:
            attacker = attack_modes.Attacker(edge, server, source, seconds, key)
            told.put(([(bool(holds), text) for holds, text in mode(attacker) or []], ""))
        except Exception as error:  # a broken attack is a broken test, not a held promise
            told.put(([], "the attack itself failed: %r" % error))
    attackers = [ways.Process(target=attack, args=("127.0.%d.%d" % (1 + number, 2 + i),), daemon=True) for i in range(sources)]
    for attacker in attackers:
        attacker.start()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    verdict.good = GoodClient(edge, path, key)
    verdict.good.start()
    start.set()
    for _ in attackers:
        try:
            claims, fault = told.get(timeout=seconds + 60)
            verdict.claims += claims
            verdict.faults += [fault] if fault else []
        except queue.Empty:
            verdict.faults.append("the attack itself hangs")
    for attacker in attackers:
        attacker.join(5)
        if attacker.is_alive():
            attacker.kill()
    verdict.good.end()
    over.set()
    watcher.join(2)
    verdict.grown_mb = peak[0] - before
    if verdict.good.failures:
        verdict.faults.append("good client: %d of %d failed: %s" % (len(verdict.good.failures), len(verdict.good.times), verdict.good.failures[:5]))
    if len(verdict.good.times) < 3:
        verdict.faults.append("good client: only %d requests" % len(verdict.good.times))
    if not server.is_alive():
        verdict.faults.append("the server is gone: %s\n%s" % (server.log_text()[-1500:], server.reports()))
    if not edge.is_alive():
        verdict.faults.append("the edge is gone: " + edge.log_text()[-1500:])
    if verdict.grown_mb > MEMORY_MB:
        verdict.faults.append("memory grew by %.0f MB" % verdict.grown_mb)
    verdict.faults += [text for holds, text in verdict.claims if not holds]
    return verdict
