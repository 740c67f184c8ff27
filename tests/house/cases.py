"""Case files: tests/<room>/<endpoint>.case.json, one beside each endpoint's other tests.

    {"good": [{"name", "path"?, "query"?, "headers"?, "body"? | "text"?, "status", "has"?, "headers_have"?}], "bad": [… "code"?, "pointer"?]}

`body` is sent as JSON, `text` is a list of pieces sent as they are. `has` maps JSON pointers of the answer to values. Every
string may name values of the world: $shipment_id as a whole, ${unique} inside a text. unique, control and new_sscc are new for
each request. The first good case is also what the generic tests of test_endpoints.py start from.
"""
import itertools
import json
import os
import re
import urllib.parse

import hansa
import people
import published
import world

KEYS = {"name", "path", "query", "headers", "body", "text", "status", "has", "headers_have", "code", "pointer"}
_control = itertools.count(700000001)


class Request:
    """What is sent for a case."""

    def __init__(self, operation, case, values):
        fresh = {"unique": world.unique(), "control": str(next(_control)), "new_sscc": world.sscc(), "new_role": world.unique("r_").lower(),
                 "new_slug": world.unique("t-").lower()}
        if len(values.get("totp_secret", "")) == 32:  # strangers have none
            fresh["totp_code"] = people.totp(values["totp_secret"], people.step_now())
        self.operation, self.values = operation, values.beside(fresh)
        case = self.filled(case)
        self.case, self.method, self.headers, self.query = case, operation.method, case.get("headers", {}), case.get("query", {})
        self.parameters = case.get("path", {})
        self.body = "".join(case["text"]).encode() if "text" in case else case.get("body")

    def filled(self, value):
        """The value with the world's values in place of their names. Raises KeyError for a name that the world lacks."""
        if isinstance(value, dict):
            return {k: self.filled(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.filled(v) for v in value]
        if isinstance(value, str):
            if re.fullmatch(r"\$[a-z_]+", value):
                return self.values[value[1:]]
            return re.sub(r"\$\{([a-z_]+)\}", lambda found: self.values[found.group(1)], value)
        return value

    def path(self, **instead):
        """The address; `instead` replaces path parameters, raw if they are bytes."""
        parameters = {**self.parameters, **instead}
        path = self.operation.path
        for name in [p["name"] for p in self.operation.in_path()]:
            value = parameters[name]
            path = path.replace("{%s}" % name, value.decode() if isinstance(value, bytes) else urllib.parse.quote(value, safe=""))
        return path

    def address(self, **instead):
        return self.path(**instead) + ("?" + urllib.parse.urlencode(self.query) if self.query else "")

    def send(self, run, key=None, **instead):
        """Sends it; `instead`: address, method, body, headers."""
        return run.ask(instead.get("method", self.method), instead.get("address") or self.address(), instead.get("body", self.body), key,
                       {**self.headers, **instead.get("headers", {})})

    def faults(self, answer):
        """What of the answer is not as the case says."""
        case, faults = self.case, []
        if answer.status != case["status"]:
            return ["%s: %r, expected %d" % (case["name"], answer, case["status"])]
        for name in case.get("headers_have", []):
            if not answer.headers.get(name):
                faults.append("%s: no header %s" % (case["name"], name))
        if case.get("has") or "code" in case or "pointer" in case:
            value = published.read_json(answer.body)
            for pointer, expected in case.get("has", {}).items():
                try:
                    got = published.pointer_get(value, pointer)
                except (KeyError, IndexError, TypeError):
                    got = "(nothing)"
                if got != expected:
                    faults.append("%s: %s is %r, expected %r" % (case["name"], pointer, got, expected))
            if "code" in case and value.get("type") != "/problems/" + case["code"]:
                faults.append("%s: type %r, expected %r" % (case["name"], value.get("type"), case["code"]))
            named = [e.get("pointer", e.get("parameter")) for e in value.get("errors", [])]
            if "pointer" in case and case["pointer"] not in named:
                faults.append("%s: names %r, expected %r" % (case["name"], named, case["pointer"]))
        return faults


def path_of(operation):
    return os.path.join(hansa.ROOT, "tests", operation.room, operation.name + ".case.json")


def load(operation):
    """{"good": […], "bad": […]}, and perhaps "once": a good request cannot be made again, "keeps": tables in
    which a refusal leaves a row on purpose, or "common": what it names is everybody's, such as the directory of organisations; raises OSError or ValueError with what is wrong."""
    with open(path_of(operation), encoding="utf-8") as file:
        found = json.load(file)
    if set(found) - {"about", "good", "bad", "once", "common", "keeps"} or not found.get("good") or not found.get("bad"):
        raise ValueError("a case file holds good and bad requests, and perhaps what they are about")
    for case in found["good"] + found["bad"]:
        if set(case) - KEYS or not {"name", "status"} <= set(case):
            raise ValueError("%s: unknown or missing keys" % case.get("name"))
    if any(case["status"] >= 400 for case in found["good"]) or any(case["status"] < 400 for case in found["bad"]):
        raise ValueError("good requests succeed, bad ones do not")
    return found
