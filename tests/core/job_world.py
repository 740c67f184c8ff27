"""Workers of the binary with the probe's room, in a database with the probe's tables.

    with JobWorld() as world:
        world.queue("a", "probe.count", {"n": 1})
        with world.worker() as worker: ...
"""
import os
import subprocess

import hansa

HERE = os.path.dirname(os.path.realpath(__file__))
TENANTS = {name: "00000000-0000-7000-8000-0000000000" + end for name, end in (("a", "aa"), ("b", "bb"), ("c", "cc"))}


def probe_binary():
    return os.path.join(hansa.BUILD, "tests", "core", "hansa_probe")


class Worker(hansa.Server):
    """`hansa work` (or `serve` with a worker in it) of the binary with the probe's room."""

    def __init__(self, database, command="work", **settings):
        self.command = command
        super().__init__(database, **settings)
        if command == "work":
            self.settings["work_listen"] = "127.0.0.1:%d" % self.port
            self.settings["job_workers"] = settings.get("job_workers", 1)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([probe_binary(), self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment(), start_new_session=True)
        self.exit_code = None
        if self.wait and not hansa.wait_for(lambda: self.process.poll() is not None or self.probe("/" + self.wait) == 200, 30):
            raise RuntimeError("worker not ready in 30 s\n" + self.log_text()[-3000:])
        self.first = self.pid if self.wait else None
        return self


class JobWorld(hansa.Database):
    def __enter__(self):
        super().__enter__()
        with open(os.path.join(HERE, "jobs", "probe.sql"), encoding="utf-8") as file:
            self.sql(file.read())
        for name, tenant in TENANTS.items():
            self.sql("insert into identity.tenant (id, slug, name, zone, locale) values ('%s', '%s', '%s', 'Europe/Amsterdam', 'nl-NL')"
                     % (tenant, "probe-" + name, name))
        return self

    def worker(self, command="work", **settings):
        return Worker(self, command, **settings)

    def queue(self, tenant, kind, payload="'{}'", count=1, key="null", run_at="null"):
        """Queues as any room does: api_job in the tenant's own transaction."""
        self.sql("select count(core.api_job('%s', '%s', %s, %s, %s)) from generate_series(1, %d) n"
                 % (TENANTS[tenant], kind, payload, run_at, key, count))

    def number(self, sql):
        return int(self.sql("select " + sql))

    def left(self, where="true"):
        return self.number("count(*) from core.job where kind like 'probe.%%' and kind <> 'probe.pulse' and %s" % where)

    def runs(self, where="true"):
        return self.number("count(*) from probe.run where kind <> 'probe.pulse' and " + where)
