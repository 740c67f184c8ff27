"""The table: medians, ratios, and what was promised."""
import json
import os
import re
import statistics
import subprocess
import time

import fleet


def median(values):
    values = list(values)
    return statistics.median(values) if values else None


def quantile(values, percent):
    """Of a list, or None; with less than a hundred values the 99th is the most."""
    values = sorted(values)
    return values[min(len(values) * percent // 100, len(values) - 1)] if values else None


class Figures:
    def __init__(self, bench):
        self.results = bench.results

    def of(self, name, what):
        return median(one[what] for one in self.results.get(name, []))

    def core(self, name, part):
        return median(one["cores"].get(part, 0) for one in self.results.get(name, []))

    def ratios(self, name, base):
        """Round by round: what a shared machine does to one it does to its neighbour in the same round."""
        return [one["rate"] / other["rate"] for one, other in zip(self.results.get(name, []), self.results.get(base, [])) if other["rate"] > 0]

    def ratio(self, name, base):
        return median(self.ratios(name, base))

    def cpu_ratio(self, name, base):
        """What the ratio would be if CPU were all that counts: processor time of all parties a unit, base to target. Strangers on the
        machine touch it little, while they take more from two connections than from sixteen clients."""
        return median(other["cpu_us"] / one["cpu_us"] for one, other in zip(self.results.get(name, []), self.results.get(base, []))
                      if one["cpu_us"] > 0)


def goals(f, ready_ms):
    """(goal, measured, floor, stretch, is_less_better, spread, by CPU) of performance.md, section 5."""
    rows = []

    def rate(text, name, base, floor, stretch):
        found = f.ratios(name, base)
        rows.append((text, median(found), floor, stretch, False, "%.2f–%.2f" % (min(found), max(found)) if found else "", f.cpu_ratio(name, base)))

    def least(text, value, floor, stretch):
        rows.append((text, value, floor, stretch, True, "", None))

    rate("tracking read, h1 64, to pgbench", "track_h1", "pg_track", 0.9, 1.2)
    rate("tracking read, h2 16 × 32, to pgbench", "track_h2", "pg_track", 1.3, 1.8)
    rate("list of 20, h1 64, to pgbench", "list_h1", "pg_list", 0.75, 1.0)
    rate("one durable event, h1 64, to pgbench", "event_h1", "pg_event", 0.9, 1.3)
    rate("1,000 events a request, to the bare loader", "bulk_h1", "pg_loader", 0.6, 0.85)
    rate("1,000 numbers a request, numbers/s to single requests", "query1000", "track_h1", 3.0, 8.0)
    rate("one number through the edge, to the private listener", "edge_track", "track_h2", 0.6, 0.85)
    rate("one event through the edge, to the private listener", "edge_event", "event_h2", None, None)
    server, database = f.core("track_h2", "srv"), f.core("track_h2", "pg")
    least("server CPU a tracking request, to PostgreSQL's (h2)", server / database if database else None, 0.5, 0.3)
    least("p99 of tracking at 64 connections, ms", f.of("track_h1", "p99_ms"), 10, 6)
    least("p99 of tracking at 4 connections, ms", f.of("track_h1_4", "p99_ms"), 3, 2)
    peaks = [one["pss_mb"] for runs in f.results.values() for one in runs]
    least("server memory under load (most PSS), MB", max(peaks) if peaks and max(peaks) > 0 else None, 64, 24)
    least("start to ready, ms", ready_ms, 1000, 200)
    return rows


def verdict(value, floor, stretch, is_less_better):
    if value is None or floor is None:
        return ""
    sign = -1 if is_less_better else 1
    if sign * value >= sign * stretch:
        return "stretch"
    return "floor" if sign * value >= sign * floor else "**below**"


def show(value, digits=2):
    return "–" if value is None else ("%." + str(digits) + "f") % value


def command(*words):
    try:
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode().strip()
    except OSError:
        return ""


def machine():
    model = re.search(r"^model name\s*: (.*)$", open("/proc/cpuinfo").read(), re.M)
    memory = int(re.search(r"^MemTotal:\s+(\d+)", open("/proc/meminfo").read(), re.M).group(1)) / 1048576
    haproxy = re.search(r"version (\S+)", command("haproxy", "-v"))
    commit = command("git", "-C", fleet.ROOT, "rev-parse", "--short", "HEAD")
    return {"cores": os.cpu_count(), "cpu": model.group(1) if model else "?", "memory_gib": round(memory), "kernel": os.uname().release,
            "postgresql": fleet.sql("show server_version")[0].split()[0], "haproxy": haproxy.group(1) if haproxy else "?",
            "commit": commit, "date": time.strftime("%Y-%m-%d")}


def print_all(bench, ready_ms):
    f, options, about = Figures(bench), bench.options, machine()
    out = ["", "Machine: %(cores)d cores (%(cpu)s), %(memory_gib)d GiB, Linux %(kernel)s; PostgreSQL %(postgresql)s, HAProxy %(haproxy)s; "
               "commit %(commit)s, %(date)s." % about]
    out.append("Data: %d tenants × %d shipments × 6 events, in cache; fsync and synchronous_commit on. %d rounds of %d s, medians; ratio = median of "
               "the rounds' ratios. Server, PostgreSQL, edge and generator share the cores; per-source and per-tenant limits raised."
               % (options.tenants, options.shipments, options.rounds, options.seconds))
    runs = [one for found in [*bench.results.values(), *bench.flown.values()] for one in found]
    other, steal = ([one["cores"][what] for one in runs] for what in ("other", "steal"))
    out += ["Strangers on the machine used %.2f cores (median; most %.2f), steal %.2f." % (median(other), max(other), median(steal)), ""]
    out += main_table(bench, f, ready_ms) if bench.chosen else []
    out += flow_table(bench) if bench.flows else []
    print("\n".join(out))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": about, "rounds": bench.results, "flows": bench.flown, "ready_ms": ready_ms,
                       "goals": [dict(zip(("goal", "measured", "floor", "stretch", "is_less_better", "spread", "by_cpu"), row))
                                 for row in goals(f, ready_ms)]}, file, indent=1)


def flow_table(bench):
    """All rounds together: each is short."""
    out = ["", "Flows: three tenants of one alliance, asked over HTTP by Python, which looks every 2 ms; times of all rounds together, with "
           "less than a hundred the p99 is the most. One at a time: at random moments. At once: each counts from the first request.", "",
           "| flow | times | a second | p50 ms | p99 ms | server | PostgreSQL | Python | strangers |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for flow in bench.flows:
        rounds = bench.flown[flow.name]
        times = [ms for one in rounds for ms in one["ms"]]
        cells = [flow.about + " (`%s`)" % flow.name, "%d" % len(times), show(median(one["rate"] for one in rounds if one["rate"] is not None), 1), show(quantile(times, 50), 1),
                 show(quantile(times, 99), 1)] + [show(median(one["cores"][part] for one in rounds)) for part in ("srv", "pg", "gen", "other")]
        out.append("| " + " | ".join(cells) + " |")
    return out


def main_table(bench, f, ready_ms):
    out = ["| target | rate/s | ratio | by CPU | to | CPU µs | p50 ms | p99 ms | server | PostgreSQL | generator | edge | PSS MB | failed |",
            "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for target in bench.chosen:
        name = target.name
        ratio = f.ratio(name, target.base) if target.base else None
        failed = sum(one["failed"] for one in bench.results[name])
        cells = [target.about + (" (`%s`)" % name), "{:,.0f}".format(f.of(name, "rate")), show(ratio),
                 show(f.cpu_ratio(name, target.base) if target.base else None), target.base or "", show(f.of(name, "cpu_us"), 1), show(f.of(name, "p50_ms")),
                 show(f.of(name, "p99_ms"))]
        cells += [show(f.core(name, part)) for part in ("srv", "pg", "gen", "edge")]
        cells += [show(f.of(name, "pss_mb") or None, 1), "%d" % failed]
        out.append("| " + " | ".join(cells) + " |")
    rows = goals(f, ready_ms)
    out += ["", "Rates count numbers and events, not requests; server, PostgreSQL, generator and edge are cores used; CPU µs is that of all four for one number "
            "or event, and `by CPU` the ratio of it.", "", "| goal | floor | stretch | measured | by CPU | spread | |", "| --- | ---: | ---: | ---: | ---: | --- | --- |"]
    for text, value, floor, stretch, is_less, spread, by_cpu in rows:
        if value is not None:
            out.append("| %s | %s | %s | %s | %s | %s | %s |" % (text, "–" if floor is None else "%g" % floor, "–" if stretch is None else "%g" % stretch,
                                                                show(value), show(by_cpu), spread, verdict(value, floor, stretch, is_less)))
    return out
