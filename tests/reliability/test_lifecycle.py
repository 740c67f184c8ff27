#!/usr/bin/env python3
"""Promises S1, S2, S4, S5, S6, X1, O3: start, readiness, drain and end of `hansa serve`."""
import http.client
import os
import signal
import socket
import sys
import threading
import time

sys.path[:0] = [os.path.dirname(os.path.realpath(__file__)), os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "edge")]
import battery
import events_load
import hansa

tap = hansa.Tap()
EVENTS_LOCKED = "lock table tracking.event in access exclusive mode"


def refused(name, expected, settings, database):
    """The server must not start with these settings, and must name the key."""
    server = hansa.Server(database, wait=None, **settings)
    try:
        server.start()
        code = server.ended(10)
        said = server.log_text()
        tap.ok(code not in (0, None) and expected in said, name, "status %r, said %r, expected to read %r" % (code, said[-500:], expected))
        tap.ok("password" not in said and "hansa_app:" not in said, name + ": no secret is printed", said[-500:])
        tap.equal(server.reports(), "", name + ": no sanitizer report")
    finally:
        server.__exit__(RuntimeError)


def configuration(database):
    refused("no database (S5)", "database_url", {"database_url": None}, database)
    refused("a number that is none (S5)", "db_queue_max", {"db_queue_max": "many"}, database)
    refused("a number out of range (S5)", "max_body_bytes", {"max_body_bytes": "1"}, database)
    refused("a flag that is none (S5)", "edge_http2", {"edge_http2": "perhaps"}, database)
    refused("a secret file that is not there (S5)", "secret_file", {"secret_file": "/nonexistent/secret"}, database)
    refused("a listener on every address (X1)", "listen_loopback", {"listen_loopback": "0.0.0.0:%d" % hansa.free_port()}, database)
    refused("a listener on every IPv6 address (X1)", "listen_loopback", {"listen_loopback": "[::]:%d" % hansa.free_port()}, database)
    refused("a listener on a public address (X1)", "listen_loopback", {"listen_loopback": "192.0.2.1:8080"}, database)
    refused("a listener on a name (X1)", "listen_loopback", {"listen_loopback": "localhost.example:8080"}, database)
    refused("a socket path that is too long (S5)", "listen_unix", {"listen_unix": "/tmp/" + "x" * 120}, database)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused("a port that is taken (S5)", "listen_loopback", {"listen_loopback": "127.0.0.1:%d" % taken.getsockname()[1]}, database)
    done = hansa.run_hansa(["serve", "--no-such-setting=1"], check=False)
    tap.ok(done.returncode != 0 and "no-such-setting" in done.stderr + done.stdout, "an unknown flag is named (S5)", done)
    done = hansa.run_hansa(["serve", "--print-config"], check=False, HANSA_DATABASE_URL=database.app_url)
    password = database.app_url.split(":")[2].split("@")[0]
    tap.ok(done.returncode == 0 and "max_body_bytes" in done.stdout and password not in done.stdout + done.stderr, "--print-config tells settings, not secrets", done)


def secrets():
    """A server with another secret than the one that its database was sealed under does not serve."""
    with hansa.Database() as database:
        with hansa.Server(database, secret_file=None):
            pass
        tap.ok(True, "a database that no secret has marked is served without one")
        with hansa.Server(database) as server:
            own, other = server.settings["secret_file"], server.place + "/other"
            with open(other, "wb") as file:
                file.write(os.urandom(32))
            refused("another secret file than the database's", "secret_file", {"secret_file": other}, database)
            refused("another secret, and a third one for the one before", "secret_file", {"secret_file": other, "previous_secret_file": other}, database)
            refused("no secret file where there was one", "secret_file", {"secret_file": None}, database)
            said = hansa.run_hansa(["admin", "tenant", "list"], check=False, HANSA_OWNER_DATABASE_URL=database.owner_url, HANSA_SECRET_FILE=other)
            tap.ok(said.returncode == 1 and "secret_file" in said.stderr, "a command with another secret is refused", said)
            with hansa.Held(database, "lock table core.secret_mark in access exclusive mode"):
                late = hansa.Server(database, secret_file=other).start()
            tap.equal(late.ended(20), 2, "a database that cannot be asked at start is asked later")
            late.__exit__(RuntimeError)
            with hansa.Server(database, secret_file=other, previous_secret_file=own):
                tap.equal(database.sql("select count(*) from core.secret_mark"), "1", "who brings the one before with the new one changes it")
            refused("the secret file that has been changed", "secret_file", {"secret_file": own}, database)
            tap.equal(server.request("GET", "/healthz").status, 200, "who serves goes on")


def waiting_requests(server, key, count):
    """Starts requests that wait for the lock; gives (threads, list that fills with statuses)."""
    got = []

    def one():
        try:
            got.append(server.request("GET", "/v1/tracking/LIFE1", key=key).status)
        except (OSError, http.client.HTTPException) as error:
            got.append(repr(error))
    threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, got


def drain(database):
    with hansa.Server(database) as server:
        _, key = server.tenant("drain")
        events_load.shipment_make(server, key, "LIFE1")
        tap.equal(server.request("GET", "/v1/tracking/LIFE1", key=key).status, 200, "a look-up before the drain")
        held = hansa.Held(database, EVENTS_LOCKED)
        threads, got = waiting_requests(server, key, 6)
        time.sleep(0.5)
        server.send(signal.SIGTERM)
        time.sleep(0.3)
        tap.ok(server.is_alive(), "SIGTERM: waits for what it has accepted (S1)")
        tap.ok(server.probe("/readyz") != 200, "SIGTERM: readiness is gone at once (S1)")
        held.release()
        for thread in threads:
            thread.join(10)
        tap.equal(got, [200] * 6, "SIGTERM: everything accepted before is answered (S1)")
        started = time.monotonic()
        tap.equal(server.ended(30), 0, "SIGTERM: exits with 0 (S1)", server.log_text()[-1500:])
        hansa.note("gone %.1f s after the last answer" % (time.monotonic() - started))
        tap.equal(server.reports(), "", "SIGTERM: no sanitizer report")
        tap.ok(not os.path.exists(server.socket_path), "SIGTERM: the socket is removed")

        server.start()
        held = hansa.Held(database, EVENTS_LOCKED)
        threads, got = waiting_requests(server, key, 2)
        time.sleep(0.5)
        server.send(signal.SIGTERM)
        time.sleep(0.3)
        server.send(signal.SIGTERM)
        started = time.monotonic()
        server.ended(10)
        tap.ok(server.exit_code is not None and time.monotonic() - started < 2, "a second SIGTERM ends it at once (S2)", server.exit_code)
        held.release()
        for thread in threads:
            thread.join(10)

        server.settings["drain_ms"] = "500"
        server.start()
        connection = server.connect()
        connection.connect()
        connection.sock.sendall(b"POST /v1/tracking/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[")
        time.sleep(0.3)
        started = time.monotonic()
        server.send(signal.SIGTERM)
        server.ended(20)
        tap.ok(server.exit_code is not None and time.monotonic() - started < 10, "a request that never ends does not hold the end up beyond drain_ms (S2)", server.exit_code)
        connection.close()


def arriving(database):
    """An upload that has begun to arrive when SIGTERM comes is taken whole, on either way in; who has nothing to send is let go."""
    body = b"%PDF-1.4\n" + b"% drained\n" * 40000 + b"%%EOF\n"
    with hansa.Server(database) as server:
        _, key = server.tenant("arriving")
        head = ("POST /v1/files?name=drained.pdf HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/pdf\r\n"
                "Content-Length: %d\r\n\r\n" % (key, len(body))).encode()
        idle = server.connect()
        idle.connect()
        ways = {"the private listener": socket.create_connection(("127.0.0.1", server.port), timeout=20)}
        ways["the edge's way for uploads"] = socket.socket(socket.AF_UNIX)
        ways["the edge's way for uploads"].connect(server.settings["listen_uploads"])
        ways["the edge's way for uploads"].sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n")
        for sock in ways.values():
            sock.settimeout(20)
            sock.sendall(head + body[:1000])
        hansa.wait_for(lambda: "\nhansa_client_connections 4\n" in server.metrics(), 10)
        server.send(signal.SIGTERM)
        idle.sock.settimeout(20)
        tap.equal(idle.sock.recv(1), b"", "SIGTERM: an idle connection is closed")
        for name, sock in ways.items():
            try:
                sock.sendall(body[1000:])
                answer = sock.recv(65536)
            except OSError as error:
                answer = repr(error).encode()
            tap.ok(answer.startswith(b"HTTP/1.1 201 "), "SIGTERM: an upload that was arriving by %s is finished (S1)" % name, answer[:300])
            sock.close()
        tap.equal(server.ended(30), 0, "SIGTERM: and then it ends", server.log_text()[-1000:])
    tap.equal(database.sql("select count(*) from files.file where name = 'drained.pdf'"), str(len(ways)), "SIGTERM: what was told is kept")


def restarts(database):
    """S1 in the short form: good clients through the edge while one server takes over from the other; the long form is
    HANSA_RESTART_ROUNDS=20. The new one renames its socket over the old one's path; the old one then ends what it has."""
    with hansa.Server(database) as server:
        _, key = server.tenant("restart")
        with hansa.Edge(server) as edge:
            good = [battery.GoodClient(edge, "/v1/tracking/RESTART", key, "127.0.0.%d" % (20 + n)) for n in range(3)]
            for client in good:
                client.start()
            servers = [server]
            for n in range(int(os.environ.get("HANSA_RESTART_ROUNDS", "4"))):
                time.sleep(0.5)
                servers.append(hansa.Server(database, listen_unix=server.socket_path).start())
                tap.equal(servers[-2].stop(), 0, "take-over %d: the old server exits with 0" % n, servers[-2].log_text()[-1000:])
            time.sleep(0.5)
            for client in good:
                client.end()
                tap.ok(not client.failures, "take-over: no request through the edge fails (S1)", "%d of %d: %s" % (len(client.failures), len(client.times), client.failures[:5]))
            tap.equal(servers[-1].stop(), 0, "take-over: the last server exits with 0")
            tap.equal("".join(one.reports() for one in servers), "", "take-over: no sanitizer report")
            for one in servers[1:]:
                one.__exit__(None)
            reply = edge.request("GET", "/healthz")
            tap.ok(reply.status == 503 and "retry-after" in reply.headers and reply.headers["content-type"] == "application/problem+json",
                   "no server: the edge answers 503, Retry-After, a problem document", "%r %r" % (reply, reply.headers))
            server.start()
            tap.ok(hansa.wait_for(lambda: edge.request("GET", "/healthz").status == 200, 5), "a server again: the edge finds it by itself")


def database_away():
    with hansa.Cluster(kind="fast") as cluster:
        cluster.stop()
        with hansa.Server(cluster, wait="healthz") as server:
            tap.equal(server.probe("/healthz"), 200, "started without a database: alive (S4)")
            tap.equal(server.probe("/readyz"), 503, "started without a database: not ready (S4)")
            started = time.monotonic()
            answer = server.request("GET", "/v1/shipments", key="hansa_live_" + "0" * 22 + "_" + "0" * 8 + "_" + "0" * 38)
            tap.ok(answer.status in (401, 503) and time.monotonic() - started < 10, "started without a database: a request is answered, not hung", answer)
            cluster.start()
            tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 200, 10), "ready when the database comes (S4)", server.log_text()[-1500:])
            _, key = server.tenant("away")
            tap.equal(server.request("GET", "/v1/shipments", key=key).status, 200, "and answers")
            cluster.stop()
            tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 503, 2.5), "readiness goes within 2 s of the database (O3)")
            answer = server.request("GET", "/v1/shipments", key=key)
            tap.ok(answer.status == 503 and "retry-after" in answer.headers, "503 with Retry-After while it is away", "%r %r" % (answer, answer.headers))
            cluster.start()
            started = time.monotonic()
            tap.ok(hansa.wait_for(lambda: server.probe("/readyz") == 200, 10) and time.monotonic() - started < 5, "ready within 5 s of its return (D9)")
            tap.equal(server.request("GET", "/v1/shipments", key=key).status, 200, "and answers again")
            tap.equal(server.stop(), 0, "ends with 0", server.log_text()[-1500:])


def main():
    with hansa.Database() as database:
        configuration(database)
        drain(database)
        arriving(database)
        restarts(database)
    secrets()
    database_away()
    tap.done()


main()
