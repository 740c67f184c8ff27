#!/usr/bin/env python3
"""What is queued has somebody who does it: subscriptions, calls of core.api_job, and the table of kinds tell one story."""
import glob
import os
import pathlib
import re

import hansa
import statements  # noqa: F401, the compiler's folder is on the path with it
import front_matter
from report import Report


def kinds():
    report = Report()
    found = [front_matter.parse(path, path.parent.name, report) for path in sorted(pathlib.Path(hansa.ROOT, "server").glob("*/*.sql"))]
    return {"%s.%s" % (job.room, job.name): job for job in found if job.is_job}


def texts():
    for pattern in ("server/*/*.sql", "migrations/rooms/*/*.sql"):
        for path in sorted(glob.glob(os.path.join(hansa.ROOT, pattern))):
            with open(path, encoding="utf-8") as file:
                yield os.path.relpath(path, hansa.ROOT), re.sub(r"--[^\n]*", "", file.read())


def main():
    tap = hansa.Tap()
    jobs = kinds()
    tap.ok(jobs, "there are jobs")
    with hansa.Database() as db:
        rows = [row.split("|") for row in db.sql("select event_type, job_kind from core.subscription order by 1, 2").splitlines()]
        tap.equal([row for row in rows if row[1] not in jobs], [], "every subscription names a job that exists")
        told = {kind for _, text in texts() for kind in re.findall(r"api_event\([^;]*?'([a-z_]+\.[a-z_]+\.[a-z_]+)'", text)}
        begun = tuple(kind for _, text in texts() for kind in re.findall(r"api_event\([^;]*?'([a-z_]+\.[a-z_]+\.)' \|\|", text))
        tap.equal([row for row in rows if row[0] not in told and not row[0].startswith(begun)], [], "and an event that somebody writes")
        tap.equal(db.sql("select distinct kind from core.job"), "", "a new database has no work")
    queued = [(path, kind) for path, text in texts() for kind in re.findall(r"api_job\(\s*[^,()]*(?:\([^()]*\))?[^,()]*,\s*'([^']*)'", text)]
    tap.equal([pair for pair in queued if pair[1] not in jobs], [], "what is queued by name exists")
    started = {kind for _, kind in queued} | {row[1] for row in rows} | {name for name, job in jobs.items() if job.every_s}
    tap.equal(sorted(set(jobs) - started), [], "no job is there that nothing starts")
    tap.done()


if __name__ == "__main__":
    main()
