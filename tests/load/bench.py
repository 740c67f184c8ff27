"""The rounds of the benchmark; started by `run`, which has made the cluster. Standard library only."""
import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

import fleet
import flows
import report
import rooms
import targets
import traffic


class Bench:
    def __init__(self, options, chosen, chosen_flows):
        self.options, self.chosen, self.flows = options, chosen, chosen_flows
        self.results = {target.name: [] for target in chosen}
        self.flown = {flow.name: [] for flow in chosen_flows}
        self.runs = 0

    def run(self):
        for number in range(1, self.options.rounds + 1):
            for target in self.chosen if number % 2 else reversed(self.chosen):
                figures = self.measure(target)
                self.results[target.name].append(figures)
                print("  round %d  %-15s %9.0f/s  p99 %7.2f ms%s" % (
                    number, target.name, figures["rate"], figures["p99_ms"],
                    "  FAILED %d" % figures["failed"] if figures["failed"] else ""), file=sys.stderr, flush=True)
            for flow in self.flows if number % 2 else reversed(self.flows):
                figures = self.stage.measure(flow, self.options.seconds)
                self.flown[flow.name].append(figures)
                print("  round %d  %-15s %9s/s  p99 %7.2f ms" % (number, flow.name, report.show(figures["rate"], 1), report.quantile(figures["ms"], 99)),
                      file=sys.stderr, flush=True)

    def measure(self, target):
        self.runs += 1
        for process in (self.server, self.edge):
            process.log_empty()
        words, environment = getattr(self, "words_" + target.tool)(target)
        self.meter.begin()
        began = time.monotonic()
        tool = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=os.path.join(fleet.PLACE, "work"))
        self.tool = tool
        while True:
            try:
                said = tool.communicate(timeout=0.4)[0].decode(errors="replace")
                break
            except subprocess.TimeoutExpired:
                if target.tool != "pgbench":
                    self.meter.look()
                if time.monotonic() - began > self.options.seconds + 60:
                    tool.kill()
        figures = self.read_pgbench(said, target) if target.tool == "pgbench" else self.read_replay(said)
        if figures is None or tool.returncode != 0:
            raise SystemExit("%s failed:\n%s" % (target.name, said[-3000:]))
        figures["cores"] = self.meter.end(figures["seconds"])
        figures["pss_mb"] = self.meter.peak
        figures["rate"] = figures["requests"] / figures["seconds"] * target.units
        used = sum(figures["cores"][part] for part in ("srv", "pg", "edge", "gen"))
        figures["cpu_us"] = used / figures["rate"] * 1e6 if figures["rate"] else 0
        return figures

    def words_wrk(self, target):
        return ["wrk", "-t", "1", "-c", str(target.shape["connections"]), "-d", "%ds" % self.options.seconds, "--timeout", "20s",
                "-s", os.path.join(fleet.ROOT, "tests", "load", "wrk_replay.lua"), "http://127.0.0.1:%d" % self.port, "--",
                target.what + ".h1", str(self.runs * 10000000)], fleet.plain_environment()

    def words_h2(self, target, suffix="h2"):
        port, kind = (self.port, "clear") if suffix == "h2" else (self.edge_port, "tls")
        return [os.path.join(fleet.PLACE, "h2_replay"), "127.0.0.1", str(port), kind, str(target.shape["connections"]),
                str(target.shape["streams"]), str(self.options.seconds), str(self.runs * 10000000),
                target.what + "." + suffix], fleet.plain_environment()

    def words_h2s(self, target):
        return self.words_h2(target, "h2s")

    def words_pgbench(self, target):
        clients = str(target.shape["clients"])
        words = ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", "1", "-T", str(self.options.seconds), "-f", target.what + ".pgbench",
                 "-l", "--log-prefix=" + target.name, "--sampling-rate=%s" % (0.05 if target.units == 1 else 1)]
        for name, value in (("turn", 0), ("n", 0), ("tenants", self.options.tenants), ("run", "r%d" % self.runs),
                            ("base", self.runs * 10000000)):
            words += ["-D", "%s=%s" % (name, value)]
        return words, fleet.database_environment(os.environ["LOAD_APP_URL"])

    @staticmethod
    def read_replay(said):
        found = re.search(r"^result (\{.*\})$", said, re.M)
        if found is None:
            return None
        figures = json.loads(found.group(1))
        figures["requests"] -= figures["failed"] if "Requests/sec" in said else 0  # wrk counts refusals too
        figures["seconds"] = figures.pop("microseconds") / 1e6
        return figures

    @staticmethod
    def read_pgbench(said, target):
        count = re.search(r"number of transactions actually processed: (\d+)", said)
        rate = re.search(r"^tps = ([\d.]+)", said, re.M)
        failed = re.search(r"number of failed transactions: (\d+)", said)
        if count is None or rate is None or float(rate.group(1)) == 0:
            return None
        times = []
        work = os.path.join(fleet.PLACE, "work")
        for name in os.listdir(work):
            if re.match(r"^%s\.\d" % re.escape(target.name), name):
                with open(os.path.join(work, name)) as file:
                    times += [int(line.split()[2]) for line in file]
                os.unlink(os.path.join(work, name))
        times.sort()
        return {"requests": int(count.group(1)), "seconds": int(count.group(1)) / float(rate.group(1)), "bytes": 0,
                "failed": int(failed.group(1)) if failed else 0,
                "p50_ms": times[len(times) // 2] / 1000 if times else 0, "p99_ms": times[len(times) * 99 // 100] / 1000 if times else 0}


def seed(name, **variables):
    fleet.sql("", tuple(variables.items()), os.path.join(fleet.ROOT, "tests", "load", name))


def prepare(options, grounds):
    """Fills the database, makes the keys, and holds the seed against the rules it claims to follow. Gives the keys by tenant."""
    began = time.monotonic()
    seed("seed.sql", tenants=options.tenants, shipments=options.shipments, sinks=traffic.SINKS)
    if "search" in grounds:
        seed("seed_search.sql", accounts=options.accounts)
    if "points" in grounds:
        seed("seed_points.sql")
    rooms.schedules_put_off()
    keys, spare = {}, {}
    environment = fleet.plain_environment(HANSA_OWNER_DATABASE_URL=os.environ["LOAD_OWNER_URL"])
    for t in [*range(100, 100 + options.tenants), *(["search"] if "search" in grounds else [])]:
        made = subprocess.run([os.path.join(fleet.PLACE, "hansa"), "admin", "key", "create", "--tenant", "load-%s" % t, "--scopes", "all",
                               "--name", "bench"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                              env=environment, **fleet.as_runner())
        (keys if t != "search" else spare)[t] = made.stdout.decode().split()[-1]
    traffic.prepare(keys, options.shipments)
    traffic.scripts(options.shipments)
    rooms.prepare(keys, spare.get("search"), grounds)
    wrong = fleet.sql("""
select count(*) from (
    select tenant_id, array_agg(shipment_id) as ids
      from (select s.tenant_id, s.shipment_id, row_number() over (partition by s.tenant_id order by md5(s.shipment_id::text)) as turn
              from tracking.shipment_status s) x
     where turn <= 20 group by tenant_id) t
 cross join lateral tracking.status_derive(t.tenant_id, t.ids) d
  join tracking.shipment_status s on s.tenant_id = t.tenant_id and s.shipment_id = d.shipment_id
 where s is distinct from d;""")
    if wrong != ["0"]:
        raise SystemExit("the seed's status rows are not what their events make of them: " + wrong[0])
    rows_counted()
    fleet.sql("checkpoint")
    print("  seeded in %.0f s" % (time.monotonic() - began), file=sys.stderr, flush=True)
    return keys


def rows_counted():
    """What autovacuum does within a minute elsewhere. Not of empty tables: it leaves those of a new installation alone, and a table
    that is known to be empty is planned to be read from end to end."""
    for table in fleet.sql("""
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname !~ '^(pg_|information)' and pg_relation_size(c.oid) > 0;"""):
        fleet.sql("vacuum (analyze) " + table)


def warm_up(bench):
    """Fills caches and the processes' memory; not counted."""
    seconds, bench.options.seconds = bench.options.seconds, 1
    for target in bench.chosen:
        bench.measure(target)
    bench.options.seconds = seconds
    rows_counted()


def options_read():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--json")
    for name, default in (("rounds", 4), ("seconds", 3), ("tenants", 100), ("shipments", 2000), ("accounts", 100000)):
        parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


def main():
    options = options_read()
    if options.list:
        for target in targets.TARGETS + targets.FLOWS:
            print("%-15s %s" % (target.name, target.about))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(options, *targets.choose(options.only))
    if bench.flows and options.tenants < 3:
        raise SystemExit("tenders need three tenants at least")
    keys = prepare(options, {target.ground for target in bench.chosen})
    parts = []
    try:
        bench.port, bench.edge_port = fleet.free_port(), fleet.free_port()
        starts = []
        for _ in range(3):
            for part in parts:
                part.stop()
            bench.server, took = fleet.server_start(bench.port)
            parts = [bench.server]
            starts.append(took)
        bench.edge = fleet.edge_start(bench.edge_port)
        parts.append(bench.edge)
        with open(os.path.join(fleet.PLACE, "pg", "postmaster.pid")) as file:
            postmaster = int(file.readline())
        bench.meter = fleet.Meter({"srv": bench.server.pid, "pg": postmaster, "edge": bench.edge.pid})
        with open(os.path.join(fleet.PLACE, "ports"), "w") as file:
            file.write("server %d %d\nedge %d %d\n" % (bench.port, bench.server.pid, bench.edge_port, bench.edge.pid))
        if bench.flows:
            bench.stage = flows.Stage(bench.port, keys, bench.meter)
        warm_up(bench)
        bench.run()
        report.print_all(bench, statistics.median(starts))
    finally:
        if getattr(bench, "tool", None) is not None and bench.tool.poll() is None:
            bench.tool.kill()
        for part in reversed(parts):
            part.stop()


if __name__ == "__main__":
    main()
