#!/usr/bin/env python3
"""Promise O5: a crash says so, and the server is back by itself. `hansa serve` and `hansa work` are a parent that holds the sockets and a
child that serves. The child killed by anything is followed by another; the parent dead, the child is dead; signals and codes go through.

How long a request waits after kill -9 is printed (`tests/run reliability/test_parent`, in its log), and judged by nobody: machines differ.
"""
import calendar
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "core")]
import hansa
import job_world

# The sanitizer leaves these signals to the handler under test.
UNHANDLED = "".join(":handle_%s=0" % name for name in ("segv", "sigbus", "sigfpe", "sigill", "abort"))
tap = hansa.Tap()


def answered(server, path="/healthz", seconds=20):
    """The status that the next request gets, from whoever serves: asked once more when the connection falls with the old one."""
    def status():
        try:
            return server.request("GET", path, timeout=seconds).status
        except (OSError, http.client.HTTPException):
            return None
    return hansa.wait_for(status, seconds)


def lines(server, message):
    return [line for line in server.log_lines() if line.get("message") == message]


def killed(database):
    """By anything: from outside, and by faults that the process notices itself."""
    with hansa.Server(database, sanitizer=UNHANDLED) as server:
        parent = server.process.pid
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT):
            old = server.crash(number)
            began = time.monotonic()
            status = answered(server)
            hansa.note("answered %.0f ms after %s" % ((time.monotonic() - began) * 1000, number.name))
            tap.equal(status, 200, "%s: the next request is answered" % number.name, server.log_text()[-2000:])
            tap.ok(server.pid != old and server.process.pid == parent and server.is_alive(), "%s: by a new process of the same parent" % number.name)
            said = [line for line in lines(server, "the serving process was killed") if line["pid"] == old]
            tap.ok(len(said) == 1 and said[0]["signal"] == number.name and said[0]["parent"] == parent, "%s: the parent says so, once" % number.name, said)
        tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 200, 20), "ready again, by itself")
        tap.ok("\nhansa_restarts_total 3\n" in server.metrics(), "/metrics counts three restarts")
        last = lines(server, "serving")[-1]
        tap.equal((last["pid"], last["parent"], last["restarts"]), (server.pid, parent, 3), "the log says who serves, below whom")
        told = lines(server, "crash")
        tap.equal([line["signal"] for line in told], ["SIGSEGV", "SIGABRT"], "a crash leaves one line; kill -9 leaves none", told)
        # Answers to the probe may still be on their way out; nothing else was at work.
        tap.ok(all(line["backtrace"] and line.get("endpoint", "healthz") in ("healthz", "readyz") for line in told), "with a backtrace, and with nobody's request", told)
        tap.equal(server.stop(), 0, "ends with 0 as before")
        tap.equal(server.reports(), "", "no sanitizer report")
        server.may_crash = False
        tap.ok("SIGKILL" in server.reports(), "a test that does not expect a crash is told of it")
        server.may_crash = True
        tap.ok(not os.path.exists(server.socket_path), "and leaves no socket")


def where(binary, frames):
    """Names of the functions in the binary's own frames."""
    offsets = [frame.split("+")[1] for frame in frames if frame.startswith("hansa+")]
    return subprocess.run(["addr2line", "-f", "-e", binary] + offsets, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[::2]


def told_where(world):
    """Which request, which endpoint, which function: on a loop's thread, at a worker, on a stack that has run over."""
    with world.worker("serve", sanitizer=UNHANDLED, job_workers=0) as server:
        server.may_crash = True
        for how, number, function in (("ASTRAY", "SIGSEGV", "probe_write_astray"), ("WORKER", "SIGSEGV", "probe_write_astray"),
                                      ("ABORT", "SIGABRT", "hansa_probe_fall_answer"), ("DEEP", "SIGSEGV", "probe_go_deep")):
            count = len(lines(server, "crash"))
            try:
                got = server.request("GET", "/v1/probe/fall?how=" + how)
            except (OSError, http.client.HTTPException):
                got = None
            tap.ok(got is None, "%s: the request that crashes gets no answer" % how, got)
            tap.ok(hansa.wait_for(lambda: len(lines(server, "crash")) > count, 10), "%s: the crash is told" % how, server.log_text()[-2000:])
            line = lines(server, "crash")[-1]
            tap.equal((line.get("signal"), line.get("room"), line.get("endpoint")), (number, "probe", "fall"), "%s: signal and endpoint" % how, line)
            tap.ok(re.fullmatch(r"[0-9a-f]{32}", line.get("request_id", "")), "%s: the request's id" % how, line)
            tap.ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) and
                   abs(time.time() - calendar.timegm(time.strptime(line["time"][:19], "%Y-%m-%dT%H:%M:%S"))) < 600, "%s: the time" % how, line["time"])
            tap.ok(function in where(job_world.probe_binary(), line["backtrace"]), "%s: addr2line finds the function at the offset" % how, line)
            tap.equal(len(lines(server, "crash")), count + 1, "%s: in one line" % how)
            tap.equal(answered(server, "/v1/probe/fall"), 204, "%s: and the next one serves" % how)
        server.kill()


def works(world):
    with world.worker(sanitizer=UNHANDLED) as worker:
        old = worker.crash()
        tap.equal(answered(worker), 200, "hansa work has the same parent: a new worker after kill -9", worker.log_text()[-2000:])
        world.queue("a", "probe.count", "'{\"n\": 1}'")
        tap.ok(worker.pid != old and hansa.wait_for(lambda: world.left() == 0, 30), "and it does jobs")
        tap.equal(worker.stop(), 0, "hansa work ends with 0")


def together(database):
    """The parent's death is the child's; signals reach the child; its end is the parent's."""
    with hansa.Server(database) as server:
        serving = server.pid
        os.kill(server.process.pid, signal.SIGKILL)
        tap.ok(hansa.wait_for(lambda: not hansa.is_alive(serving), 10), "kill -9 of the parent: the child is gone")
        server.process.wait()
        tap.equal(server.probe("/healthz"), 0, "and nobody answers")
        server.start()
        os.kill(server.pid, signal.SIGTERM)
        tap.equal(server.ended(40), 0, "a child that ends in order is not followed by another; its code is the parent's")
        server.start()
        tap.equal(server.stop(signal.SIGINT), 0, "SIGINT to the parent drains the child")
    folder = hansa.place("log")
    with hansa.Server(database, log_file=folder + "/log") as server:
        os.rename(folder + "/log", folder + "/old")
        server.send(signal.SIGHUP)
        tap.ok(hansa.wait_for(lambda: server.probe("/healthz") and os.path.exists(folder + "/log") and os.path.getsize(folder + "/log"), 10),
               "SIGHUP: the child writes to a new log")
        server.crash()
        answered(server)
        with open(folder + "/log", encoding="utf-8") as file:
            tap.ok("the serving process was killed" in file.read(), "and so does the parent")
        with open("/proc/%d/status" % server.pid, encoding="ascii") as file:
            tap.ok("NoNewPrivs:\t1" in file.read(), "what serves can gain no right")
    shutil.rmtree(folder)


def closes_while_it_waits(database):
    """A crash loop backs off; while the wait is long nobody is left standing at the door."""
    with hansa.Server(database) as server, hansa.Edge(server) as edge:
        server.may_crash = True
        ending = threading.Event()

        def keep_killing():
            while not ending.is_set():
                for pid in hansa.children_of(server.process.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(0.002)
        killer = threading.Thread(target=keep_killing)
        killer.start()
        waits = lambda: [line["again_in_ms"] for line in lines(server, "the serving process was killed")]  # noqa: E731
        tap.ok(hansa.wait_for(lambda: waits() and waits()[-1] > 1000, 30), "killed again and again: the waits grow", waits())
        tap.equal(waits()[:5], [0, 250, 500, 1000, 2000], "from nothing, doubling")
        tap.ok(hansa.wait_for(lambda: server.probe("/healthz") == 0 and not connects(server), 10), "in a long wait the listener is closed")
        got = edge.request("GET", "/healthz")
        tap.ok(got.status == 503 and "retry-after" in got.headers, "and the edge says 503, with Retry-After", "%r %r" % (got, got.headers))
        ending.set()
        killer.join()
        tap.ok(hansa.wait_for(lambda: edge.request("GET", "/healthz").status == 200, 30), "the killing over: it is back, on both ways",
               server.log_text()[-2000:])
        tap.equal(server.probe("/healthz"), 200, "the private one too")
        tap.equal(server.stop(), 0, "and ends with 0")
        tap.ok(not os.path.exists(server.socket_path), "leaving no socket")


def connects(server):
    try:
        server.connect(2).connect()
        return True
    except OSError:
        return False


def taken_over(database):
    """Who waits with closed doors leaves a path alone that another has taken meanwhile."""
    with hansa.Server(database) as server:
        for n in range(1, 6):
            server.crash()
            tap.ok(hansa.wait_for(lambda: len(lines(server, "the serving process was killed")) == n, 20), "killed %d times" % n, server.log_text()[-2000:])
        with hansa.Server(database, listen_unix=server.socket_path) as other:
            inode = os.stat(server.socket_path).st_ino
            tap.ok(hansa.wait_for(lambda: hansa.children_of(server.process.pid), 20), "and then serves again")
            tap.equal(server.stop(), 0, "is told to end")
            tap.equal(os.stat(server.socket_path).st_ino, inode, "and has left the socket to the one that took it over")
            tap.equal(other.stop(), 0, "which ends with 0")


def first_process(database):
    """As in a container: number 1 of its name space, with a child that is not its own."""
    if subprocess.run(["unshare", "--pid", "--fork", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        tap.skip("the parent as the first process", "this user may not make process name spaces")
        return
    server = hansa.Server(database)
    with open(server.log_path, "ab") as log:
        server.process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", 'sleep 0.3 & exec "$0" serve', hansa.binary()],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=server.environment(), start_new_session=True)
    try:
        tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 200, 30), "as the first process: serves", server.log_text()[-2000:])
        first = hansa.children_of(server.process.pid)[0]
        tap.ok(hansa.wait_for(lambda: len(hansa.children_of(first)) == 1, 10), "as the first process: buries whom it did not make", hansa.children_of(first))
        old, server.may_crash = hansa.children_of(first)[0], True
        os.kill(old, signal.SIGKILL)
        hansa.wait_for(lambda: not hansa.is_alive(old), 10)
        tap.equal(answered(server), 200, "as the first process: starts again what was killed")
        os.kill(first, signal.SIGTERM)
        tap.equal(server.ended(40), 0, "as the first process: SIGTERM drains and ends with 0", server.log_text()[-2000:])
    finally:
        server.__exit__(None)


def main():
    with hansa.Database() as database:
        killed(database)
        together(database)
        closes_while_it_waits(database)
        taken_over(database)
        first_process(database)
    with job_world.JobWorld() as world:
        told_where(world)
        works(world)
    tap.done()


if __name__ == "__main__":
    main()
