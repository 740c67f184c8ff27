#!/usr/bin/env python3
"""The store when things go wrong: a server killed between the bytes and their row, a disk that is full, bytes that were touched or
taken away; the sweep that removes what nobody names and nothing else."""
import hashlib
import os
import resource
import subprocess
import threading
import time

import filebytes
import hansa


def put(server, key, body, media="image/png"):
    return filebytes.upload(server, key, body, media)


def killed(tap, database, folder):
    """kill -9 while uploads are under way, each held back at its row by a lock; then the server again, and its sweep."""
    server = hansa.Server(database, files_dir=folder, files_orphan_s=3)
    with server:
        tenant, key = server.tenant("killed")
        first = put(server, key, filebytes.png())
        tap.equal(first.status, 201, "a file is kept")
        lock = subprocess.Popen(["psql", "-X", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=hansa.url_environment(database.super_url), text=True)
        lock.stdin.write("begin;\nlock table files.file in exclusive mode;\n\\echo held\n")
        lock.stdin.flush()
        while lock.stdout.readline().strip() != "held":
            pass

        def one():
            try:
                put(server, key, filebytes.png())
            except Exception:  # noqa: BLE001  it is killed
                pass
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        # How many of the four get this far before the first one's row holds up their neighbours is chance; one is enough.
        tap.ok(hansa.wait_for(lambda: len(filebytes.stored(folder)) > 1, 15), "uploads have their bytes on disk and wait for their rows", filebytes.stored(folder))
        server.kill()
        lock.stdin.write("rollback;\n")
        lock.stdin.close()
        lock.wait()
        for thread in threads:
            thread.join()
        time.sleep(0.5)
        rows = int(database.sql("select count(*) from files.file;"))
        server.start()
        tap.ok(hansa.wait_for(lambda: len(filebytes.stored(folder)) == rows, 20), "the sweep removes the bytes that no row names (%d have one)" % rows, filebytes.stored(folder))
        got = server.request("GET", first.json["content_url"], key=key)
        tap.ok(got.status == 200 and hashlib.sha256(got.body).hexdigest() == first.json["sha256"], "and nothing else", got.status)
        made = put(server, key, filebytes.png()).json
        tap.equal(server.request("DELETE", "/v1/files/" + made["file_id"], key=key).status, 204, "a file is deleted")
        tap.ok(hansa.wait_for(lambda: len(filebytes.stored(folder)) == rows, 20), "and its bytes leave the store", filebytes.stored(folder))
        path = os.path.join(folder, next(p for p in filebytes.stored(folder) if first.json["sha256"][2:] in p))
        with open(path, "r+b") as file:
            file.seek(20)
            file.write(b"touched")
        answer = server.request("GET", first.json["content_url"], key=key)
        tap.ok(answer.status == 500 and b"files/content_lost" in answer.body, "bytes that were touched are not sent", answer)
        os.unlink(path)
        answer = server.request("GET", first.json["content_url"], key=key)
        tap.ok(answer.status == 500 and b"files/content_lost" in answer.body, "nor are bytes that are gone", answer)


def full(tap, database, folder):
    """No file of the server may be larger than 100 kB: writing fails half-way, as on a full disk."""
    with hansa.Server(database, files_dir=folder) as server:
        _, key = server.tenant("full")
        before = filebytes.stored(folder)
        size = 100000 + os.path.getsize(server.log_path)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        answer = put(server, key, filebytes.jpeg(400000), "image/jpeg")
        tap.ok(answer.status == 503 and b"files/store_full" in answer.body and answer.headers.get("retry-after"), "when there is no room it is 503 and says so", answer)
        tap.equal(filebytes.stored(folder), before, "nothing half-written is left")
        tap.equal(database.sql("select count(*) from files.file f join identity.tenant t on t.id = f.tenant_id where t.slug = 'full';"), "0", "and no row")
        tap.equal(put(server, key, filebytes.png()).status, 201, "what fits is kept meanwhile")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        tap.equal(put(server, key, filebytes.jpeg(400000), "image/jpeg").status, 201, "and when there is room again, it is taken")


def edge(tap, database):
    with hansa.Server(database) as server, hansa.Edge(server) as way:
        _, key = server.tenant("edge")
        body = filebytes.jpeg(10 << 20)
        answer = put(way, key, body, "image/jpeg")
        tap.ok(answer.status == 201, "10 MiB go through the edge", answer)
        tap.ok(answer.status == 201 and way.request("GET", answer.json["content_url"], key=key).body == body, "and come back")
        head = "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
        for path, size in (("/v1/files?name=x", (10 << 20) + 1), ("/v1/accounts", 1048577), ("/v1/files/x", 1048577)):
            got, _ = way.raw((head % (path, size)).encode() + b"x" * 65536)
            tap.ok(got.startswith(b"HTTP/1.1 413"), "%d bytes to %s are 413" % (size, path), got[:100])


def main():
    tap = hansa.Tap()
    with hansa.Database() as database:
        killed(tap, database, filebytes.store())
        full(tap, database, filebytes.store())
        edge(tap, database)
    tap.done()


if __name__ == "__main__":
    main()
