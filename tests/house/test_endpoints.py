#!/usr/bin/env python3
"""The endpoint table tests itself (house.md section 7): generated from the published document, the endpoint files and the case
files, for every endpoint. A new endpoint without a case file fails here, and everything below holds for it from its first day.

Promises: A8, I1, I2, I8, O1, O2, T4, T8, T9, X9, Z2, Z3, K1, P5; standards.md 5.1-5.3 and appendix B.
"""
import pathlib
import re
import sys
import time

import cases
import client
import doors
import forms
import hansa
import provider
from book import Book, problem_of

sys.path.insert(0, hansa.ROOT + "/server/compiler")
import front_matter  # noqa: E402
from report import Report  # noqa: E402

# Parameters of the conventions (tests/house/test_conventions.py), which no endpoint file names.
HOUSE_PARAMETERS = ("limit", "cursor", "fields", "expand")


# --- the table, the document and the server tell of the same routes ---

def check_routes(book):
    report = Report()
    files = {}
    for path in sorted(pathlib.Path(hansa.ROOT, "server").glob("*/*.sql")):
        found = front_matter.parse(path, path.parent.name, report)
        if found and found.method:
            files[(found.method, found.path)] = found
    published_routes = {(o.method, o.path): o for o in book.document.operations}
    book.tap.equal(sorted(set(files) ^ set(published_routes)), [], "each endpoint file with a route is in the document, and the other way round")
    faults = []
    for route in set(files) & set(published_routes):
        file, operation = files[route], published_routes[route]
        for what, one, other in (("name", file.full_name(), operation.full_name()), ("scope", file.scope, operation.scope),
                                 ("ok", file.ok_status, operation.ok), ("body", file.body_media, operation.body_media),
                                 ("parameters", sorted(p.name for p in file.params if p.place in ("path", "query")),
                                  sorted(p["name"] for p in operation.parameters if p["in"] in ("path", "query") and p["name"] not in HOUSE_PARAMETERS))):
            if one != other:
                faults.append("%s: %s is %r in the file and %r in the document" % (file.full_name(), what, one, other))
    book.point("document and endpoint files say the same of scope, answer, body and parameters", faults)
    served = book.run.ask("GET", "/openapi.json")
    alike = {**served.json, "servers": None} == {**book.document.raw, "servers": None}  # those are of the running server
    book.tap.ok(alike, "the server publishes the document of its build")
    book.tap.equal(sorted(book.broken.items()), [], "each routed endpoint has a sound case file")
    told = set(re.findall(r'endpoint="([a-z_]+)"', book.run.server.metrics()))
    names = {o.name for o in book.document.operations}
    book.tap.ok(told <= names | {"none", "other", "unknown"}, "metrics name only endpoints of the document", told - names)
    faults = []
    for path in ("/", "/v1", "/v1/", "/v1/shipments/", "//v1/shipments", "/v1//shipments", "/v1/shipments/../shipments", "/V1/shipments", "/v1/Shipments",
                 "/v1/shipments;x=1", "/v1/shipments%2f", "/v1%2fshipments", "/v1/tracking", "/track", "/track/", "/metrics/", "/.env", "/admin",
                 "/v1/shipments/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/%00", "/v1/tracking/a/b", "/index.php", "/v1/edi", "/v1/nothing"):
        faults += [path + ": " + f for f in problem_of(book.run.ask("GET", path, key=book.a.key), 404, "core/not_found")]
    book.point("an address that no endpoint has is 404", faults)


# --- case files ---

def check_cases(book):
    for operation in book.operations:
        found, key, faults = book.files[operation.full_name()], book.key(operation), []
        for case in found["good"]:
            try:
                request = cases.Request(operation, case, book.a.values)
                faults += request.faults(request.send(book.run, key))
            except KeyError as error:
                faults.append("%s: the world has no %s; teach tests/support/world.py" % (case["name"], error))
        book.point("%s: %d good cases" % (operation.full_name(), len(found["good"])), faults)
        if operation.method == "GET":
            book.unwritten(operation, "a GET")
            request = book.base(operation)
            answer, head, again = [request.send(book.run, key, method=m) for m in ("GET", "HEAD", "GET")]
            is_still = answer.body == again.body  # some tell of the moment, whose fractions of a second are longer and shorter
            kept = ["content-type", "cache-control", "vary"] + ["content-length"] * is_still
            same = answer.status == head.status and head.body == b"" and all(answer.headers.get(h) == head.headers.get(h) for h in kept)
            book.tap.ok(same, "%s: HEAD is GET without body" % operation.full_name(), "%s\n%s" % (answer.headers, head.headers))
        book.snapshot.changes(is_kept=True)
        faults = []
        for case in found["bad"]:
            request = cases.Request(operation, case, book.a.values)
            faults += request.faults(request.send(book.run, key))
        book.point("%s: %d bad cases" % (operation.full_name(), len(found["bad"])), faults)
        book.unwritten(operation, "bad cases", found.get("keeps", ()))
    answer = book.base(book.document.operation("tracking/link_create"))
    answer = answer.send(book.run, book.a.key)
    book.run.secret(answer.json["token"], "a link's token")
    book.tap.equal(answer.headers.get("cache-control"), "no-store", "the answer that tells a link's token is no-store (X9)")
    book.snapshot.changes(is_kept=True)


def check_metrics(book):
    text = book.run.server.metrics()
    told = [what for secret, what in book.run.secrets.items() if secret in text]
    told += [w.tenant for w in (book.a, book.b) if w.tenant in text or w.slug in text]
    book.tap.equal(told, [], "metrics tell no key and no tenant (O2)")
    bad = [line for line in text.splitlines() if line and not line.startswith("# ")
           and not re.fullmatch(r'[a-zA-Z_:][\w:]*(\{[a-zA-Z_]\w*="(\\.|[^"\\])*"(,[a-zA-Z_]\w*="(\\.|[^"\\])*")*\})? [0-9.eE+-]+|.* \+Inf', line)]
    book.tap.ok(not bad and text.endswith("\n"), "metrics are in the Prometheus text format", bad[:5])


def main():
    tap = hansa.Tap()
    idp = provider.Provider()
    run = client.Run("endpoints", rooms=True, idp=idp, max_running_tenant=100, login_account_max=1000000, login_source_max=1000000, **idp.settings())
    with idp, run:
        book = Book(tap, run)
        for section in (check_routes, check_cases, doors.check_keys, doors.check_scopes, doors.check_strangers, forms.check_methods, forms.check_media,
                        forms.check_parameters, forms.check_bodies, forms.check_sizes, check_metrics):
            begun = time.monotonic()
            if book.is_first or section not in (check_routes, forms.check_methods):
                section(book)
            hansa.note("%s took %.1f s" % (section.__name__, time.monotonic() - begun))
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
