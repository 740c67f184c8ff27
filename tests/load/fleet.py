"""The machine room of the benchmark: SQL, the server, the edge, and what they use of CPU and memory."""
import http.client
import os
import pwd
import re
import resource
import socket
import subprocess
import time

PLACE = os.environ.get("LOAD_PLACE", "")
ROOT = os.environ.get("HANSA_ROOT", "")
TICK = os.sysconf("SC_CLK_TCK")
LIMITS = {  # what stands between one client on loopback and the machine; raised, and said so in the table
    "HANSA_MAX_RUNNING_SOURCE": "100000", "HANSA_MAX_RUNNING_TENANT": "100000", "HANSA_MAX_WAITING": "100000",
    "HANSA_DB_QUEUE_MAX": "65536", "HANSA_UNSAFE_HTTP2": "on", "HANSA_RATE_KEY_MINUTE": "16000000", "HANSA_RATE_TENANT_MINUTE": "16000000",
}
EDGE_LIMITS = {
    "HANSA_EDGE_RATE": "1000000000", "HANSA_EDGE_RATE_CUT": "1000000000", "HANSA_EDGE_CONNECTIONS": "10000",
    "HANSA_EDGE_CONNECT_RATE": "1000000",
}


def plain_environment(**extra):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HANSA_", "PG", "LOAD_"))}
    kept.update(extra)
    return kept


def database_environment(url):
    user, password, host, port, name = re.match(r"^postgresql://([^:]+):([^@]+)@/\?host=([^&]+)&port=(\d+)&dbname=(.*)$", url).groups()
    return plain_environment(PGUSER=user, PGPASSWORD=password, PGHOST=host.replace("%2F", "/"), PGPORT=port, PGDATABASE=name,
                             PGOPTIONS="-c plan_cache_mode=force_generic_plan -c client_min_messages=error -c jit=off")


def sql(text, variables=(), path=None):
    """As the superuser. Gives the lines of the answer."""
    words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    for name, value in variables:
        words += ["-v", "%s=%s" % (name, value)]
    if path is not None:
        words += ["-f", path]
    done = subprocess.run(words, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          env=database_environment(os.environ["LOAD_SUPER_URL"]))
    if done.returncode != 0:
        raise SystemExit("psql: " + done.stderr.decode(errors="replace"))
    return done.stdout.decode().split("\n")[:-1]


def as_runner():
    """Arguments for Popen: the user of PostgreSQL, server and edge, when root called us."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(os.environ["HANSA_RUNNER"])
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One of ours: started here, ended here by its own number. Its log is emptied now and then, since it grows by megabytes a
    second under load."""

    def __init__(self, name, words, environment):
        self.log = os.path.join(PLACE, "work", name + ".log")
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **as_runner())
        self.pid = self.popen.pid

    def log_empty(self):
        os.truncate(self.log, 0)

    def log_end(self):
        with open(self.log, "rb") as log:
            return log.read()[-2000:].decode(errors="replace")

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


def server_start(port):
    """Gives the process and the milliseconds until it said it was ready."""
    environment = plain_environment(
        HANSA_DATABASE_URL=os.environ["LOAD_APP_URL"], HANSA_LISTEN_LOOPBACK="127.0.0.1:%d" % port,
        HANSA_LISTEN_UNIX=os.path.join(PLACE, "run", "hansa.sock"), HANSA_SECRET_FILE=os.path.join(PLACE, "secrets", "secret.key"), **LIMITS)
    began = time.monotonic()
    process = Process("server", [os.path.join(PLACE, "hansa"), "serve"], environment)
    while not answers(port):
        if process.popen.poll() is not None or time.monotonic() - began > 20:
            process.stop()
            raise SystemExit("the server did not become ready:\n" + process.log_end())
        time.sleep(0.002)
    return process, (time.monotonic() - began) * 1000


def answers(port):
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status == 200
    except OSError:
        return False
    finally:
        asked.close()


def edge_start(port):
    environment = plain_environment(
        HANSA_EDGE_BIND="127.0.0.1:%d" % port, HANSA_EDGE_CERTIFICATE=os.path.join(PLACE, "edge", "edge.pem"),
        HANSA_EDGE_ADMIN=os.path.join(PLACE, "run", "edge.admin"), HANSA_LISTEN_UNIX=os.path.join(PLACE, "run", "hansa.sock"),
        HANSA_EDGE_LEG="h2", **EDGE_LIMITS)
    process = Process("edge", ["haproxy", "-W", "-db", "-q", "-f", os.path.join(ROOT, "deploy", "haproxy.cfg")], environment)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)  # its health check of the server
                return process
        if process.popen.poll() is not None:
            break
        time.sleep(0.05)
    process.stop()
    raise SystemExit("the edge did not start:\n" + process.log_end())


# --- what is used ---

def stat_fields(pid):
    with open("/proc/%s/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()


def children(pid):
    found = [pid]
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            for child in file.read().split():
                found += children(int(child))
    except OSError:
        pass
    return found


def cpu_seconds(pid):
    """Of a process, its living descendants, and those that have ended and were waited for."""
    ticks = 0
    for one in children(pid):
        try:
            fields = stat_fields(one)
            ticks += sum(int(f) for f in fields[11:15])
        except OSError:
            pass
    return ticks / TICK


def pss_mb(pid):
    total = 0
    for one in children(pid):
        try:
            with open("/proc/%d/smaps_rollup" % one) as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


def machine_cpu():
    with open("/proc/stat") as file:
        fields = [int(f) for f in file.readline().split()[1:9]]
    return {"busy": (sum(fields) - fields[3] - fields[4]) / TICK, "steal": fields[7] / TICK}


class Meter:
    """CPU of all parties over a stretch of time, and the most memory the server had."""

    def __init__(self, parts):
        self.parts = parts  # name → pid
        self.peak = 0.0

    def snapshot(self):
        used = {name: cpu_seconds(pid) for name, pid in self.parts.items()}
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        used["gen"] = own.ru_utime + own.ru_stime
        machine = machine_cpu()
        used["all"], used["steal"] = machine["busy"], machine["steal"]
        return used

    def begin(self):
        self.peak = 0.0
        self.before, self.at = self.snapshot(), time.monotonic()

    def look(self):
        self.peak = max(self.peak, pss_mb(self.parts["srv"]))

    def end(self, seconds):
        """Cores used, `seconds` being how long the load lasted."""
        after = self.snapshot()
        cores = {name: (after[name] - self.before[name]) / seconds for name in after}
        cores["other"] = cores.pop("all") - sum(cores[name] for name in list(self.parts) + ["gen"])
        return cores
