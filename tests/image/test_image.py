#!/usr/bin/env python3
"""Issue 4, item 7: the container images are made here by deploy/image, looked at, and run as deploy/compose.yaml runs them (see
jail.py), against a PostgreSQL of their own. Promises C1, C2, S1, S4.

Where images cannot be made (no buildah, no rights) everything is skipped, with the reason.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time

import hansa

HERE = os.path.dirname(os.path.realpath(__file__))
MAKER = os.path.join(hansa.ROOT, "deploy", "image")
PLACE = os.environ.get("HANSA_IMAGE_PLACE") or os.path.join(hansa.ROOT, "build", "image")
BUILDAH = ["buildah", "--root", PLACE + "/storage", "--runroot", PLACE + "/run", "--storage-driver", "vfs"]
# Root of this machine, or root of a name space in which the ids of the images are this user's subordinate ones.
AS_ROOT = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-auto", "--map-root-user"]
LARGEST_MB = {"hansa": 60, "hansa-edge": 40, "hansa-backup": 60}
PROGRAMS = {"hansa-backup": ["/usr/bin/hansa", "/usr/lib/postgresql/15/bin/pg_dump", "/usr/lib/postgresql/15/bin/pg_restore"]}
BACKUPS = "/var/lib/hansa/backups"

tap = hansa.Tap()


def said(command, check=True, timeout=120):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, check=False, errors="replace", env=hansa.plain_environment())
    if check and done.returncode != 0:
        raise RuntimeError("%s: status %d\n%s" % (" ".join(command), done.returncode, done.stdout[-4000:]))
    return done.stdout.strip()


class Image:
    """A container made of an image, its root file system unpacked by buildah; its files are looked at from AS_ROOT."""

    def __init__(self, name):
        self.name = name
        self.config = json.loads(said(BUILDAH + ["inspect", "--type", "image", "localhost/" + name]))["OCIv1"]["config"]
        self.uid, self.gid = (int(n) for n in self.config["User"].split(":"))
        self.container = said(BUILDAH + ["from", "--pull-never", "localhost/" + name]).splitlines()[-1]
        # vfs keeps a whole copy a container, which may as well be found without `buildah mount`.
        mounted = said((["buildah"] + BUILDAH[1:] + ["unshare"] if AS_ROOT else []) + BUILDAH + ["mount", self.container])
        self.root = mounted.splitlines()[-1]
        self.env = dict(pair.split("=", 1) for pair in self.config["Env"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        said(BUILDAH + ["rm", self.container], check=False)

    def files(self):
        """(path inside, type letter, mode, uid, size) of everything in it."""
        rows = said(AS_ROOT + ["find", self.root, "-mindepth", "1", "-printf", "%P\t%y\t%m\t%U\t%s\n"]).splitlines()
        parts = (row.split("\t") for row in rows)
        return [("/" + path, kind, int(mode, 8), int(uid), int(size)) for path, kind, mode, uid, size in parts]

    def command(self, words, volumes, env, program=None):
        more = json.dumps({"volumes": volumes, "env": dict(self.env, **env)})
        entry = [program] if program else self.config["Entrypoint"]
        return AS_ROOT + ["unshare", "--mount", sys.executable, os.path.join(HERE, "jail.py"), self.root, str(self.uid), str(self.gid),
                          more] + entry + words

    def once(self, words, volumes, **env):
        """Runs it to its end: (status, output)."""
        done = subprocess.run(self.command(words, volumes, env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False, errors="replace",
                              env=hansa.plain_environment())
        return done.returncode, done.stdout.strip()

    @contextlib.contextmanager
    def running(self, words, volumes, log_path, **env):
        with open(log_path, "ab") as log:
            process = subprocess.Popen(self.command(words, volumes, env), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, env=hansa.plain_environment())
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def is_made():
    begun = time.monotonic()
    done = subprocess.run([MAKER], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env=hansa.plain_environment(HANSA_IMAGE_PLACE=PLACE), timeout=840)
    hansa.note("deploy/image took %.0f s\n%s" % (time.monotonic() - begun, done.stdout if done.returncode == 0 else ""))
    return tap.ok(done.returncode == 0, "deploy/image makes the three images and their archives", done.stdout[-4000:])


def look_at_settings(image):
    config = image.config
    tap.ok(image.uid >= 1000 and image.gid >= 1000, image.name + ": its user is not root", config["User"])
    tap.ok(config["Entrypoint"][0].startswith("/") and not any("sh" == os.path.basename(w) for w in config["Entrypoint"]),
           image.name + ": the entry point is the program itself", config["Entrypoint"])
    labels = config.get("Labels") or {}
    tap.ok(labels.get("org.opencontainers.image.title", "").startswith("Hansa"), image.name + ": labels say what it is", labels)
    tap.ok(not re.search(r"password|secret_|_KEY=|postgresql://", json.dumps(config), re.I), image.name + ": no secret in its settings", config)


def look_at_files(image):
    rows = image.files()
    megabytes = sum(size for _, kind, _, _, size in rows if kind == "f") / 1e6
    hansa.note("localhost/%s: %d files, %.1f MB" % (image.name, sum(1 for row in rows if row[1] == "f"), megabytes))
    tap.ok(megabytes < LARGEST_MB[image.name], "%s: smaller than %d MB" % (image.name, LARGEST_MB[image.name]), megabytes)
    tools = re.compile(r"/(sh|dash|bash|busybox|apt|apt-get|dpkg|gcc|cc|cc1|ld|as|make|cmake|ninja|python[0-9.]*|perl|curl|openssl|npm|node)$")
    found = [path for path, kind, mode, _, _ in rows if kind in "fl" and tools.search(path)]
    tap.equal(found, [], image.name + ": no shell, package manager, interpreter or compiler")
    found = [path for path, *_ in rows if re.search(r"\.(h|a|c|sql|py|o|debug)$|/include/|/src/", path)]
    tap.equal(found, [], image.name + ": no headers, sources or debug files")
    programs = [path for path, kind, mode, _, _ in rows if kind == "f" and mode & 0o111 and not re.search(r"/lib(64)?/.*\.so[.0-9]*$", path)]
    tap.equal(sorted(programs), PROGRAMS.get(image.name, [image.config["Entrypoint"][0]]), image.name + ": its programs, and the libraries")
    tap.equal([path for path, _, mode, _, _ in rows if mode & 0o6000], [], image.name + ": nothing set-user-id or set-group-id")
    tap.equal([path for path, kind, mode, _, _ in rows if kind != "l" and mode & 0o002], ["/tmp"], image.name + ": only /tmp is open to all")
    owned = {"hansa": ["/run/hansa", "/var/lib/hansa/files"], "hansa-edge": ["/run/edge", "/run/hansa"],
             "hansa-backup": ["/run/hansa", BACKUPS, "/var/lib/hansa/files"]}[image.name]
    tap.equal(sorted(path for path, _, _, uid, _ in rows if uid != 0), owned, image.name + ": all but its places is root's")
    return {path for path, *_ in rows}


def look_at_packages(image, paths):
    rows = []
    for path in sorted(path for path in paths if path.startswith("/usr/share/hansa/packages")):  # a list of each layer's own
        with open(image.root + path, encoding="utf-8") as file:
            rows += [line.rstrip("\n").split("\t") for line in file]
    tap.ok(all(len(row) == 4 and row[1] and row[2] for row in rows), image.name + ": the list of packages is whole", rows)
    names = {row[0] for row in rows}
    status = {os.path.basename(path) for path in paths if path.startswith("/var/lib/dpkg/status.d/")}
    tap.equal(sorted(names ^ status), [], image.name + ": scanners read the same list")
    expected = {"hansa": {"libh2o-evloop0.13", "libseccomp2", "libpq5", "libssl3", "libc6", "ca-certificates"}, "hansa-edge": {"haproxy", "libssl3", "libc6"},
                "hansa-backup": {"postgresql-client-15", "libpq5", "libssl3", "libc6"}}
    tap.equal(sorted(expected[image.name] - names), [], "%s: what it stands on is told, %d packages" % (image.name, len(names)))
    tap.equal([row[0] for row in rows if row[3] not in paths], [], image.name + ": the licence of each package lies in it")


def look_at_hardening(image):
    """C2, of the binary that is shipped."""
    path = image.root + "/usr/bin/hansa"
    head, segments = said(["readelf", "-W", "-h", path]), said(["readelf", "-W", "-l", path])
    dynamic, symbols = said(["readelf", "-W", "-d", path]), said(["readelf", "-W", "--dyn-syms", path])
    sections = said(["readelf", "-W", "-S", path])
    tap.ok(re.search(r"Type:\s+DYN", head) and re.search(r"FLAGS_1.*\bPIE\b", dynamic), "the binary is position-independent (C2)", head)
    tap.ok("GNU_RELRO" in segments and re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic), "its tables are read-only once it runs (C2)", segments)
    tap.ok(re.search(r"GNU_STACK.* RW ", segments) and not re.search(r"LOAD.* RWE ", segments), "no memory is writable and executable (C2)", segments)
    if os.uname().machine == "x86_64":
        # The start files of Debian 12 do not bear the mark IBT, SHSTK, so the linker leaves it off the whole; the code has its
        # landing pads (endbr64) nonetheless.
        with open(path, "rb") as file:
            pads = file.read().count(b"\xf3\x0f\x1e\xfa")
        tap.ok(pads > 200, "functions begin with landing pads (-fcf-protection, C2): %d" % pads)
    tap.ok("__stack_chk_fail" in symbols and re.search(r"__\w+_chk@", symbols), "stack protector and fortified calls (C2)", symbols[-800:])
    tap.ok(".debug_info" not in sections and "RPATH" not in dynamic and "RUNPATH" not in dynamic, "no debug information, no path of its own")


def runs_by_buildah(image):
    got = said(BUILDAH + ["run", "--isolation", "chroot", image.container, "--", "/usr/bin/hansa", "version"], check=False)
    tap.ok(re.fullmatch(r"hansa \d+\.\d+\.\d+", got.splitlines()[-1] if got else ""), "buildah runs it: hansa version", got)


class House:
    """What compose.yaml gives the containers: the database's sockets, the secrets, the volumes. On this machine's network."""

    def __init__(self, cluster):
        self.place, self.port, self.edge_port = hansa.place("image"), hansa.free_port(), hansa.free_port()
        for name, mode in (("sockets", 0o777), ("files", 0o777), ("secrets", 0o755), ("admin", 0o777), ("backups", 0o777), ("restored", 0o777)):
            os.mkdir(self.place + "/" + name)
            os.chmod(self.place + "/" + name, mode)
        # As the postgres image has it: who may speak to the database is decided by passwords.
        cluster.shell('cluster_database "$SOCKETS" "$SECRETS" image; cluster_database "$SOCKETS" "$SECRETS" restored; chmod 0755 "$SOCKETS"; chmod 0777 "$SOCKETS"/.s.PGSQL.5432')
        inside = "?host=%2Frun%2Fpostgresql&"
        self.owner_url, self.app_url = (re.sub(r"\?host=[^&]*&", inside, cluster.url(role, "image")) for role in ("hansa_owner", "hansa_app"))
        pem, self.authority = hansa.certificate()
        self.secret("owner.conf", ("owner_database_url = %s\n" % self.owner_url).encode())
        self.secret("server.conf", ("database_url = %s\nsecret_file = /run/secrets/secret.key\n" % self.app_url).encode())
        self.secret("secret.key", os.urandom(32))
        with open(pem, "rb") as file:
            self.secret("edge.pem", file.read())
        database = {"/run/postgresql": cluster.sockets}
        self.as_owner = dict(database, **self.secrets("owner.conf"))
        self.as_server = dict(database, **self.secrets("server.conf", "secret.key"),
                              **{"/run/hansa": self.place + "/sockets", "/var/lib/hansa/files": self.place + "/files"})
        self.as_edge = dict(self.secrets("edge.pem"), **{"/run/hansa": self.place + "/sockets", "/run/edge": self.place + "/admin"})
        url = {(role, name): re.sub(r"\?host=[^&]*&", inside, cluster.url(role, name)) for role in ("hansa_owner", "hansa_backup") for name in ("image", "restored")}
        self.secret("backup.conf", ("backup_database_url = %s\nsecret_file = /run/secrets/secret.key\n" % url["hansa_backup", "image"]).encode())
        self.secret("restore.conf", ("backup_database_url = %s\nowner_database_url = %s\n" % (url["hansa_backup", "restored"], url["hansa_owner", "restored"])).encode())
        self.secret("backup.passphrase", b"twenty four letters and more\n")
        self.to_backup = dict(database, **self.secrets("backup.conf", "secret.key", "backup.passphrase"),
                              **{BACKUPS: self.place + "/backups", "/var/lib/hansa/files": self.place + "/files"})
        self.to_restore = dict(database, **self.secrets("restore.conf", "backup.passphrase"),
                               **{BACKUPS: self.place + "/backups", "/var/lib/hansa/files": self.place + "/restored"})
        self.owner_env = {"HANSA_CONFIG": "/run/secrets/owner.conf"}
        self.server_env = {"HANSA_CONFIG": "/run/secrets/server.conf", "HANSA_LISTEN_LOOPBACK": "127.0.0.1:%d" % self.port}

    def secret(self, name, content):
        path = "%s/secrets/%s" % (self.place, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o444)

    def secrets(self, *names):
        return {"/run/secrets/" + name: "%s/secrets/%s" % (self.place, name) for name in names}

    def connect(self, through_edge):
        if not through_edge:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        return http.client.HTTPSConnection("127.0.0.1", self.edge_port, timeout=20, context=ssl.create_default_context(cafile=self.authority))

    def ask(self, method, path, body=None, key=None, through_edge=False):
        connection = self.connect(through_edge)
        with contextlib.closing(connection):
            return hansa.ask(connection, method, path, body, key)

    def is_ready(self, through_edge=False):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/readyz", through_edge=through_edge).status == 200
        return False

    def log(self, name):
        return "%s/%s.log" % (self.place, name)

    def told(self, name):
        with open(self.log(name), encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]


def program_pid(process, name="hansa"):
    """The program that the container is for, by its name: a name space may have a parent of its own, and the program children."""
    pid = process.pid
    while True:
        with open("/proc/%d/comm" % pid, encoding="ascii", errors="replace") as file:
            if file.read().strip() == name:
                return pid
        pid = hansa.children_of(pid)[0]


def answers(image, edge, backup, house):
    status, text = image.once(["migrate"], house.as_owner, **house.owner_env)
    if not tap.ok(status == 0 and "files applied" in text, "migrate brings an empty database up", text):
        return
    status, text = image.once(["ready"], {}, **house.server_env)
    tap.ok(status == 1, "hansa ready says no while nothing serves", text)
    status, tenant = image.once(["admin", "tenant", "create", "acme", "--name", "Acme"], house.as_owner, **house.owner_env)
    status, key = image.once(["admin", "key", "create", "--tenant", "acme", "--scopes", "all"], house.as_owner, **house.owner_env)
    key = key.splitlines()[-1]
    tap.ok(status == 0 and key.startswith("hansa_"), "hansa admin makes a tenant and a key", tenant + key[:20])
    begun = time.monotonic()
    with image.running(["serve"], house.as_server, house.log("server"), **house.server_env) as server:
        hansa.wait_for(lambda: server.poll() is not None or house.is_ready(), 20)
        hansa.note("serve was ready %.0f ms after its start" % ((time.monotonic() - begun) * 1000))
        if not tap.ok(server.poll() is None and house.is_ready(), "serve gets ready with a read-only root", house.told("server")):
            return
        status, text = image.once(["ready"], {}, **house.server_env)
        tap.equal(status, 0, "hansa ready, the health check, says yes", text)
        look_at_process(image, server)
        made = house.ask("POST", "/v1/shipments", {"tracking_number": "IMAGE-1", "customer": {"code": "ACME", "name": "Acme"}}, key)
        number = made.json.get("tracking_number") if made.status == 201 else None
        got = house.ask("GET", "/v1/tracking/%s" % number, key=key)
        tap.ok(made.status == 201 and got.status == 200 and got.json.get("status"), "a tracking question is answered", "%r %r" % (made, got))
        asks_through_edge(edge, house, key, number)
        works(image, house)
        backs_up(backup, house)
        is_back(server, house)
        ends(server, house)


def look_at_process(image, server):
    parent = program_pid(server)
    for pid, name in ((parent, "the parent"), (hansa.children_of(parent)[0], "what serves")):
        facts = status_of(pid)
        if not AS_ROOT:
            tap.equal(facts["Uid"].split(), [str(image.uid)] * 4, name + " is the image's user")
        tap.ok(int(facts["CapEff"], 16) == 0 and int(facts["CapBnd"], 16) == 0 and facts["NoNewPrivs"] == "1",
               name + " has no capability, nor a way to one", facts)
    tap.equal(facts["Seccomp"], "2", "what serves is confined (0039)", facts)


def cannot_write(image, house):
    status, text = image.once(["serve", "--log-file=/usr/log"], house.as_server, **house.server_env)
    tap.ok(status != 0 and "log_file" in text and "Read-only" in text, "nothing can be written outside its places", text)


def asks_through_edge(edge, house, key, number):
    env = {"HANSA_EDGE_BIND": "127.0.0.1:%d" % house.edge_port}
    with edge.running([], house.as_edge, house.log("edge"), **env) as process:
        hansa.wait_for(lambda: process.poll() is not None or house.is_ready(True), 20)
        if not tap.ok(process.poll() is None and house.is_ready(True), "the edge's image finds the server by their common socket",
                      house.told("edge") or "status %r" % process.poll()):
            return
        got = house.ask("GET", "/v1/tracking/%s" % number, key=key, through_edge=True)
        tap.ok(got.status == 200 and got.json.get("status"), "a tracking question through the edge, by HTTPS", got)
        os.kill(program_pid(process, "haproxy"), signal.SIGUSR1)
        code = hansa.wait_for(lambda: process.poll() is not None, 35) and process.returncode
        tap.equal(code, 0, "SIGUSR1 ends the edge with 0", house.told("edge"))


def backs_up(backup, house):
    """With the server at work; the image has the client that it needs, and no more."""
    phrase = ["--passphrase-file", "/run/secrets/backup.passphrase"]
    for words, volumes, name in ((["make", BACKUPS + "/one", *phrase], house.to_backup, "backup.conf"), (["verify", BACKUPS + "/one", *phrase], house.to_backup, "backup.conf"),
                                 (["restore", BACKUPS + "/one", *phrase, "--secret-file-to", BACKUPS + "/secret.key"], house.to_restore, "restore.conf")):
        status, text = backup.once(words, volumes, HANSA_CONFIG="/run/secrets/" + name)
        if not tap.equal(status, 0, "hansa-backup: " + words[0], text):
            return
    with open(house.place + "/secrets/secret.key", "rb") as kept, open(house.place + "/backups/secret.key", "rb") as restored:
        tap.ok(kept.read() == restored.read(), "and the secret file comes back")


def works(image, house):
    port = hansa.free_port()
    env = dict(house.server_env, HANSA_WORK_LISTEN="127.0.0.1:%d" % port)
    with image.running(["work"], house.as_server, house.log("worker"), **env) as worker:
        ask = ["ready", "--listen-loopback=127.0.0.1:%d" % port]
        is_ready = hansa.wait_for(lambda: worker.poll() is not None or image.once(ask, {})[0] == 0, 20, 0.3)
        tap.ok(is_ready and worker.poll() is None, "hansa work runs in the image, and is asked the same way", house.told("worker"))
        with contextlib.suppress(ProcessLookupError):
            os.kill(program_pid(worker), signal.SIGTERM)
        code = hansa.wait_for(lambda: worker.poll() is not None, 35) and worker.returncode
        tap.equal(code, 0, "and ends with 0 on SIGTERM", house.told("worker"))


def is_back(server, house):
    """O5: the parent is the first process of a container; what it serves with may die."""
    old = hansa.children_of(program_pid(server))[0]
    os.kill(old, signal.SIGKILL)
    began = time.monotonic()
    tap.ok(hansa.wait_for(house.is_ready, 20), "kill -9 of what serves: it is back by itself", house.told("server"))
    hansa.note("ready %.0f ms after kill -9" % ((time.monotonic() - began) * 1000))
    tap.ok(hansa.children_of(program_pid(server))[0] != old and server.poll() is None, "in a new process of the same container")


def ends(server, house):
    """S4: with a client that stays connected."""
    with contextlib.closing(house.connect(False)) as idle:
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        begun = time.monotonic()
        os.kill(program_pid(server), signal.SIGTERM)
        code = hansa.wait_for(lambda: server.poll() is not None, 30) and server.returncode
        tap.equal(code, 0, "SIGTERM ends the server with 0 within its drain time", house.told("server"))
        hansa.note("SIGTERM to end: %.0f ms" % ((time.monotonic() - begun) * 1000))


def main():
    can = subprocess.run([MAKER, "--can"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                         env=hansa.plain_environment())
    if can.returncode != 0:
        tap.skip("the container images", can.stdout.strip() or "deploy/image --can gave no reason")
        tap.done()
    if not is_made():
        tap.done()
    with Image("hansa") as image, Image("hansa-edge") as edge, Image("hansa-backup") as backup:
        for one in (image, edge, backup):
            look_at_settings(one)
            look_at_packages(one, look_at_files(one))
        look_at_hardening(image)
        runs_by_buildah(image)
        with hansa.Cluster("fast") as cluster:
            house = House(cluster)
            try:
                cannot_write(image, house)
                answers(image, edge, backup, house)
            finally:
                shutil.rmtree(house.place, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
