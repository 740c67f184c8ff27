"""Jobs for the operator's endpoints: no request makes a dead one; and a tenant that nobody comes into."""
PLACE = 80
FRESH = 40


def job(world, columns="", values=""):
    return world.run.database.sql(
        "insert into core.job (job_id, of_tenant, kind, run_at%s) values (core.uuidv7(), '%s', 'core.event_retention', now() + interval '1 day'%s) returning job_id;"
        % (columns, world.tenant, values))


def fill(world):
    def dead():
        return job(world, ", tries, dead_at, last_error", ", 8, now(), '22012 PL/pgSQL function core.event_sweep(uuid,integer) line 7'")

    world.values["empty_tenant_id"] = world.run.server.admin("tenant", "create", world.slug + "-empty", "--name", "Empty").stdout.strip()
    world.values["waiting_job_id"] = job(world)
    world.values["dead_job_id"] = world.values["job_id"] = dead()
    world.values.fresh["fresh_job_id"] = [dead() for _ in range(FRESH)]
