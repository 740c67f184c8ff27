"""PostgreSQL for tests: a database of the run's cluster, a cluster of one's own, and psql, once or for many questions."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid

from machine import ROOT, children_of, place, plain_environment, run_hansa, wait_for


def psql(url, sql, check=True):
    """Runs SQL (by standard input, so that nothing shows in a process list); gives the rows as text."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], input=sql.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=url_environment(url), check=False)
    if check and done.returncode != 0:
        raise RuntimeError("psql: " + done.stderr.decode(errors="replace"))
    return done.stdout.decode().rstrip("\n")


class Session:
    """One psql process that stays."""

    def __init__(self, url):
        self.errors, self.told = tempfile.TemporaryFile(), 0
        self.process = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        env=url_environment(url), text=True, encoding="utf-8")

    def ask(self, text):
        """Its rows; None when the session has ended."""
        mark, rows = uuid.uuid4().hex, []
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("%s%s\n\\echo %s :ERROR\n" % (text, "" if text.rstrip().endswith(";") else ";", mark))
            self.process.stdin.flush()
        for line in self.process.stdout:
            if line == mark + " true\n":
                complaint = os.pread(self.errors.fileno(), 65536, self.told)
                self.told += len(complaint)
                raise RuntimeError("psql: " + complaint.decode(errors="replace"))
            if line == mark + " false\n":
                return "".join(rows).rstrip("\n")
            rows.append(line)
        return None

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
        self.errors.close()


class Held:
    """What `sql` locks is held by another session, in a transaction, until release(): `lock table x in access exclusive mode`,
    `select from x where … for update`."""

    def __init__(self, database, sql):
        self.session = Session(database.super_url)
        self.session.ask("begin")
        self.session.ask(sql)

    def release(self):
        self.session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


class Sessions:
    """A test asks its database hundreds of times, and to connect takes longer than most questions. Threads that ask at once get a
    session each."""

    ONE = re.compile(r"\s*(select|insert|update|delete|with)\b[^;]*;?\s*", re.IGNORECASE)

    def __init__(self, url):
        self.url, self.idle, self.lock = url, [], threading.Lock()

    def ask(self, text):
        if not self.ONE.fullmatch(text) or "pg_advisory" in text:  # several statements, or one that changes its session, have their own
            return psql(self.url, text)
        with self.lock:
            session = self.idle.pop() if self.idle else None
        session = session or Session(self.url)
        try:
            rows = session.ask(text)
        finally:
            if session.process.poll() is None:
                with self.lock:
                    self.idle.append(session)
        return psql(self.url, text) if rows is None else rows  # somebody had ended it while it was idle

    def close(self):
        for session in self.idle:
            session.close()
        self.idle = []


def url_environment(url):
    """libpq's variables for one of our own URLs."""
    parts = re.match(r"^postgresql://([^:]+):([^@]+)@/\?host=([^&]+)&port=(\d+)&dbname=(.*)$", url)
    if not parts:
        raise RuntimeError("not one of our URLs")
    user, password, host, port, name = parts.groups()
    return plain_environment(PGUSER=user, PGPASSWORD=password, PGHOST=host.replace("%2F", "/"), PGPORT=port, PGDATABASE=name)


class Database:
    """A database cloned from the migrated template of the run's cluster, dropped at the end."""

    def __init__(self, name=None):
        self.name = name or "t_%d_%x" % (os.getpid(), time.monotonic_ns() & 0xFFFFFF)
        self.admin = os.environ["HANSA_TEST_DB_ADMIN"]
        self.app_url = os.environ["HANSA_TEST_APP"] + self.name
        self.owner_url = os.environ["HANSA_TEST_OWNER"] + self.name
        self.super_url = self.admin.rsplit("dbname=", 1)[0] + "dbname=" + self.name
        self.sessions = Sessions(self.super_url)
        self.secret = os.urandom(32)  # all servers of a database have one

    def __enter__(self):
        psql(self.admin, 'create database "%s" template "%s" owner hansa_owner;' % (self.name, os.environ["HANSA_TEST_TEMPLATE"]))
        psql(self.admin, 'revoke all on database "%s" from public; grant connect on database "%s" to hansa_app, hansa_backup;' % (self.name, self.name))
        return self

    def __exit__(self, *_):
        self.sessions.close()
        psql(self.admin, 'drop database if exists "%s" with (force);' % self.name, check=False)

    def sql(self, text):
        """As superuser: row security does not apply."""
        return self.sessions.ask(text)


class Cluster:
    """A PostgreSQL of its own, durable unless told otherwise, with an empty database `hansa` in it, migrated unless told otherwise.
    `data` may name a folder to put the data in (a small tmpfs)."""

    def __init__(self, kind="durable", data=None, migrated=True):
        self.kind, self.place, self.is_migrated, self.secret = kind, place("pg"), migrated, os.urandom(32)
        self.data, self.sockets, self.secrets = data or self.place + "/pg", self.place + "/run", self.place + "/secrets"

    def shell(self, script, check=True, **extra):
        text = '. "$HANSA_ROOT/deploy/ground.sh"; . "$HANSA_ROOT/deploy/cluster.sh"; runner_choose; set -euo pipefail; ' + script
        done = subprocess.run(["bash", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              env=plain_environment(HANSA_ROOT=ROOT, DATA=self.data, SOCKETS=self.sockets, SECRETS=self.secrets,
                                                    KIND=self.kind, **extra), check=False)
        if check and done.returncode != 0:
            raise RuntimeError("cluster: " + done.stdout.decode(errors="replace"))
        return done.stdout.decode()

    def __enter__(self):
        self.shell('install -d -m 0700 -o "$HANSA_RUNNER" "$DATA" "$SOCKETS" "$SECRETS"; cluster_make "$DATA" "$SECRETS" "$KIND"')
        self.start()
        self.shell('cluster_roles "$SOCKETS" "$SECRETS"; cluster_database "$SOCKETS" "$SECRETS" hansa')
        self.app_url, self.owner_url, self.super_url, self.backup_url = (self.url(r) for r in ("hansa_app", "hansa_owner", "postgres", "hansa_backup"))
        if self.is_migrated:
            run_hansa(["migrate"], HANSA_OWNER_DATABASE_URL=self.owner_url)
        return self

    def database(self, name):
        """Makes one more database, empty and Hansa's."""
        self.shell('cluster_database "$SOCKETS" "$SECRETS" "$NAME"', NAME=name)
        return self

    def url(self, role, name="hansa"):
        return self.shell('cluster_url "$SOCKETS" "$SECRETS" %s %s' % (role, name)).strip()

    def start(self):
        self.shell('cluster_start "$DATA" "$SOCKETS" "$SECRETS/server.log"')

    def stop(self, how="fast"):
        self.shell('cluster_stop "$DATA" %s' % how)

    def pid(self):
        with open(self.data + "/postmaster.pid", encoding="ascii") as file:
            return int(file.readline())

    def kill(self):
        """kill -9 of the postmaster; its children see it and leave. Waits until they have."""
        pid = self.pid()
        children = children_of(pid)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(os.path.exists("/proc/%d" % p) for p in children + [pid]), 20)

    def sql(self, text):
        return psql(self.super_url, text)

    def __exit__(self, *_):
        self.shell('cluster_stop "$DATA" immediate', check=False)
        shutil.rmtree(self.place, ignore_errors=True)
