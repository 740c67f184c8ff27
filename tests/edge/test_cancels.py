#!/usr/bin/env python3
"""Anybody may cancel what he asked for, at any moment and as often as he likes: the server lives (sanitized, so that it would say what it
touched after it was freed), others are answered, and his address's other connections too. The long form is tests/edge/cancels."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import battery
import cancel_modes
import cancelled
import client
import h2
import hansa

SECONDS, SECONDS_H1, SECONDS_BURSTS = 14, 5, 10
FRONTS = 8


def apart(tap, run, edge):
    """The budget of cancels is a connection's of the edge: it must be one client's alone."""
    clients, before = [], cancelled.counter(run.server, "hansa_client_connections")
    for _ in range(FRONTS):
        clients.append(h2.Connection(edge.tls(("h2",), "127.0.6.9")))
        for one in clients:
            one.get("/healthz")
    tap.ok(hansa.wait_for(lambda: cancelled.counter(run.server, "hansa_client_connections") >= before + FRONTS - 1, 5),
           "the edge never sends two clients' requests over one connection, also of one address", (before, run.server.metrics()[-2500:]))
    for one in clients:
        one.close()


def neighbours(tap, run, edge, target, own):
    """One connection bursts within the edge's rates; two others of the same address ask politely all the while."""
    server, source, before = run.server, "127.0.6.2", cancelled.serving(run.server)
    cut, sent_before = cancelled.closed_for(server, "cancels"), cancelled.counter(server, "hansa_requests_cancelled_total")
    seed = int(time.time())
    attack = cancelled.Attack([lambda: cancel_modes.bursts(edge, target, source, SECONDS_BURSTS, seed)])
    good = [battery.GoodClient(edge, path, own.key, source, expected=(200,)) for path in ("/v1/tracking/" + target.number, "/track/" + target.token)]
    for one in good:
        one.pause = 0.1
        one.start()
    sent, faults = attack.run(SECONDS_BURSTS)
    for more in range(4):  # on a machine that answers within a millisecond few are cancelled
        if cancelled.closed_for(server, "cancels") == cut:
            sent += cancelled.Attack([lambda by=more: cancel_modes.bursts(edge, target, source, SECONDS_BURSTS, seed + by + 1)]).run(SECONDS_BURSTS)[0]
    for one in good:
        one.end()
    hansa.note("seed %d: %s requests sent and cancelled, %d connections of the edge closed for it; politely asked %s" % (
        seed, sent, cancelled.closed_for(server, "cancels") - cut, [len(one.times) for one in good]))
    tap.ok(not faults, "bursts of cancels are sent", faults)
    tap.ok(cancelled.counter(server, "hansa_requests_cancelled_total") - sent_before > 300, "and reach the server")
    tap.ok(cancelled.closed_for(server, "cancels") > cut, "the budget of cancels is exceeded and the connection closed", server.metrics()[-3000:])
    tap.ok(all(not one.failures and len(one.times) > 20 for one in good), "no request of the same address's other connections fails", [one.failures[:5] for one in good])
    tap.ok(cancelled.serving(server) == before, "the same process serves as before", server.log_text()[-1500:])


def main():
    tap = hansa.Tap()
    with client.Run("cancels", may=("core/overloaded", "core/deadline", "core/unavailable"), sanitizer=":quarantine_size_mb=64") as run:
        own, other = run.world("own", full=False), run.world("other", full=False)
        target = cancelled.target_of(run, own)
        with hansa.Edge(run.server) as edge:
            apart(tap, run, edge)
            neighbours(tap, run, edge, target, own)
        for is_http2, seconds in ((True, SECONDS), (False, SECONDS_H1)):
            tap.equal(run.server.stop(), 0, "the server ends with 0", run.server.log_text()[-2000:])
            run.server.settings.update(cancelled.SMALL_SERVER, edge_http2="on" if is_http2 else "off")
            run.server.start()
            with hansa.Edge(run.server, http2=is_http2, **cancelled.OPEN_EDGE) as edge:
                closed = cancelled.phases(tap, run, edge, target, other, seconds, int(time.time()), is_http2)
                tap.ok(closed > 0, "the budget of cancels is exceeded and connections are closed" if is_http2 else "who left is seen before his call begins (M5)", closed)
                cancelled.afterwards(tap, run, edge, target, own)
    tap.equal(run.server.reports(), "", "no sanitizer report, also of the end")
    tap.done()


if __name__ == "__main__":
    main()
