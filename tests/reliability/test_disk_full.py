#!/usr/bin/env python3
"""Promise D4: when PostgreSQL's disk is full, writes are answered 503, nothing acknowledged is lost, and all is well again
when there is room. Needs root for a small tmpfs of its own."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import events_load
import hansa

tap = hansa.Tap()


def fill(folder):
    """Takes all room that is left but a little; gives the file's path."""
    path = folder + "/ballast"
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
    return path


def main():
    folder = hansa.place("small")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode:
        os.rmdir(folder)
        tap.skip("full disk (D4)", "needs root and the right to mount a tmpfs")
        tap.done()
    try:
        os.chmod(folder, 0o755)
        with hansa.Cluster(data=folder + "/pg") as cluster, hansa.Server(cluster) as server:
            _, key = server.tenant("full")
            events_load.shipment_make(server, key, "FULL1")
            load = events_load.EventsLoad(server, key, "FULL1", count=2).start()
            time.sleep(1)
            ballast = fill(folder)
            tap.ok(hansa.wait_for(lambda: load.statuses.get(503, 0) > 0, 60, 0.2), "full disk: writes are answered 503", load.statuses)
            tap.equal(server.probe("/healthz"), 200, "full disk: the server lives")
            os.unlink(ballast)
            # PostgreSQL may have ended in a PANIC when its log could not grow: whoever runs it starts it again.
            time.sleep(1)
            cluster.start()
            before = len(load.acknowledged)
            tap.ok(hansa.wait_for(lambda: len(load.acknowledged) > before + 5, 30), "room again: events are taken again", load.statuses)
            load.end()
            lost, doubled = load.lost_and_doubled(cluster.sql)
            tap.equal((lost, doubled), ([], []), "full disk: nothing acknowledged is lost, nothing doubled")
            tap.equal(load.strange[:3], [], "full disk: nothing but success, 503 or a broken connection was answered", load.statuses)
            hansa.note(load.statuses)
            tap.equal(server.stop(), 0, "the server ends with 0", server.log_text()[-1500:])
            tap.equal(server.reports(), "", "no sanitizer report")
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        os.rmdir(folder)
    tap.done()


main()
