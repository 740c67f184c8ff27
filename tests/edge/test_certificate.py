#!/usr/bin/env python3
"""Another certificate for a running edge, by deploy/certificate and by a reload (decision 0001): no request of good clients fails,
over HTTP/2 or on kept HTTP/1.1 connections. HANSA_CERTIFICATE_ROUNDS is how often it is changed each way (4)."""
import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import battery
import hansa
from machine import ROOT, children_of, place

tap = hansa.Tap()
ROUNDS = int(os.environ.get("HANSA_CERTIFICATE_ROUNDS", "4"))


def made(folder, name):
    """(PEM with key, certificate)"""
    key, crt, pem = (os.path.join(folder, name + "." + kind) for kind in ("key", "crt", "pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2", "-nodes", "-keyout", key, "-out", crt,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    with open(pem, "w", encoding="ascii") as out:
        for part in (key, crt):
            with open(part, encoding="ascii") as file:
                out.write(file.read() + "\n")  # an empty line between, as people paste them
    return pem, crt


def told(crt):
    with open(crt, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def given(edge, *words):
    return subprocess.run([sys.executable, os.path.join(ROOT, "deploy", "certificate"), edge.settings["HANSA_EDGE_ADMIN"], *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=60)


def in_force(edge):
    with edge.tls() as link:
        return link.getpeercert(True)


class Kept(threading.Thread):
    """An honest client that keeps its HTTP/1.1 connection for as long as it may, and asks almost without a pause: whatever closes a
    connection under a request meets it. Not faster than the edge lets an address, however quick the machine is."""
    PAUSE = 0.005

    def __init__(self, edge, key, source):
        super().__init__(daemon=True)
        self.edge, self.key, self.source, self.times, self.failures, self.is_over = edge, key, source, [], [], threading.Event()

    def run(self):
        link = None
        while not self.is_over.wait(self.PAUSE):
            try:
                if link is None:
                    link = http.client.HTTPConnection("localhost", self.edge.port, timeout=20)
                    link.sock = self.edge.tls(source=self.source)
                answer = hansa.ask(link, "GET", "/v1/tracking/CERTIFICATE", None, self.key)
                if answer.status != 404:
                    self.failures.append("status %d" % answer.status)
                if answer.headers.get("connection") == "close":
                    link.close()
                    link = None
            except (OSError, http.client.HTTPException) as why:
                self.failures.append(repr(why))
                link = None
            self.times.append(0)

    def end(self):
        self.is_over.set()
        self.join(20)
        return self


def by_reload(edge, pem, own):
    """What went wrong. The worker of before may be ending still: there is one more."""
    with open(pem, "rb") as file, open(own, "wb") as to:
        to.write(file.read())
    before = set(children_of(edge.process.pid))
    edge.process.send_signal(signal.SIGUSR2)
    return "" if hansa.wait_for(lambda: set(children_of(edge.process.pid)) - before, 10) else "no new worker"


def by_command(edge, pem, own):
    done = given(edge, pem, own)
    return "" if done.returncode == 0 and "Serial" in done.stdout else repr(done)


def changes(edge, pairs, own, key, what, change):
    clients = [battery.GoodClient(edge, "/v1/tracking/CERTIFICATE", key, "127.0.0.%d" % (20 + n)) for n in range(3)] + [Kept(edge, key, "127.0.0.%d" % (30 + n)) for n in range(6)]
    for client in clients:
        client.start()
    wrong = []
    for n in range(ROUNDS):
        pem, crt = pairs[n % 2]
        wrong.append(change(edge, pem, own))
        if not hansa.wait_for(lambda crt=crt: in_force(edge) == told(crt), 10):
            wrong.append("change %d: another certificate is in force" % n)
        count = sum(len(client.times) for client in clients)
        hansa.wait_for(lambda count=count: sum(len(client.times) for client in clients) > count + 60, 10)
    for client in clients:
        client.end()
    asked, failed = sum(len(client.times) for client in clients), [why for client in clients for why in client.failures]
    tap.equal([why for why in wrong if why], [], "%s: each certificate is in force" % what)
    tap.equal(failed, [], "%s: no request of good clients fails" % what, "%d of %d" % (len(failed), asked))
    hansa.note("%s: %d of %d requests failed in %d changes" % (what, len(failed), asked, ROUNDS))


def main():
    folder = place("certificates")
    pairs = [made(folder, name) for name in ("one", "two")]
    with open(hansa.certificate()[1], "a", encoding="ascii") as trusted:
        for _, crt in pairs:
            with open(crt, encoding="ascii") as file:
                trusted.write(file.read())
    own = os.path.join(folder, "edge.pem")
    with open(hansa.certificate()[0], encoding="ascii") as file, open(own, "w", encoding="ascii") as out:
        out.write(file.read())
    with hansa.Database() as database, hansa.Server(database) as server:
        _, key = server.tenant("certificate")
        with hansa.Edge(server, certificate=own) as edge:
            changes(edge, pairs, own, key, "by command", by_command)
            before = in_force(edge)
            with open(folder + "/none.pem", "w", encoding="ascii") as out:
                out.write("-----BEGIN NOTHING-----\n")
            with open(folder + "/mixed.pem", "w", encoding="ascii") as out, open(folder + "/one.key", encoding="ascii") as one, open(pairs[1][1], encoding="ascii") as two:
                out.write(one.read() + two.read())
            for what, pem in (("no key", pairs[0][1]), ("no certificate", folder + "/none.pem"), ("the key of another", folder + "/mixed.pem")):
                done = given(edge, pem, own)
                tap.ok(done.returncode == 1 and "edge" in done.stderr and in_force(edge) == before, "a file with %s is refused, and the edge keeps what it has" % what, done)
            tap.ok(edge.is_alive() and children_of(edge.process.pid) == edge.workers, "by command: no worker ended")
            changes(edge, pairs, own, key, "by reload", by_reload)
            ended = [line for line in edge.log_text().splitlines() if "exited with code" in line and "code 0 (" not in line]
            tap.equal(ended, [], "by reload: no worker died")
    tap.done()


main()
