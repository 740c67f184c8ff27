#!/usr/bin/env python3
"""The whole house as a client meets it: the shipped edge, TLS, HTTP/2 by curl, and behind it the server and PostgreSQL.

A carrier's message comes in, a shipper asks where the goods are, the receiver opens a link; metrics are for nobody outside; what
a client says of its own address or in trailers means nothing (X7, X8, O2, I2)."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile

import client
import h2
import hansa
import published
import world


class Curl:
    """curl over TLS, HTTP/2 unless told otherwise."""

    def __init__(self, edge, folder):
        self.edge, self.folder = edge, folder

    def __call__(self, path, *options, key=None, body=None, version="--http2"):
        """(status, protocol, headers, body)."""
        words = ["curl", "-sS", version, "--cacert", hansa.certificate()[1], "--max-time", "20", "-D", self.folder + "/head", "-o", self.folder + "/body", "-w",
                 "%{http_code} %{http_version}", "-K", "-"]
        config = "url = \"https://localhost:%d%s\"\n" % (self.edge.port, path)
        if key:
            config += 'header = "Authorization: Bearer %s"\n' % key  # not in the process list
        if body is not None:
            with open(self.folder + "/sent", "wb") as file:
                file.write(body if isinstance(body, bytes) else json.dumps(body).encode())
            words += ["--data-binary", "@" + self.folder + "/sent"]
            if not any("content-type" in o.lower() for o in options):
                words += ["-H", "content-type: application/json"]
        for name in ("head", "body"):
            with open(self.folder + "/" + name, "wb"):
                pass
        done = subprocess.run(words + list(options), input=config, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=hansa.plain_environment(), check=False)
        if done.returncode != 0:
            return 0, done.stderr.strip(), {}, b""
        status, protocol = done.stdout.split()
        with open(self.folder + "/head", encoding="latin-1") as file:
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in file.read().splitlines() if ":" in line)}
        with open(self.folder + "/body", "rb") as file:
            return int(status), protocol, headers, file.read()


def journey(tap, run, curl, a, b):
    """Issue 2 in one line: a message comes in, the shipper asks, the answer comes over HTTP/2 from PostgreSQL, for this tenant only."""
    pro, load = world.unique("PRO"), world.unique("LOAD")
    text = world.edi_214(control=501, sets=[(pro, load, [("AF", "20260301", "0900", "CT", "JOLIET", "IL"), ("P1", "20260301", "1100", "CT", "JOLIET", "IL")])])
    status, protocol, headers, body = curl("/v1/edi/messages", "-H", "content-type: application/edi-x12", key=a.key, body=text.encode())
    tap.ok(status == 200 and protocol == "2" and json.loads(body)["verdict"] == "ACCEPTED", "a carrier's 214 comes in over HTTP/2", (status, protocol, body[:300]))
    status, protocol, headers, body = curl("/v1/tracking/" + pro, key=a.key)
    got = published.read_json(body) if status == 200 else {}
    tap.ok(status == 200 and protocol == "2" and got.get("status") == "IN_TRANSIT" and len(got.get("events", [])) == 2, "the shipper is told where the goods are, over HTTP/2", body[:300])
    operation = run.document.operation("tracking/tracking_by_number")
    tap.equal(run.document.faults(operation.replies["application/json"]["schema"], got), [], "as the document publishes it")
    tap.equal(curl("/v1/tracking/" + pro, key=b.key)[0], 404, "another tenant is told that there is no such thing")
    status, protocol, headers, body = curl("/v1/tracking/" + pro)
    tap.ok(status == 401 and headers.get("www-authenticate", "").startswith("Bearer"), "and who has no key, that one is needed", headers)
    tap.equal(curl("/v1/tracking/" + pro, key=a.key, version="--http1.1")[:2], (200, "1.1"), "the same over HTTP/1.1")
    events = {"events": [a.event("OFD", "2026-03-02T08:00:00Z", number=pro), a.event("DLV", "2026-03-02T12:00:00Z", number=pro)]}
    status, _, _, body = curl("/v1/tracking/events", key=a.key, body=events)
    tap.ok(status == 200 and json.loads(body)["accepted"] == 2, "events come in", body)
    tap.equal(json.loads(curl("/v1/tracking/" + load, key=a.key)[3]).get("status"), "DELIVERED", "and are seen at once, by any number")


def public_page(tap, run, curl, a):
    status, _, headers, body = curl("/v1/shipments/%s/links" % a.values["shipment_id"], key=a.key, body={"expires_in_days": 2})
    link = json.loads(body)
    run.secret(link["token"], "a link's token")
    tap.ok(status == 201 and headers.get("cache-control") == "no-store", "a link is made, and the answer is not kept", headers)
    path = "/track/" + link["token"]
    for language, marks in (("en-GB,en;q=0.8", ('lang="en"',)), ("zh-CN,zh;q=0.9,en;q=0.1", ('lang="zh',))):
        status, protocol, headers, body = curl(path, "-H", "accept: text/html", "-H", "accept-language: " + language)
        text = body.decode()
        tap.ok(status == 200 and protocol == "2" and all(m in text for m in marks) and a.values["tracking_number"] in text, "the public page for " + language[:5], text[:200])
        tap.ok(len(body) < 60000 and "no-store" in headers.get("cache-control", "") and headers.get("strict-transport-security") and "server" not in headers, "small, not kept, TLS only", headers)
    status, _, headers, body = curl(path, "-H", "accept: application/json")
    tap.ok(status == 200 and json.loads(body)["status"] == "PICKED_UP", "the same as JSON", body[:200])


def outside(tap, run, edge, curl, a):
    for path in ("/metrics", "/metrics/", "/METRICS", "/%6detrics", "//metrics", "/metrics?x=1", "/./metrics", "/x/../metrics"):
        status, _, _, body = curl(path, "--path-as-is")
        tap.ok(status in (400, 404) and b"hansa_" not in body, "no metrics outside: " + path, (status, body[:100]))
    tap.equal(run.server.request("GET", "/metrics").status, 200, "but on the private listener")
    for path in ("/healthz", "/readyz"):
        tap.equal(curl(path)[0], 200, path + " answers outside")
    forged = ("-H", "x-forwarded-for: 8.8.8.8", "-H", "forwarded: for=8.8.8.8", "-H", "x-real-ip: 8.8.8.8", "-H", "true-client-ip: 8.8.8.8", "-H", "hansa-head-end: 1",
              "-H", "request-id: ffffffffffffffffffffffffffffffff", "-H", "x-request-id: forged")
    status, _, headers, _ = curl("/v1/shipments?limit=1", *forged, key=a.key)
    line, _ = client.eventually(lambda: [e for e in run.server.log_lines() if e.get("request_id") == headers.get("request-id")], 4)
    tap.ok(status == 200 and line and line[0].get("source") == "127.0.0.1" and line[0].get("http") == 2, "the log shows the true address, 127.0.0.1, whatever a client says of it (X7)",
           (status, line, headers))
    tap.ok("8.8.8.8" not in run.server.log_text() and headers.get("request-id") != "f" * 32, "and nothing of what it said")


def trailers(tap, run, edge, a):
    """Promise X8: a key in a trailer opens nothing, and a trailer changes nothing."""
    events = json.dumps({"numbers": [a.values["bol"]]}).encode()
    for what, head, trailer, expected in (
            ("a key in a trailer opens nothing", [("content-type", "application/json")], [("authorization", "Bearer " + a.key)], 401),
            ("a second key in a trailer does no harm", [("content-type", "application/json"), ("authorization", "Bearer " + a.key)], [("authorization", "Bearer wrong")], 200),
            ("a media type in a trailer is none", [("content-type", "text/plain"), ("authorization", "Bearer " + a.key)], [("content-type", "application/json")], 415),
            ("an Accept in a trailer is none", [("content-type", "application/json"), ("authorization", "Bearer " + a.key)], [("accept", "image/png")], 200),
            ("any other trailer is passed over", [("content-type", "application/json"), ("authorization", "Bearer " + a.key)], [("x-check-sum", "abc")], 200)):
        connection = h2.Connection(edge.tls(("h2",)))
        try:
            connection.send(h2.request(1, "/v1/tracking/query", "POST", head, end=False) + h2.frame(h2.DATA, 0, 1, events)
                            + h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 1, b"".join(h2.field(n, v) for n, v in trailer)))
            status, body = connection.answer(1)
        except h2.Gone as error:
            status, body = str(error), b""
        connection.close()
        tap.equal(status, expected, what + " (X8)", body[:200])


def announced(curl, a, size):
    """What comes back for a body of this length of which only the beginning is sent, as curl would give it."""
    connection = http.client.HTTPConnection("localhost", curl.edge.port, timeout=20)
    connection.sock = curl.edge.tls(timeout=20)
    connection.putrequest("POST", "/v1/tracking/events")
    for name, value in (("authorization", "Bearer " + a.key), ("content-type", "application/json"), ("content-length", str(size))):
        connection.putheader(name, value)
    connection.endheaders(b" " * 40000)
    reply = connection.getresponse()
    answer = reply.status, "1.1", {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    connection.close()
    return answer


def large_bodies(tap, run, edge, a):
    """The same over HTTP/2: 413 where the length is announced; where it is not, no success and nothing written."""
    snapshot = client.Snapshot(run.database)
    for size, is_announced in ((1100000, True), (2000000, False)):
        connection = h2.Connection(edge.tls(("h2",)))
        extra = [("authorization", "Bearer " + a.key), ("content-type", "application/json")] + ([("content-length", str(size))] if is_announced else [])
        connection.send(h2.request(1, "/v1/tracking/events", "POST", extra, end=False))
        status, sent, windows = None, 0, {0: 65535, 1: 65535}
        try:
            while status is None:
                while sent < size and min(windows.values()) > 0:
                    piece = min(16384, size - sent, *windows.values())
                    connection.send(h2.frame(h2.DATA, h2.END_STREAM if sent + piece == size else 0, 1, b"[" * piece))
                    sent += piece
                    windows = {k: v - piece for k, v in windows.items()}
                kind, flags, on, payload = connection.read_frame(10)
                connection.mind(kind, flags, payload)
                if kind == h2.WINDOW_UPDATE and on in windows:
                    windows[on] += int.from_bytes(payload, "big")
                elif kind == h2.HEADERS and on == 1:
                    status = h2.status_of(payload)
                elif kind == h2.RST_STREAM and on == 1:
                    status = "reset, code %d" % int.from_bytes(payload, "big")
        except h2.Gone as error:
            status = str(error)
        connection.close()
        if is_announced:
            tap.equal(status, 413, "a body of more than 1 MiB is 413 over HTTP/2")
        else:
            hansa.note("a body of 2 MB without a length: %s" % status)
            tap.ok(status in (411, 413) or str(status).startswith("reset"), "one whose length is not told is refused or reset", status)
    tap.equal(snapshot.changes(), [], "and nothing is written")


def limits(tap, run, curl, a):
    """What the edge itself refuses is a problem of the same form."""
    for what, expected, answer in (
            ("a body of more than 1 MiB", 413, announced(curl, a, 1048577)),
            ("a path of more than 4 KiB", 414, curl("/v1/tracking/" + "x" * 4200, key=a.key)),
            ("more than 100 fields", 431, curl("/v1/shipments", *[w for i in range(120) for w in ("-H", "x-%d: 1" % i)], key=a.key)),
            ("TRACE", 405, curl("/v1/shipments", "-X", "TRACE", key=a.key)),
            ("no such address", 404, curl("/nothing", key=a.key)), ("a method that an address does not take", 405, curl("/v1/shipments", "-X", "DELETE", key=a.key))):
        status, _, headers, body = answer
        try:
            problem = published.read_json(body)
        except ValueError:
            problem = {}
        tap.ok(status == expected and headers.get("content-type") == "application/problem+json" and problem.get("status") == expected and problem.get("title")
               and problem.get("type", "").startswith("/problems/") and problem.get("request_id") == headers.get("request-id"),
               "%s is %d, a problem with its request id" % (what, expected), answer)
        tap.ok(not client.INSIDE.search(body.decode("utf-8", "replace")) and "server" not in headers and headers.get("x-content-type-options") == "nosniff",
               "and tells nothing of the inside", (headers, body[:200]))


def many_at_once(tap, edge, a):
    """32 streams of one connection, answered each with its own."""
    connection = h2.Connection(edge.tls(("h2",)))
    numbers = [a.values["bol"], a.values["pro"], a.values["sscc"], a.values["tracking_number"]] * 8
    auth = [("authorization", "Bearer " + a.key)]
    connection.send(h2.window(0, 1 << 20) + b"".join(h2.request(2 * i + 1, "/v1/tracking/" + n, extra=auth) for i, n in enumerate(numbers)))
    bodies, ended = {}, set()
    try:
        while len(ended) < len(numbers):
            kind, flags, on, payload = connection.read_frame(10)
            connection.mind(kind, flags, payload)
            if kind == h2.DATA:
                bodies[on] = bodies.get(on, b"") + payload
            if kind == h2.RST_STREAM:
                ended.add(on)
            if kind in (h2.HEADERS, h2.DATA) and flags & h2.END_STREAM:
                ended.add(on)
    except h2.Gone as error:
        hansa.note(error)
    connection.close()
    wrong = [n for i, n in enumerate(numbers) if json.loads(bodies.get(2 * i + 1, b"{}")).get("number") != n]
    tap.equal(wrong, [], "32 requests at once on one connection are answered each with its own")


def main():
    tap = hansa.Tap()
    if not shutil.which("curl") or not shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        tap.skip("the whole house through the edge", "curl or haproxy is not installed")
        tap.done()
    folder = tempfile.mkdtemp(prefix="hansa-e2e.", dir="/tmp")
    try:
        run = client.Run("edge", max_running_tenant=100)
        with run:
            a, b = run.world("edge-a"), run.world("edge-b")
            with hansa.Edge(run.server) as edge:
                curl = Curl(edge, folder)
                journey(tap, run, curl, a, b)
                public_page(tap, run, curl, a)
                outside(tap, run, edge, curl, a)
                trailers(tap, run, edge, a)
                limits(tap, run, curl, a)
                large_bodies(tap, run, edge, a)
                many_at_once(tap, edge, a)
                tap.ok(edge.is_alive() and run.server.is_alive(), "edge and server live")
            with hansa.Edge(run.server, http2=False) as edge:
                curl = Curl(edge, folder)
                tap.equal(curl("/v1/tracking/" + a.values["bol"], key=a.key)[:2], (200, "2"), "HTTP/2 outside also when the private leg is HTTP/1.1")
                trailers(tap, run, edge, a)
        run.verdict(tap)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


main()
