#!/usr/bin/env python3
"""deploy/runbook.md: each command of its code blocks is run, in its order, on a site of deploy/up that has the trouble of its section.

The commands are read from the page, so the page cannot drift; a section that has no trouble here, and a trouble without a section, fail.
"""
import os
import re
import shutil
import subprocess

import hansa
import postgres

PAGE = os.path.join(hansa.ROOT, "deploy", "runbook.md")
COMMENTED = re.compile(r"^(.*?)\s+# status (\d+)$")
tap = hansa.Tap()


def sections():
    """{title: [(command, expected status)]} in the page's order."""
    with open(PAGE, encoding="utf-8") as file:
        parts = re.split(r"^## (.+)$", file.read(), flags=re.M)[1:]
    found = {}
    for title, text in zip(parts[::2], parts[1::2]):
        lines = [line for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()]
        found[title] = [(m[1], int(m[2])) if (m := COMMENTED.match(line)) else (line, 0) for line in lines]
    return found


class Site:
    """deploy/up of the sanitized binary; the page's `var` is a folder of ours."""

    def __init__(self):
        self.place = hansa.place("runbook")
        self.var, self.edge, self.direct = self.place + "/var", hansa.free_port(), hansa.free_port()
        self.env = hansa.plain_environment(HANSA_VAR=self.var, HANSA_BINARY=hansa.binary(), HANSA_EDGE_PORT=self.edge, HANSA_DIRECT_PORT=self.direct,
                                           ASAN_OPTIONS="detect_leaks=0", HANSA_DRAIN_MS=5000, HANSA_USERS="one" if os.geteuid() else None)

    def run(self, command, seconds=240):
        """One line of the page, from the checkout; a relative var/ is the site's."""
        text = re.sub(r"(?<![\w/])var/", self.var + "/", command)
        with open(self.place + "/output", "w+b") as out:  # a file: what is started keeps its descriptors open
            status = subprocess.run(["bash", "-c", text], cwd=hansa.ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                    timeout=seconds, check=False).returncode
            out.seek(0)
            return status, out.read().decode(errors="replace")

    def operator(self, *words):
        done = subprocess.run([os.path.join(hansa.ROOT, "deploy", "as-operator"), *words], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        return done.stdout.strip()

    def sql(self, text):
        return self.operator("--superuser", "psql", "-XqAtc", text)

    def session(self):
        """Somebody's psql that stays, as the superuser."""
        known = dict(line.split("=", 1) for line in self.operator("--superuser", "env").splitlines() if line.startswith("PG"))
        return postgres.Session("postgresql://%(PGUSER)s:%(PGPASSWORD)s@/?host=%(PGHOST)s&port=%(PGPORT)s&dbname=%(PGDATABASE)s" % known)

    def pid(self, part):
        with open("%s/pid/%s" % (self.var, part), encoding="ascii") as file:
            return int(file.read().split()[0])

    def is_ready(self):
        return self.run("curl -fsS -o /dev/null --max-time 3 --noproxy '*' --cacert var/tls/edge.crt https://127.0.0.1:%d/readyz" % self.edge)[0] == 0


def walk(site, title, lines):
    for command, expected in lines:
        status, output = site.run(command)
        tap.ok(status == expected, "%s: %s" % (title, command[:110]), "status %d\n%s" % (status, output[-3000:]))


# --- the troubles ---

def backup(site, title, lines):
    walk(site, title, lines)
    tap.ok(os.path.exists(site.var + "/backups/last/SEAL"), "there is a backup")


def restart(site, title, lines):
    os.kill(site.pid("server"), 9)
    tap.ok(hansa.wait_for(lambda: not site.is_ready(), 30), "the server is gone")
    walk(site, title, lines)
    tap.ok(site.is_ready(), "the site answers again")


def restore(site, title, lines):
    before = site.sql("select count(*) from identity.api_key")
    site.sql("truncate identity.api_key cascade")
    walk(site, title, lines)
    tap.equal(site.sql("select count(*) from identity.api_key"), before, "what was lost is back")
    tap.ok(site.is_ready(), "the site answers again")
    tap.ok("hansa_before_" in site.sql("select string_agg(datname, ' ') from pg_database"), "and the database of before is still there")


def lost_secret(site, title, lines):
    with open(site.var + "/keys/secret.key", "rb") as file:
        secret = file.read()
    site.operator("bash", "-c", "head -c 32 /dev/urandom >keys/secret.key")
    walk(site, title, lines)
    with open(site.var + "/keys/secret.key", "rb") as file:
        tap.ok(file.read() == secret, "it is the same file again")
    tap.ok(site.is_ready(), "the site answers")


def full_disk(site, title, lines):
    """The disk itself is filled in reliability/test_disk_full; here PostgreSQL has ended, as it does then."""
    site.operator("mkdir", "backups/old.partial")
    with open(site.var + "/pg/postmaster.pid", encoding="ascii") as file:
        os.kill(int(file.readline()), 3)
    tap.ok(hansa.wait_for(lambda: not os.path.exists(site.var + "/pg/postmaster.pid"), 60), "PostgreSQL is gone")
    walk(site, title, lines)
    tap.ok(hansa.wait_for(site.is_ready, 60) and not os.path.exists(site.var + "/backups/old.partial"), "the site answers again, and there is more room")


def locked_table(site, title, lines):
    holder, waiter = site.session(), site.session()
    holder.ask("begin")
    holder.ask("lock table orders.shipment in access exclusive mode")
    waiter.process.stdin.write("select count(*) from orders.shipment;\n")
    waiter.process.stdin.flush()
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    tap.ok(hansa.wait_for(lambda: site.sql(waits) != "0", 30), "somebody waits")
    walk(site, title, lines)
    tap.ok(hansa.wait_for(lambda: site.sql(waits) == "0", 30), "nobody waits any more")
    for one in (holder, waiter):
        one.close()


def failing_migration(site, title, lines):
    site.sql("update core.migration set sha256 = 'older' where path = 'rooms/files/views.sql'")
    holder = site.session()
    holder.ask("begin")
    holder.ask("select count(*) from files.v_file")
    holder.ask("lock table files.v_file in access exclusive mode")
    walk(site, title, lines)
    tap.ok(site.sql("select sha256 from core.migration where path = 'rooms/files/views.sql'") != "older" and site.is_ready(), "the migration is done, the site answers")
    holder.close()


TROUBLES = {"Backup": backup, "Restart": restart, "Restore": restore, "Lost secret file": lost_secret, "Full disk": full_disk,
            "Locked table": locked_table, "Failing migration": failing_migration}


def main():
    found = sections()
    tap.equal(list(found), list(TROUBLES), "each section of the page has its trouble here, and each trouble its section")
    tap.equal([title for title, lines in found.items() if not lines], [], "and each has commands")
    site = Site()
    try:
        status, output = site.run("deploy/up --empty")
        if tap.equal(status, 0, "a site is up", output[-3000:]):
            hansa.wait_for(lambda: site.sql("select count(*) from identity.tenant t where not exists (select from audit.head h where h.tenant_id = t.id)") == "0", 60, 0.5)
            for title, lines in found.items():
                TROUBLES[title](site, title, lines)
            with open(site.var + "/log/server.log", encoding="utf-8", errors="replace") as file:
                found = [line for line in file if re.search("AddressSanitizer|runtime error|\"message\":\"crash\"", line)]
            tap.equal(found, [], "no sanitizer report, and no crash")
    finally:
        site.run("deploy/down --destroy")
        shutil.rmtree(site.place, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
