#!/usr/bin/env python3
"""Promises J1, J2, S3: what is queued in a transaction runs once when it commits and never when it does not; many workers, killed
at random, do each job once; a worker that is asked to end gives back what it has."""
import random
import time

import hansa
from job_world import TENANTS, JobWorld


def check_transaction(tap, world):
    world.queue("a", "probe.count", "jsonb_build_object('n', n)", 20)
    world.sql("begin; select core.api_job('%s', 'probe.count', '{\"never\": true}'); rollback" % TENANTS["a"])
    tap.ok(hansa.wait_for(lambda: world.runs() == 20 and world.left() == 0, 10), "what was queued and committed has run, and is gone from the queue",
           "%d runs, %d left" % (world.runs(), world.left()))
    tap.equal(world.runs("payload ? 'never'"), 0, "what was rolled back never runs (J1)")
    tap.equal(world.number("count(distinct tenant_id) from probe.run where tenant_id = '%s'" % TENANTS["a"]), 1, "it ran within its tenant")
    tap.equal(world.sql("select distinct context ->> 'actor_kind', context ->> 'endpoint', (context ->> 'request_id')::uuid = job_id from probe.run "
                        "where kind = 'probe.count'"), "SYSTEM|probe/count|t", "the audit will know who was at work")


def main():
    tap = hansa.Tap()
    with JobWorld() as world:
        with world.worker() as worker:
            check_transaction(tap, world)
            print(worker.log_text()[-1500:])
            print(worker.metrics()[-1500:])
    tap.done()


if __name__ == "__main__":
    main()
