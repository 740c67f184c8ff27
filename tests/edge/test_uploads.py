#!/usr/bin/env python3
"""Uploads through the shipped edge: how many may be on their way at once, of one source and of all (docs/security.md). Each is held up
for real: most of its body is sent, the end is not. Others are answered meanwhile, and what was held up arrives when it is finished."""
import contextlib
import json
import os
import subprocess

import client
import hansa

A_SOURCE, ALL = 4, 16
SIZE = 200000
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(SIZE - 8)


class Upload:
    """One that has sent nine tenths."""

    def __init__(self, edge, key, source):
        self.sock = edge.tls(source=source)
        head = ("POST /v1/files?name=a.png HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % (key, SIZE))
        self.send(head.encode() + PNG[:SIZE * 9 // 10])

    def send(self, data):
        """Who is refused while he sends may be cut off in the middle of it; the answer is there to read all the same."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def status(self, seconds):
        """Of the answer; None when there is none within that time."""
        self.sock.settimeout(seconds)
        with contextlib.suppress(OSError):
            return int(self.sock.recv(65536).split(b" ", 2)[1])
        return None

    def finish(self):
        self.send(PNG[SIZE * 9 // 10:])
        return self.status(20)

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()


def whole(edge, key, source):
    upload = Upload(edge, key, source)
    try:
        return upload.finish()
    finally:
        upload.close()


def curl(edge, key, version, path, media, size):
    """What another's client makes of it: (exit status, HTTP status, type of the problem)."""
    body = hansa.place("body") + "/body"
    with open(body, "wb") as file:
        file.write(PNG[:8] + bytes(size - 8))
    done = subprocess.run(["curl", "-sS", version, "--noproxy", "*", "--cacert", hansa.certificate()[1], "-K", "-", "-H", "content-type: " + media, "--data-binary",
                           "@" + body, "-w", "\n%{http_code}", "https://localhost:%d%s" % (edge.port, path)], capture_output=True, text=True, check=False,
                          timeout=60, input='header = "authorization: Bearer %s"\n' % key)
    os.unlink(body)
    told = done.stdout.rsplit("\n", 1)
    return done.returncode, int(told[-1] or 0), json.loads(told[0])["type"] if len(told) == 2 and told[0].startswith("{") else told[0]


def main():
    tap = hansa.Tap()
    # The counts are tried here, not the limits of time: those are test_slow.py's.
    with client.Run("uploads", may=("files/store_full",)) as run, hansa.Edge(run.server, uploads=ALL, uploads_source=A_SOURCE) as edge:
        own = run.world("one", full=False)
        tap.equal(whole(edge, own.key, "127.0.5.1"), 201, "an upload")
        held = [Upload(edge, own.key, "127.0.0.1") for _ in range(A_SOURCE)]
        tap.equal([u.status(1) for u in held], [None] * A_SOURCE, "%d of one source are on their way" % A_SOURCE)
        tap.equal(whole(edge, own.key, "127.0.0.1"), 429, "one more of that source is 429")
        for version in ("--http1.1", "--http2"):
            for size, media, path, status, kind in ((SIZE, "image/png", "/v1/files?name=a.png", 429, "too_many_uploads"),
                                                    (30 * 2**20, "image/png", "/v1/files?name=a.png", 413, "content_too_large"),
                                                    (3 * 2**20, "application/json", "/v1/tracking/events", 413, "content_too_large")):
                tap.equal(curl(edge, own.key, version, path, media, size), (0, status, "/problems/edge/" + kind),
                          "curl %s, %d bytes to %s: told why, and no broken pipe" % (version, size, path))
        tap.equal(whole(edge, own.key, "127.0.5.2"), 201, "one of another source is taken in")
        tap.equal(edge.request("GET", "/v1/shipments?limit=1", key=own.key).status, 200, "and other requests are answered")
        for source in range(2, 1 + ALL // A_SOURCE):
            held += [Upload(edge, own.key, "127.0.5.%d" % source) for _ in range(A_SOURCE)]
        tap.equal([u.status(0.2) for u in held], [None] * ALL, "%d of all sources are on their way" % ALL)
        tap.equal(whole(edge, own.key, "127.0.5.9"), 503, "one more of any source is told so")
        tap.equal(held.pop().finish(), 201, "one that was held up is finished and arrives")
        tap.equal(whole(edge, own.key, "127.0.5.9"), 201, "which makes room for another")
        tap.equal({u.finish() for u in held}, {201}, "all the others arrive too")
        tap.equal(whole(edge, own.key, "127.0.0.1"), 201, "and their source may send again")
        for upload in held:
            upload.close()
        count = run.database.sql("select count(*) from files.file;")
        tap.equal(int(count), 3 + ALL + 1, "each that was acknowledged has its row, and no other")
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
