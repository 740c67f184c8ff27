#!/usr/bin/env python3
"""Promises J1, J2, S3: what is queued in a transaction runs once when it commits and never when it does not; many workers, killed
at random, do each job once; a worker that is asked to end gives back what it has."""
import random
import time

import hansa
from job_world import TENANTS, JobWorld

MANY = 3000


def check_transaction(tap, world):
    world.queue("a", "probe.count", "jsonb_build_object('n', n)", 20)
    world.sql("begin; select core.api_job('%s', 'probe.count', '{\"never\": true}'); rollback" % TENANTS["a"])
    tap.ok(hansa.wait_for(lambda: world.runs() == 20 and world.left() == 0, 20), "what was queued and committed has run, and is gone from the queue",
           "%d runs, %d left" % (world.runs(), world.left()))
    tap.equal(world.runs("payload ? 'never'"), 0, "what was rolled back never runs (J1)")
    tap.equal(world.number("count(distinct tenant_id) from probe.run where tenant_id = '%s'" % TENANTS["a"]), 1, "it ran within its tenant")
    tap.equal(world.sql("select distinct context ->> 'actor_kind', context ->> 'endpoint', (context ->> 'request_id')::uuid = job_id from probe.run "
                        "where kind = 'probe.count'"), "SYSTEM|probe/count|t", "the audit will know who was at work")


def check_keys(tap, world):
    world.sql("delete from probe.run")
    world.queue("a", "probe.count", "'{\"keyed\": 1}'", 5, key="'one'", run_at="now() + interval '1 second'")
    tap.equal(world.left(), 1, "of jobs with one key one waits")
    tap.ok(hansa.wait_for(lambda: world.runs() == 1 and world.left() == 0, 20), "and it runs, when its time has come")
    world.queue("a", "probe.count", "'{\"next\": {\"next\": {\"last\": true}}}'")
    tap.ok(hansa.wait_for(lambda: world.runs("payload ? 'last'") == 1, 20), "a job may queue another")


def check_events(tap, world):
    world.sql("insert into core.subscription values ('probe.thing.made', 'probe.count')")
    event = world.sql("select core.api_event('%s', 'probe.thing.made', 'thing', gen_random_uuid(), '{\"n\": 1}')" % TENANTS["b"])
    tap.ok(hansa.wait_for(lambda: world.runs("payload ->> 'event_id' = '%s'" % event) == 1, 20), "an event has the job of its subscription done")


def check_metrics(tap, world, worker):
    text = worker.metrics()
    done = [line for line in text.splitlines() if line.startswith('hansa_jobs_total{kind="probe.count",outcome="done"}')]
    tap.ok(done and int(done[0].split()[-1]) >= 25, "the metrics count what was done", done)
    tap.ok("hansa_job_queue_oldest_seconds" in text, "and how long the oldest has waited")
    lines = [line for line in worker.log_lines() if line.get("message") == "job is done" and line.get("kind") == "probe.count"]
    tap.ok(lines and all(line["room"] == "probe" and len(line["job"]) == 36 for line in lines), "the log names room, kind and job", lines[:1])
    tap.ok('"keyed"' not in worker.log_text(), "and nothing of the payload")


def check_killed(tap, world):
    """J1, J2: three processes, one of them killed about every second, commits and rollbacks mixed."""
    world.sql("delete from probe.run; delete from core.job")
    workers = [world.worker(wait="") for _ in range(3)]
    try:
        for worker in workers:
            worker.start()
        for turn in range(10):
            for tenant in "abc":
                world.queue(tenant, "probe.count", "jsonb_build_object('turn', %d, 'n', n, 'sleep', 0.002)" % turn, MANY // 30)
            world.sql("begin; select core.api_job('%s', 'probe.count', '{\"never\": true}') from generate_series(1, 50); rollback" % TENANTS["a"])
            victim = random.choice(workers)
            victim.kill()
            victim.start()
            time.sleep(0.5)
        tap.ok(hansa.wait_for(lambda: world.left() == 0, 120, 0.5), "with a worker killed about every second, all jobs are done in the end",
               "%d left" % world.left())
        tap.equal(world.runs("payload ? 'turn'"), MANY, "each of %d jobs had its effect" % MANY)
        tap.equal(world.number("count(distinct job_id) from probe.run where payload ? 'turn'"), MANY, "once (J1)")
        tap.equal(world.runs("kind = 'twice at once'"), 0, "and no job ran twice at once (J2)")
        tap.equal(world.runs("payload ? 'never'"), 0, "nothing that was rolled back has run")
        if any(worker.is_alive() for worker in workers):
            tap.equal([worker.stop() for worker in workers], [0, 0, 0], "the workers end cleanly")
        tap.equal("".join(worker.reports() for worker in workers), "", "the sanitizers are silent")
    finally:
        for worker in workers:
            worker.__exit__(ValueError)


def check_drain(tap, world):
    """S3: what runs is ended, what was not begun is given back, nothing waits for a lease."""
    world.sql("delete from probe.run; delete from core.job")
    with world.worker() as worker:
        world.queue("a", "probe.count", "jsonb_build_object('sleep', 0.3)", 60)
        hansa.wait_for(lambda: world.runs() > 0, 20)
        tap.equal(worker.stop(), 0, "a worker that is asked to end while it works ends with 0")
    tap.equal(world.left("lease is not null"), 0, "no job is left under a lease")
    tap.ok(world.left() > 0, "it did not wait for the whole queue", world.left())
    tap.equal(world.left() + world.runs(), 60, "done and waiting are all there are (S3)")
    with world.worker("serve"):
        tap.ok(hansa.wait_for(lambda: world.left() == 0, 60), "hansa serve has a worker too, which does the rest")
    tap.equal(world.runs(), 60, "each once")


def check_none(tap, world):
    world.sql("delete from probe.run")
    with world.worker("serve", job_workers=0):
        world.queue("a", "probe.count")
        time.sleep(1.5)
        tap.equal(world.left(), 1, "with job_workers = 0 hansa serve leaves the work to others")


def main():
    tap = hansa.Tap()
    with JobWorld() as world:
        with world.worker() as worker:
            check_transaction(tap, world)
            check_keys(tap, world)
            check_events(tap, world)
            check_metrics(tap, world, worker)
            tap.equal(worker.request("GET", "/v1/accounts").status, 404, "a worker serves no API")
        check_drain(tap, world)
        check_none(tap, world)
        check_killed(tap, world)
    tap.done()


if __name__ == "__main__":
    main()
