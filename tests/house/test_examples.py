#!/usr/bin/env python3
"""What the API document shows as a request is a request: each example is sent as it stands, and taken.

Only what no document can know is put in first: ids, tokens and codes are this world's, from the same place of the endpoint's
first good case, or else the world's value of the member's name.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
from book import Book, is_operators  # noqa: E402

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Told once, counted by a clock, or one of its kind in a tenant: a document cannot hold a live one.
LIVE = ("token", "totp", "code", "password", "current_password", "recovery_code", "email", "tenant", "slug", "sha256")


def put_in(example, given, values, name=None):
    """The example with this world's ids; `given` is the same place of the good case's body, or None."""
    if isinstance(example, dict):
        given = given if isinstance(given, dict) else {}
        return {k: put_in(v, given.get(k), values, k) for k, v in example.items()}
    if isinstance(example, list):
        given = given if isinstance(given, list) else []
        return [put_in(v, given[i] if i < len(given) else None, values, name) for i, v in enumerate(example)]
    if isinstance(example, str) and UUID.fullmatch(example):
        return given if isinstance(given, str) else values.get(name, example)
    return given if name in LIVE and isinstance(given, str) else example


def examples_of(content):
    """All examples of a media type: the one, or those by name."""
    if "examples" in content:
        return [e["value"] for e in content["examples"].values()]
    return [content["example"]] if "example" in content else []


def check_examples(book):
    # What the operator settles is settled for others, and who is erased is gone: these come last.
    for operation in sorted(book.operations, key=lambda o: (is_operators(o), o.room == "privacy")):
        content = operation.raw.get("requestBody", {}).get("content", {}).get(operation.body_media, {})
        for example in examples_of(content):
            request = book.base(operation)
            body = example.encode() if isinstance(example, str) else put_in(example, request.body, request.values)
            answer = request.send(book.run, book.key(operation), body=body)
            book.point("%s: its example is taken" % operation.full_name(), [] if answer.status == operation.ok else ["%r\nsent: %s" % (answer, body)])


def main():
    tap = hansa.Tap()
    run = client.Run("examples", rooms=True, max_running_tenant=100, login_account_max=1000000, login_source_max=1000000)
    with run:
        check_examples(Book(tap, run))
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
