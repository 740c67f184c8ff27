#!/usr/bin/env python3
"""Promise J4: a crashed worker's job is taken again, poison stops after its tries, others go on. And hands: what is handed to
another tenant arrives once, wherever the worker dies."""
import time

import hansa
from job_world import TENANTS, JobWorld


def check_back_off(tap, world):
    world.queue("a", "probe.count", "'{\"divide\": 0}'")
    world.queue("a", "probe.count", "'{\"raise\": 1}'")
    world.queue("a", "probe.count", "'{\"fine\": 1}'", 30)
    tap.ok(hansa.wait_for(lambda: world.runs() == 30, 20), "beside jobs that fail the others are done", world.runs())
    hansa.wait_for(lambda: world.left("tries >= 2") == 2, 20)
    rows = world.sql("select tries >= 2, last_error, run_at > created_at + interval '1 second' from core.job where payload ?| '{divide,raise}' order by last_error")
    tap.ok(rows.startswith("t|22012 PL/pgSQL function probe.ran") and rows.endswith("t|PN422 probe/refused|t"),
           "they wait, longer each time, and tell why without values", rows)
    tap.ok(hansa.wait_for(lambda: world.left("dead_at is not null") == 2, 40), "after their tries they are dead (J4)",
           world.sql("select tries, run_at - now(), last_error from core.job"))
    tap.equal(world.left("dead_at is not null and tries = 4 and lease is null"), 2, "having been tried as often as their kind says")
    world.sql("delete from core.job")


def check_poison(tap, world):
    """Jobs that kill whoever runs them: here the test does it, whenever one of them runs."""
    world.sql("delete from probe.run; delete from core.job")
    world.queue("b", "probe.count", "'{\"kill\": true}'")
    world.queue("b", "probe.count", "'{\"fine\": 1}'", 25)
    worker, killed, began = world.worker(wait=""), 0, time.monotonic()
    seen = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database() and state = 'active'"
    try:
        worker.start()
        while killed < 6 and time.monotonic() - began < 200:
            if hansa.wait_for(lambda: world.sql(seen) != "0" or world.left("dead_at is not null") == 1, 60) and world.left("dead_at is not null") == 0:
                worker.kill()
                killed += 1
                world.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()")
                # the lease runs out; not waited for, since what it is does not matter here
                world.sql("update core.job set leased_until = now() where lease is not null")
                worker.start()
            else:
                break
        tap.equal(killed, 4, "a job that kills its worker does so as often as it has tries")
        tap.ok(hansa.wait_for(lambda: world.left("dead_at is not null") == 1 and world.left() == 1, 60), "then it is dead, and the others are done (J4)",
               world.sql("select payload, tries, lease, dead_at, last_error from core.job"))
        tap.equal(world.sql("select distinct last_error from core.job where dead_at is not null"), "its worker died", "and says what happened")
        tap.equal(world.runs("payload ? 'fine'"), 25, "once each, though they were taken together with it")
    finally:
        worker.__exit__(ValueError)


def check_crash(tap, world):
    """A worker dies; nobody helps; its jobs are taken again within the minute."""
    world.sql("delete from probe.run; delete from core.job")
    first = world.worker()
    with first:
        world.queue("a", "probe.slow", "'{\"sleep\": 3}'")
        hansa.wait_for(lambda: world.left("lease is not null") == 1, 20)
        first.kill()
    with world.worker():
        began = time.monotonic()
        tap.ok(hansa.wait_for(lambda: world.runs() == 1 and world.left() == 0, 60), "a crashed worker's job is done by another within a minute (J4)",
               "%.0f s" % (time.monotonic() - began))


def check_lost(tap, world):
    """Connections are cut while jobs run: what was sent may or may not have been done, and is done once in the end."""
    world.sql("delete from probe.run; delete from core.job")
    with world.worker() as worker:
        world.queue("a", "probe.count", "jsonb_build_object('sleep', 0.01)", 300)
        for _ in range(6):
            time.sleep(0.4)
            world.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'hansa_app' and datname = current_database()")
        tap.ok(hansa.wait_for(lambda: world.left() == 0, 90), "with connections cut in the midst all jobs are done in the end", world.left())
        tap.equal(world.number("count(distinct job_id) from probe.run where kind = 'probe.count'"), 300, "each of them")
        tap.equal(world.runs(), 300, "once")
        tap.equal(worker.stop(), 0, "the worker ends cleanly")


def check_hands(tap, world):
    world.sql("delete from probe.run; delete from core.job")
    letters = 120
    world.sql("insert into probe.letter (tenant_id, to_tenant, body) select '%s', '%s', jsonb_build_object('n', n, 'sleep', 0.02) from generate_series(1, %d) n"
              % (TENANTS["a"], TENANTS["b"], letters))
    world.sql("insert into probe.letter (tenant_id, to_tenant, body) values ('%s', null, null)" % TENANTS["a"])
    world.sql("select core.api_job('%s', 'probe.send', jsonb_build_object('letter_id', letter_id)) from probe.letter" % TENANTS["a"])
    worker = world.worker(wait="")
    try:
        worker.start()
        for _ in range(5):
            time.sleep(1.2)
            worker.kill()
            world.sql("update core.job set leased_until = now() where lease is not null")
            worker.start()
        tap.ok(hansa.wait_for(lambda: world.left() == 0, 90), "letters are handed on while workers are killed", world.left())
        tap.equal(world.number("count(*) from probe.inbox where tenant_id = '%s'" % TENANTS["b"]), letters, "each arrives within the other tenant")
        tap.equal(world.number("count(distinct body ->> 'n') from probe.inbox"), letters, "once")
        tap.equal(world.sql("select distinct sent from probe.letter"), "1", "and `then` ran once for each, also for the one that hands nothing on")
        tap.equal(world.number("count(*) from probe.inbox where tenant_id = '%s'" % TENANTS["a"]), 0, "nothing of it in the first tenant's inbox")
    finally:
        worker.__exit__(ValueError)


def check_twins(tap, world):
    """Whatever a job says: nothing is handed out of a twin (decision 0049), and into one by its own tenant alone."""
    twin = {name: tenant[:14] + "8" + tenant[15:] for name, tenant in TENANTS.items()}
    world.sql("delete from core.job; delete from probe.letter; delete from probe.inbox")
    for name in "ab":
        world.sql("insert into identity.tenant (id, slug, name, sandbox_of) values ('%s', 'probe-%s.sandbox', 'Twin', '%s')" % (twin[name], name, TENANTS[name]))
    ways = {"out": (twin["a"], TENANTS["b"]), "home": (twin["a"], TENANTS["a"]), "across": (twin["a"], twin["b"]), "in": (TENANTS["b"], twin["a"]), "own": (TENANTS["a"], twin["a"])}
    for way, (sender, receiver) in ways.items():
        world.sql("insert into probe.letter (tenant_id, to_tenant, body) values ('%s', '%s', '{\"way\": \"%s\"}')" % (sender, receiver, way))
    world.sql("select core.api_job(tenant_id, 'probe.send', jsonb_build_object('letter_id', letter_id)) from probe.letter")
    with world.worker():
        tap.ok(hansa.wait_for(lambda: world.left() == 0, 60), "letters of twins are done with", world.left())
    tap.equal(world.sql("select string_agg(body ->> 'way', ' ') from probe.inbox"), "own", "of all ways to and from a twin one is open: from its own tenant")
    # not deleted: the clock's jobs may have written something for them
    world.sql("update identity.tenant set status = 'SUSPENDED', suspended_at = now() where sandbox_of is not null")


def check_schedules(tap, world):
    """Two workers, a job every two seconds, one tenant suspended."""
    world.sql("update identity.tenant set status = 'SUSPENDED', suspended_at = now() where id = '%s'" % TENANTS["c"])
    world.sql("delete from core.schedule; delete from core.job; delete from probe.run")
    world.queue("c", "probe.count", count=3)
    count = "count(*) from probe.run where kind = 'probe.pulse' and tenant_id = '%s'"
    began = time.monotonic()  # before the workers are there: on a busy machine the first is at work while the second starts
    with world.worker(), world.worker():
        hansa.wait_for(lambda: world.number(count % TENANTS["a"]) >= 4, 40)
        took, seen = time.monotonic() - began, [world.number(count % TENANTS[name]) for name in "abc"]
        tap.ok(4 <= seen[0] <= took / 2 + 2 and 3 <= seen[1] <= took / 2 + 2, "a schedule's job is made once for each tenant and period, by whichever worker",
               "%s in %.1f s" % (seen, took))
        tap.equal(seen[2], 0, "none for a suspended tenant")
        tap.equal(world.left("of_tenant = '%s'" % TENANTS["c"]), 3, "whose jobs wait")
        world.sql("update identity.tenant set status = 'ACTIVE', suspended_at = null where id = '%s'" % TENANTS["c"])
        tap.ok(hansa.wait_for(lambda: world.left("of_tenant = '%s'" % TENANTS["c"]) == 0, 30), "until it is let in again")


def check_retention(tap, world):
    world.sql("""insert into core.event (tenant_id, event_id, type, object_kind, object_id)
                 select '%s', core.uuidv7_at(((extract(epoch from now()) - d * 86400) * 1000000)::bigint, core.uuidv7_tail()), 'probe.thing.made', 'thing', gen_random_uuid()
                   from unnest('{1,89,91,400}'::int[]) d""" % TENANTS["a"])
    world.sql("delete from core.schedule")
    with world.worker():
        tap.ok(hansa.wait_for(lambda: world.number("count(*) from core.event where tenant_id = '%s' and type = 'probe.thing.made'" % TENANTS["a"]) == 2, 30),
               "events are forgotten after 90 days, by a scheduled job")


def main():
    tap = hansa.Tap()
    with JobWorld() as world:
        with world.worker():
            check_back_off(tap, world)
        check_lost(tap, world)
        check_hands(tap, world)
        check_twins(tap, world)
        check_poison(tap, world)
        check_crash(tap, world)
        check_schedules(tap, world)
        check_retention(tap, world)
    tap.done()


if __name__ == "__main__":
    main()
