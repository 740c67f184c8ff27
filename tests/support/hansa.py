"""What the Python tests stand on: TAP, a cloned database (postgres.py), a running server, the shipped edge in front of it.

Standard library only. tests/run sets the environment (HANSA_BUILD, HANSA_TEST_…) and PYTHONPATH. Everything made here
lives in a folder of the run that is removed at the end; every process started here is ended by its own number.

    tap = hansa.Tap()
    with hansa.Database() as db, hansa.Server(db) as server:
        tenant, key = server.tenant("acme")
        answer = server.request("GET", "/v1/shipments", key=key)
        tap.ok(answer.status == 200, "an empty list is an answer")
    tap.done()
"""
import contextlib
import functools
import glob
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import uuid

from machine import (BUILD, ROOT, SAMPLES, binary, children_of, free_port, is_alive, place, plain_environment, rss_mb, run_hansa,  # noqa: F401
                     wait_for)
from postgres import Cluster, Database, Held, psql, url_environment  # noqa: F401


class Tap:
    """Prints points as they come. done() prints the plan and ends the process with the right status."""

    def __init__(self):
        self.count, self.bad = 0, 0

    def ok(self, condition, name, detail=""):
        self.count += 1
        print("%sok %d - %s" % ("" if condition else "not ", self.count, one_line(name)), flush=True)
        if not condition:
            self.bad += 1
            for line in str(detail).splitlines()[:60]:
                print("# " + line, flush=True)
        return bool(condition)

    def equal(self, got, expected, name, detail=""):
        return self.ok(got == expected, name, "got %r, expected %r %s" % (got, expected, detail))

    def skip(self, name, reason):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, one_line(name), one_line(reason)), flush=True)

    def done(self):
        print("1..%d" % self.count, flush=True)
        sys.exit(1 if self.bad else 0)


def one_line(text):
    return re.sub(r"[#\r\n]+", " ", str(text))


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


class Answer:
    """One HTTP answer: status, headers (lower case → value), body (bytes)."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:300].decode(errors="replace"))


@functools.cache
def keyed():
    """Addresses whose POST needs an Idempotency-Key, as the endpoint files say; ask() makes one up unless `headers` says otherwise
    (None: leaves it out)."""
    paths = []
    for name in glob.glob(os.path.join(ROOT, "server", "*", "*.sql")):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if "\n--! idempotency: required\n" in text:
            paths.append(re.sub(r"\{\w+\}", "[^/]+", re.match(r"--! POST (\S+)", text).group(1)))
    return re.compile("|".join(paths))


def ask(connection, method, path, body=None, key=None, headers=None):
    """One request on an http.client connection."""
    sent = {"host": "localhost"}
    if method == "POST" and keyed().fullmatch(path.split("?")[0]):
        sent["idempotency-key"] = uuid.uuid4().hex
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if body is not None:
        sent["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
    if callable(key):  # a session: its headers, anew for each request
        sent.update(key())
    elif key:
        sent["authorization"] = "Bearer " + key
    sent.update(headers or {})
    sent = {name: value for name, value in sent.items() if value is not None}
    connection.request(method, path, body=body, headers=sent)
    reply = connection.getresponse()
    if (reply.getheader("content-type") or "").startswith("text/event-stream") and method != "HEAD":
        return first_block(connection, reply)
    return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())


def first_block(connection, reply):
    """Of an answer that does not end (support/sse.py reads those): what comes first."""
    body = b""
    while not body.endswith(b"\n\n"):
        line = reply.readline()
        if not line:
            break
        body += line
    headers = {k.lower(): v for k, v in reply.getheaders()}
    reply.close()
    connection.close()
    return Answer(reply.status, {**headers, "connection": "close"}, body)


def raw_talk(sock, data, seconds=6, quiet=0.4):
    """Sends bytes as they are and reads until the other side closes, is quiet after a first answer, or time is over: (bytes,
    whether it closed)."""
    got, end = b"", time.monotonic() + seconds
    with contextlib.suppress(OSError):
        sock.sendall(data)
    while time.monotonic() < end:
        sock.settimeout(quiet if got else max(0.01, end - time.monotonic()))
        try:
            more = sock.recv(65536)
        except TimeoutError:
            if got:
                return got, False
            continue
        except OSError:
            return got, True
        if not more:
            return got, True
        got += more
    return got, False


class Server:
    """`hansa serve` of the sanitized build on a loopback port and a UNIX socket of its own. `settings` are HANSA_ settings
    in lower case; None leaves one out. stop() asserts a clean end."""

    def __init__(self, database, wait="readyz", sanitizer="", **settings):
        self.database, self.wait, self.place = database, wait, place("server")
        self.port = free_port()
        self.socket_path = self.place + "/hansa.sock"
        self.log_path = self.place + "/log"
        self.sanitizer = sanitizer
        with open(self.place + "/secret", "wb") as file:
            file.write(database.secret if database else os.urandom(32))
        self.settings = {"database_url": database.app_url if database else None, "listen_unix": self.socket_path,
                         "listen_loopback": "127.0.0.1:%d" % self.port, "secret_file": self.place + "/secret",
                         "rate_key_minute": 10000000, "rate_tenant_minute": 10000000, "files_dir": self.place + "/files",
                         "listen_uploads": self.place + "/uploads.sock"}
        os.mkdir(self.place + "/files", 0o700)
        self.settings.update(settings)
        self.process, self.exit_code, self.first = None, None, None
        self.may_crash = False  # else a serving process that was killed is a fault, though its parent has started another

    def environment(self):
        env = plain_environment(**{"HANSA_" + k.upper(): v for k, v in self.settings.items()})
        path = ":log_path=" + self.place + "/sanitizer"
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "detect_leaks=1") + self.sanitizer + path
        env["UBSAN_OPTIONS"] = os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1") + path
        return env

    def start(self):
        """Also again after stop() or kill(), on the same addresses."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([binary(), "serve"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment(), start_new_session=True)
        self.exit_code = None
        if self.wait and not wait_for(lambda: self.process.poll() is not None or self.probe("/" + self.wait) == 200, 30):
            raise RuntimeError("server not ready in 30 s\n" + self.log_text()[-3000:])
        if self.wait and self.process.poll() is not None:
            raise RuntimeError("server ended with %d\n%s%s" % (self.process.returncode, self.log_text()[-3000:], self.reports()))
        self.first = self.pid if self.wait else None
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            if self.process and self.process.poll() is None:
                self.stop()
            if kind is not None:  # what the test stumbled over may be the end of something that only the server saw
                note(self.reports())
            elif self.reports():
                raise RuntimeError("sanitizer report, or a crash\n" + self.reports())
        finally:
            if self.process and self.process.poll() is None:
                self.kill()
            shutil.rmtree(self.place, ignore_errors=True)

    @property
    def pid(self):
        """Of the process that serves. `process` is its parent, which holds the sockets and would start it again."""
        return wait_for(lambda: children_of(self.process.pid), 5)[0]

    def is_alive(self):
        """Parent, and the process that has served from the start."""
        return self.process is not None and self.process.poll() is None and (self.first is None or self.may_crash or is_alive(self.first))

    def probe(self, path):
        """Status of GET path on the loopback listener; 0 when nothing answers."""
        try:
            return self.request("GET", path, timeout=2).status
        except (OSError, http.client.HTTPException):
            return 0

    def connect(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, key=None, headers=None, timeout=20):
        connection = self.connect(timeout)
        try:
            return ask(connection, method, path, body, key, headers)
        finally:
            connection.close()

    def admin(self, *words, check=True):
        return run_hansa(["admin"] + list(words), check=check, HANSA_OWNER_DATABASE_URL=self.database.owner_url)

    def tenant(self, slug, scopes="all"):
        """Makes a tenant and a key for it: (tenant id, key)."""
        tenant = self.admin("tenant", "create", slug, "--name", slug.title()).stdout.strip().splitlines()[-1]
        return tenant, self.key(slug, scopes)

    def key(self, slug, scopes="all", *more):
        """more: further words, such as --test."""
        return self.admin("key", "create", "--tenant", slug, "--scopes", scopes, *more).stdout.strip().splitlines()[-1]

    def operator_key(self, scopes="all"):
        return self.admin("key", "create", "--operator", "--scopes", scopes).stdout.strip().splitlines()[-1]

    def metrics(self):
        return self.request("GET", "/metrics").body.decode()

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def log_lines(self):
        """The JSON lines of the log, parsed; lines that are not JSON come as {'text': …}."""
        found = []
        for line in self.log_text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append({"text": line})
        return found

    def reports(self):
        """What the sanitizers wrote, of every process started by this object, and what its parent wrote of serving processes that were
        killed. A sanitizer ends a process in order, an assertion kills it: without this the parent would hide it."""
        text = "" if self.may_crash or not os.path.exists(self.log_path) else "".join(
            line + "\n" for line in self.log_text().splitlines() if '"message":"the serving process was killed' in line or '"message":"crash"' in line)
        for path in sorted(glob.glob(self.place + "/sanitizer*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return text

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=45):
        """Asks it to end; gives the exit code (0 is the promise), or None when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended(seconds)

    def ended(self, seconds=45):
        try:
            self.exit_code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self.exit_code = None
        return self.exit_code

    def kill(self):
        """kill -9 of all of it, as a machine that fails: the parent, and with it the process that serves. Waits for both."""
        serving = children_of(self.process.pid)
        self.process.kill()
        self.process.wait()
        if not wait_for(lambda: not any(is_alive(pid) for pid in serving), 10, 0.002):
            raise RuntimeError("the serving process outlives its parent")

    def crash(self, number=signal.SIGKILL):
        """That signal to the process that serves, and to it alone; gives its pid when it is gone."""
        self.may_crash = True
        pid = self.pid
        os.kill(pid, number)
        wait_for(lambda: not is_alive(pid), 10, 0.002)
        return pid


_certificate = None


def certificate():
    """A self-signed certificate for the tests' edge: (PEM with key, certificate). Made once a process."""
    global _certificate
    if _certificate is None:
        folder = place("tls")
        import atexit
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2", "-nodes",
                        "-keyout", folder + "/key", "-out", folder + "/crt", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        with open(folder + "/pem", "w", encoding="ascii") as out:
            for part in ("key", "crt"):
                with open(folder + "/" + part, encoding="ascii") as file:
                    out.write(file.read())
        _certificate = (folder + "/pem", folder + "/crt")
    return _certificate


class Edge:
    """The shipped deploy/haproxy.cfg in front of a Server (or any socket path). `limits` set HANSA_EDGE_… values."""

    def __init__(self, server, http2=True, backend=None, **limits):
        self.place, self.port = place("edge"), free_port()
        self.log_path = self.place + "/log"
        self.settings = {"HANSA_EDGE_BIND": "127.0.0.1:%d" % self.port, "HANSA_EDGE_CERTIFICATE": certificate()[0],
                         "HANSA_EDGE_ADMIN": self.place + "/admin", "HANSA_EDGE_LEG": "h2" if http2 else "h1",
                         "HANSA_LISTEN_UNIX": backend or server.socket_path,
                         "HANSA_LISTEN_UPLOADS": backend or server.settings["listen_uploads"]}
        self.settings.update({"HANSA_EDGE_" + k.upper(): v for k, v in limits.items()})
        self.process = None

    def __enter__(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["haproxy", "-W", "-db", "-f", os.path.join(ROOT, "deploy", "haproxy.cfg")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            env=dict(plain_environment(**self.settings), PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

        def answers():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.request("GET", "/readyz", timeout=2).status == 200
            return False
        if not wait_for(lambda: self.process.poll() is not None or answers(), 20) or self.process.poll() is not None:
            raise RuntimeError("edge not ready\n" + self.log_text()[-3000:])
        self.workers = children_of(self.process.pid)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def is_alive(self):
        """Master and every worker that it had at the start."""
        return self.process.poll() is None and all(is_alive(p) for p in self.workers)

    def rss_mb(self):
        return sum(rss_mb(p) for p in self.workers)

    def tls(self, protocols=("http/1.1",), source=None, timeout=20):
        """A TLS connection to the edge with that ALPN offer, from that loopback address."""
        context = ssl.create_default_context(cafile=certificate()[1])
        context.set_alpn_protocols(list(protocols))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout, source_address=(source, 0) if source else None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, server_hostname="localhost")

    def request(self, method, path, body=None, key=None, headers=None, timeout=20):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        connection.sock = self.tls(timeout=timeout)
        try:
            return ask(connection, method, path, body, key, headers)
        finally:
            connection.close()

    def raw(self, data, seconds=6, source=None):
        """Sends bytes as they are over HTTP/1.1 TLS; gives what raw_talk gives."""
        try:
            with self.tls(source=source, timeout=seconds) as tls:
                return raw_talk(tls, data, seconds)
        except OSError:
            return b"", True

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()
