#!/usr/bin/env python3
"""Runs every test program, two at a time, and sums the points of their TAP output.

A program is an executable build/asan/tests/**/test_* (Criterion, `--tap=FILE`) or a script tests/**/test_*.py (TAP on
standard output). A program that ends badly without a failed point, runs out of time, or prints no point at all counts as
one failure: silence is never success. Called by tests/run, which sets the environment; not meant to be run alone.
"""
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.environ["HANSA_ROOT"]
BUILD = os.environ["HANSA_BUILD"]
LOGS = os.path.join(BUILD, "test-logs")
SECONDS = {"edge/test_attacks": 420, "reliability/": 420, "demo/test_demo_load": 900, "image/test_image": 900, "backup/": 900, "house/": 1200}  # by part of the name; else SECONDS_ELSE
SECONDS_ELSE = 480
ABREAST = 2
PARTS = {"house/test_endpoints.py": 4, "house/test_conventions.py": 2}  # one program would take too long: it is told `2/3`
ALONE = ("demo/", "e2e/", "edge/", "image/", "reliability/")  # these measure, kill or fill something, or want a port of the product's own
POINT = re.compile(r"^(not )?ok\b(?:\s+(\d+))?\s*(?:-\s*)?(.*)$")
DIRECTIVE = re.compile(r"#\s*(skip|todo)\S*\s*(.*)$", re.I)


def programs():
    """(name, command) of every test program, by name."""
    found = []
    for folder, _, files in os.walk(os.path.join(BUILD, "tests")):
        for file in files:
            path = os.path.join(folder, file)
            if file.startswith("test_") and "." not in file and os.access(path, os.X_OK) and os.path.isfile(path):
                found.append((os.path.relpath(path, os.path.join(BUILD, "tests")), [path]))
    for folder, folders, files in os.walk(os.path.join(ROOT, "tests")):
        folders[:] = [f for f in folders if not f.startswith((".", "__"))]
        for file in files:
            if file.startswith("test_") and file.endswith(".py"):
                path = os.path.join(folder, file)
                name = os.path.relpath(path, os.path.join(ROOT, "tests"))
                parts = ["%d/%d" % (part + 1, PARTS[name]) for part in range(PARTS[name])] if name in PARTS else []
                found += [("%s %s" % (name, part), [sys.executable, path, part]) for part in parts] or [(name, [sys.executable, path])]
    return sorted(found)


def seconds_for(name):
    return next((s for part, s in SECONDS.items() if part in name), SECONDS_ELSE)


def environment():
    env = dict(os.environ)
    env["PYTHONPATH"] = os.path.join(ROOT, "tests", "support")
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["PYTHONUNBUFFERED"] = "1"
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:strict_string_checks=1:detect_stack_use_after_return=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    env.setdefault("LSAN_OPTIONS", "print_suppressions=0")
    return env


def run(name, command):
    """Runs one program; gives (exit code or None when out of time, path of its output, path of its TAP)."""
    log = os.path.join(LOGS, name.replace("/", "-").replace(" ", "-") + ".log")
    tap = log
    if command[0] != sys.executable:
        tap = log[:-4] + ".tap"
        command = command + ["--tap=" + tap, "--timeout=120"]
        if os.path.exists(tap):
            os.unlink(tap)
    with open(log, "wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                                 env=environment(), start_new_session=True)
        try:
            code = child.wait(seconds_for(name))
        except subprocess.TimeoutExpired:
            code = None
        # What the program left behind in its own session goes with it.
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(child.pid, sig)
                time.sleep(0.2)
            except (ProcessLookupError, PermissionError):
                break
        child.wait()
    return code, log, tap


def points(tap):
    """The points of a TAP file as (passed, failed names, [(skipped name, reason)], planned count or None)."""
    passed, failed, skipped, plan = 0, [], [], None
    try:
        with open(tap, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return 0, [], [], None
    for line in lines:
        planned = re.match(r"^1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?$", line, re.I)
        if planned:
            plan = int(planned.group(1))
            if plan == 0:
                skipped.append(("all of it", planned.group(2) or "no reason given"))
            continue
        point = POINT.match(line)
        if not point:
            continue
        text = point.group(3)
        directive = DIRECTIVE.search(text)
        title = DIRECTIVE.sub("", text).strip() or "point %s" % point.group(2)
        if directive and directive.group(1).lower() == "skip":
            skipped.append((title, directive.group(2) or "no reason given"))
        elif point.group(1):
            failed.append(title)
        else:
            passed += 1
    return passed, failed, skipped, plan


def tail(path, count):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()[-count:]


def wrong(tap):
    """The failed points with what they say about it."""
    if not os.path.exists(tap):
        return []
    lines, last = tail(tap, 100000), -1
    for place, line in enumerate(lines):
        if line.startswith("not ok"):
            last = place
        lines[place] = line if line.startswith("not ok") or (line.startswith("#") and 0 <= last and place - last < 8) else ""
    return [line for line in lines if line][:60]


def results(chosen):
    """(name, result of run, seconds) of each program, as they end: two abreast, those that want the machine alone at the end."""
    def timed(one):
        started = time.monotonic()
        return one[0], run(*one), time.monotonic() - started
    alone = [one for one in chosen if one[0].startswith(ALONE)]
    with ThreadPoolExecutor(ABREAST) as pool:
        for task in [pool.submit(timed, one) for one in chosen if one not in alone]:
            yield task.result()
    for one in alone:
        yield timed(one)


def main(words):
    wanted = [w for w in words if not w.startswith("--")]
    chosen = [(n, c) for n, c in programs() if not wanted or any(w in n for w in wanted)]
    if "--list" in words:
        print("\n".join(name for name, _ in chosen))
        return 0
    os.makedirs(LOGS, exist_ok=True)
    passed, failed, skipped = 0, [], []
    for name, (code, log, tap), seconds in results(chosen):
        good, bad, left_out, plan = points(tap)
        said = good + len(bad) + sum(1 for title, _ in left_out if title != "all of it")
        if code is None:
            bad.append("out of time after %d s" % seconds_for(name))
        elif code != 0 and not bad:
            bad.append("ended with status %d and no failed point" % code)
        elif good + len(bad) + len(left_out) == 0:
            bad.append("reported nothing")
        elif plan is not None and plan != said:
            bad.append("planned %d points and reported %d" % (plan, said))
        print("%-4s %-44s %4d passed %2d failed %2d skipped  %5.1f s" %
              ("FAIL" if bad else "ok", name, good, len(bad), len(left_out), seconds), flush=True)
        if bad:
            for title in bad:
                print("     not ok: " + title)
            for line in wrong(tap) + tail(log, 40):
                print("     | " + line)
        passed += good
        failed += [(name, title) for title in bad]
        skipped += [(name, title, reason) for title, reason in left_out]
    if not chosen:
        print("no test program fits %s" % " ".join(wanted))
        failed.append(("tests/run", "nothing to run"))
    for name, title, reason in skipped:
        print("SKIP %s: %s: %s" % (name, title, reason))
    for name, title in failed:
        print("FAILED %s: %s" % (name, title))
    print("%d passed, %d failed%s" % (passed, len(failed), ", %d skipped" % len(skipped) if skipped else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
