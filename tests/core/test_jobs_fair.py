#!/usr/bin/env python3
"""Promises J3, J5: a tenant with 100,000 jobs does not hold up another's one; the table of a queue that has seen many jobs is small,
and taking from a long one is quick. Judged by order and by what PostgreSQL read, since time is the machine's."""
import json

import hansa
from job_world import TENANTS, JobWorld

MANY = 100000
AHEAD = 200  # jobs of the busy tenant that may be done between the other's being queued and being done


def fill(world, tenant, many):
    world.sql("insert into core.job (job_id, of_tenant, kind, payload, run_at) select core.uuidv7(), '%s', 'probe.count', '{}', now() - interval '1 hour' "
              "from generate_series(1, %d); analyze core.job" % (TENANTS[tenant], many))


def check_fair(tap, world):
    fill(world, "b", MANY)
    with world.worker():
        hansa.wait_for(lambda: world.runs() > 300, 60)
        world.queue("a", "probe.count", "'{\"only\": 1}'")
        before = world.number("coalesce(max(run_id), 0) from probe.run")
        tap.ok(hansa.wait_for(lambda: world.runs("payload ? 'only'") == 1, 60), "another tenant's single job is done")
        ahead = world.number("run_id from probe.run where payload ? 'only'") - before
        tap.ok(ahead <= AHEAD, "after %d of %d jobs of the busy tenant (J3)" % (max(ahead, 0), MANY), ahead)
        many = [world.number("count(*) from core.job where of_tenant = '%s'" % TENANTS["b"])]
        tap.ok(many[0] > MANY // 4, "which has most of its own before it still", many)
        # eight more tenants, one job each: all of them before a handful of the busy one's
        world.sql("insert into identity.tenant (id, slug, name, zone, locale) select ('00000000-0000-7000-8000-0000000001' || lpad(n::text, 2, '0'))::uuid, "
                  "'many-' || n, 'Many', 'Europe/Amsterdam', 'nl-NL' from generate_series(1, 8) n; "
                  "select core.api_job(id, 'probe.count', '{\"many\": 1}') from identity.tenant where slug like 'many-%'")
        before = world.number("coalesce(max(run_id), 0) from probe.run")
        hansa.wait_for(lambda: world.runs("payload ? 'many'") == 8, 60)
        tap.ok(world.number("max(run_id) from probe.run where payload ? 'many'") - before <= AHEAD, "so are the jobs of eight more")


def check_take(tap, world):
    """What one taking reads, with the queue as long as it is."""
    world.sql("select core.api_job('%s', 'probe.count', '{}')" % TENANTS["a"])
    left = world.number("count(*) from core.job")
    explain = "explain (analyze, buffers, format json) select core.job_take('{\"probe.count\": 4}', '%s', %d, 20, true);"
    for many, most in ((2, 800), (32, 4000)):
        # the second time, since the first one plans
        text = world.sql("set plan_cache_mode = force_generic_plan; begin; %s rollback; begin; \\echo second\n %s rollback;"
                         % ((explain % (TENANTS["b"], many),) * 2)).split("second\n")[1]
        plan = json.loads(text)[0]
        blocks = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        hansa.note("taking %d of %d jobs: %d blocks, %.1f ms" % (many, left, blocks, plan["Execution Time"]))
        tap.ok(blocks < most, "taking %d from a queue of %d jobs, one of them another tenant's and the youngest, reads few blocks (J5)" % (many, left), blocks)


def check_size(tap, world):
    """30,000 jobs in ten waves: what is left of the table is what a wave needs, vacuum permitting as the table's settings have it."""
    world.sql("delete from core.job; vacuum core.job")
    before = world.number("pg_total_relation_size('core.job')")
    sizes = []
    with world.worker(job_workers=2):
        for _ in range(6):
            fill(world, "a", 4000)
            hansa.wait_for(lambda: world.left() == 0, 120)
            world.sql("vacuum core.job")  # as autovacuum does after 2,000 dead rows, once a minute
            sizes.append(world.number("pg_total_relation_size('core.job')"))
    hansa.note("bytes of core.job and its indexes: %d, then %s" % (before, sizes))
    tap.equal(world.left(), 0, "waves of jobs are done")
    tap.ok(sizes[-1] <= 2 * sizes[0] + 2000000 and sizes[-1] < 100000000, "the table does not grow with them (J5)", sizes)
    tap.equal(world.sql("select array_to_string(reloptions, ' ') like '%autovacuum_vacuum_threshold=2000%' from pg_class where oid = 'core.job'::regclass"),
              "t", "autovacuum comes soon")


def main():
    tap = hansa.Tap()
    with JobWorld() as world:
        check_fair(tap, world)
        check_take(tap, world)
        check_size(tap, world)
    tap.done()


if __name__ == "__main__":
    main()
