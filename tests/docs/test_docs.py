#!/usr/bin/env python3
"""GET /docs: the reference from our own address alone, under a policy that lets nothing else in; whole without JavaScript too."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import hansa
import published

PUBLIC = "https://api.demo.example"
REFERENCE = os.path.join(hansa.ROOT, "server", "core", "reference")


def text_of(answer):
    return (gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body).decode()


def page(tap, server):
    """The page's text."""
    answer = server.request("GET", "/docs", headers={"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip, br"})
    tap.ok(answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8", "the page", answer)
    policy = answer.headers.get("content-security-policy", "")
    tap.ok("default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy and "http" not in policy,
           "scripts and styles from here alone, none inline", policy)
    for name, value in (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("content-encoding", "gzip"),
                        ("link", '</openapi.json>; rel="service-desc"; type="application/openapi+json"'), ("cache-control", "no-cache")):
        tap.equal(answer.headers.get(name), value, "header " + name)
    text = text_of(answer)
    tap.equal(text, text_of(server.request("GET", "/docs")), "the same without gzip")
    known = server.request("GET", "/docs", headers={"if-none-match": answer.headers["etag"], "accept-encoding": "gzip"})
    tap.ok(known.status == 304 and known.body == b"", "304 for who has it", known)
    head = server.request("HEAD", "/docs")
    tap.ok(head.status == 200 and head.body == b"", "HEAD works", head)
    outside = re.findall(r'(?:src|href|action)="(?!/|#|data:)[^"]*"', text)
    tap.equal(outside, [], "the page names no outside address")
    tap.ok(not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=", text), "and holds no script or style of its own")
    return text


def assets(tap, server, text):
    names = sorted(set(re.findall(r'"/docs/([^"]+)"', text)))
    types = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "txt": "text/plain; charset=utf-8"}
    tap.ok(names, "the page loads files", text[:500])
    for name in names:
        answer = server.request("GET", "/docs/" + name, headers={"accept-encoding": "gzip"})
        tap.ok(answer.status == 200 and answer.headers["content-type"] == types[name.rsplit(".", 1)[1]] and
               answer.headers["cache-control"] == "public, max-age=31536000, immutable" and answer.headers["content-encoding"] == "gzip" and
               answer.headers["x-content-type-options"] == "nosniff", "%s: for ever, gzipped, of its type" % re.sub(r"\.[0-9a-f]{16}\.", ".*.", name), answer.headers)
        if name.endswith(".js"):
            tap.ok(b"sourceMappingURL" not in gzip.decompress(answer.body)[-300:], "and names no source map")
    short = server.request("GET", "/docs/page.css")
    tap.ok(short.status == 200 and short.headers["cache-control"] == "no-cache", "by its plain name, to be asked for again", short.headers)
    for name in ("page.0000000000000000.css", "..%2fdocs", "page.css%00", "make.py"):
        tap.ok(server.request("GET", "/docs/" + name).status in (400, 404), "no file " + name)


def plain_form(tap, document):
    """What a build without npm makes."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "reference.c")
        with open(os.path.join(folder, "openapi.json"), "w", encoding="utf-8") as file:
            file.write(document.text)
        subprocess.run([sys.executable, os.path.join(REFERENCE, "make.py"), file.name, os.path.join(folder, "none"), out], check=True)
        with open(out, encoding="utf-8") as file:
            first = re.search(r"file_0\[\] = \{(.*?)\}", file.read(), re.S)[1]
        text = gzip.decompress(bytes(int(n) for n in first.replace("\n", "").split(",") if n.strip())).decode()
    tap.ok("<script" not in text and "<noscript" not in text and "plain form" in text, "without npm: a page without scripts")
    return text


def holds_all(tap, document, text, name):
    missing = [o.id for o in document.operations if '<article id="%s">' % o.id not in text]
    tap.equal(missing, [], name + ": every operation stands in it")
    tags = [t for t in re.findall(r"<(/?)(article|dl|table|ul|nav|main|pre|div|noscript)\b", text)]
    counts = {word: sum(1 if not end else -1 for end, other in tags if other == word) for word in {w for _, w in tags}}
    tap.equal({w: n for w, n in counts.items() if n}, {}, name + ": what is opened is closed")


def described(tap, server):
    answer = server.request("GET", "/openapi.json", headers={"accept-encoding": "gzip"})
    document = json.loads(text_of(answer))
    tap.equal([one["url"] for one in document["servers"]], [PUBLIC], "the document names the server by its public address")
    tap.equal(answer.headers.get("link"), '</docs>; rel="service-doc"; type="text/html"', "and leads to the page")
    plain = server.request("GET", "/openapi.json")
    tap.ok("content-encoding" not in plain.headers and json.loads(plain.body) == document, "the same without gzip")
    again = server.request("GET", "/openapi.json", headers={"if-none-match": plain.headers["etag"]})
    tap.equal(again.status, 304, "304 for who has it")


def drawn(program, address):
    """(the page's DOM when it has come to rest, what it complained of)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + folder, "--disable-background-networking",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--window-size=900,40000",
                 "--virtual-time-budget=120000", "--dump-dom", address]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                              env=dict(hansa.plain_environment(), HOME=folder))
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def browser(tap, server, document, has_renderer):
    name = "in a browser: all rooms, the operations of one, no outside request, nothing against the policy, no error"
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None or not has_renderer:
        tap.skip(name, "no chromium here" if program is None else "built without the renderer")
        return
    # A window as high as the page: the renderer draws only what is in view once there are many operations.
    dom, said = drawn(program, "http://127.0.0.1:%d/docs#/orders" % server.port)
    rooms = re.findall(r'id="operations-tag-([a-z]+)"', dom)
    lacking = sorted(o.id for o in document.operations if o.room == "orders" and 'id="operations-orders-%s"' % o.id not in dom)
    tap.equal((said, rooms, lacking), ([], [tag["name"] for tag in document.raw["tags"]], []), name, dom[-300:])
    tap.ok("Begin with a key" in dom, "it opens with how to begin")


def main():
    tap = hansa.Tap()
    document = published.Document()
    plain = plain_form(tap, document)
    holds_all(tap, document, plain, "the plain form")
    with hansa.Database() as database, hansa.Server(database, public_url=PUBLIC) as server:
        text = page(tap, server)
        has_renderer = "<noscript>" in text
        foot = re.search(r"Rendered by (\S+ \S+)\. ", text)
        hansa.note("served: " + (foot[1] if foot else "the plain form, since the build had no npm"))
        tap.ok(bool(foot) == has_renderer, "the page says what renders it")
        holds_all(tap, document, text, "what a client without JavaScript gets")
        assets(tap, server, text)
        described(tap, server)
    with hansa.Database() as database, hansa.Server(database, public_url=None) as server:
        browser(tap, server, document, has_renderer)
    tap.done()


if __name__ == "__main__":
    main()
