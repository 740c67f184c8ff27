#!/usr/bin/env python3
"""Promises D1, D3, D9, S6: what was answered with success is there after PostgreSQL or the server was killed in mid-load,
nothing is there twice, and both come back without a hand being lifted. On a cluster with fsync and full page writes."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import events_load
import hansa

ROUNDS = int(os.environ.get("HANSA_KILL_ROUNDS", "3"))
tap = hansa.Tap()


def ready_within(server, seconds):
    started = time.monotonic()
    is_ready = hansa.wait_for(lambda: server.probe("/readyz") == 200, seconds)
    return is_ready, time.monotonic() - started


def judge(load, cluster, name):
    lost, doubled = load.lost_and_doubled(cluster.sql)
    tap.ok(len(load.acknowledged) > 20, "%s: the load got through (%d events acknowledged)" % (name, len(load.acknowledged)), load.statuses)
    tap.equal(lost, [], "%s: no acknowledged event is lost" % name)
    tap.equal(doubled, [], "%s: no event is there twice" % name)
    tap.equal(load.strange[:5], [], "%s: nothing but success, 503 or a broken connection was answered" % name, load.statuses)
    hansa.note("%s: %s" % (name, load.statuses))


def main():
    with hansa.Cluster() as cluster, hansa.Server(cluster) as server:
        tap.equal(cluster.sql("select string_agg(current_setting(n), ' ') from unnest(array['fsync','synchronous_commit','full_page_writes','data_checksums']) n"),
                  "on on on on", "the cluster that deploy/cluster.sh makes is durable (D3)")
        keys = [server.tenant("durable-%d" % n)[1] for n in range(4)]
        for key in keys:
            events_load.shipment_make(server, key, "DUR1")

        load = events_load.EventsLoad(server, keys, "DUR1", count=16).start()
        for n in range(ROUNDS):
            time.sleep(1)
            before = len(load.acknowledged)
            cluster.kill()
            tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 503, 5), "kill -9 %d: readiness goes" % n)
            tap.equal(server.probe("/healthz"), 200, "kill -9 %d: the server is alive without its database" % n)
            cluster.start()
            is_ready, took = ready_within(server, 10)
            tap.ok(is_ready and took < 5, "kill -9 %d: ready again within 5 s of the database" % n, "%.1f s" % took)
            tap.ok(hansa.wait_for(lambda: len(load.acknowledged) > before + 5, 10), "kill -9 %d: events are taken again" % n)
        judge(load.end(), cluster, "PostgreSQL killed")

        load = events_load.EventsLoad(server, keys, "DUR1")
        load.acknowledged.clear()
        load.start()
        for n in range(ROUNDS):
            time.sleep(1)
            server.kill()
            time.sleep(0.3)
            started = time.monotonic()
            server.start()
            took = time.monotonic() - started
            tap.ok(took < 3, "server killed %d: ready in 3 s, nothing left behind blocks the start (S6)" % n, "%.1f s" % took)
        time.sleep(1)
        judge(load.end(), cluster, "server killed")
        tap.equal(server.stop(), 0, "the server ends with 0", server.log_text()[-2000:])
        tap.equal(server.reports(), "", "no sanitizer report")
    tap.done()


main()
