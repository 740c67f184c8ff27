#!/usr/bin/env python3
"""The API document: Redocly's recommended rules find nothing, none of them switched off, and every operation says what it is,
what it needs, and shows an example of all that goes in and out (issue 3, point 9)."""
import json
import os
import re
import subprocess
import sys

import hansa
import npm
import published

sys.path.insert(0, os.path.join(hansa.ROOT, "server", "compiler"))
import emit_openapi  # noqa: E402



def lint(tap, document):
    folder, why = npm.installed("tests/docs")
    if folder is None:
        tap.skip("Redocly's recommended rules find nothing", why)
        return
    file = os.path.join(folder, "openapi.json")
    with open(file, "w", encoding="utf-8") as out:
        json.dump(document.raw, out)
    with open(os.path.join(folder, "rules.yaml"), "w", encoding="utf-8") as out:
        out.write("extends: [recommended]\n")  # nothing suppressed, and no ignore file beside it
    env = dict(hansa.plain_environment(), REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true", HOME=folder)
    done = subprocess.run(["node_modules/.bin/redocly", "lint", "--config", "rules.yaml", "--format", "json", "--max-problems", "100", file],
                          cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                          check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        tap.ok(False, "Redocly's recommended rules were asked", (done.stdout + done.stderr)[-500:])
        return
    told = ["%s: %s (%s)" % (p["ruleId"], p["message"], p["location"][0].get("pointer")) for p in found["problems"][:20]]
    tap.equal((found["totals"], told), ({"errors": 0, "warnings": 0, "ignored": 0}, []), "Redocly's recommended rules find nothing")


def lacks(operation):
    """What an operation does not say."""
    raw = operation.raw
    found = [name for name in ("summary", "description", "operationId", "tags") if not raw.get(name)]
    if "security" not in raw or not operation.is_public and not operation.scope and not operation.is_own:
        found.append("scope")
    found += ["about " + p["name"] for p in raw.get("parameters", []) if not operation.document.resolve(p).get("description")]
    found += ["example of the request in " + media for media, content in raw.get("requestBody", {}).get("content", {}).items()
              if "example" not in content and "examples" not in content and media.endswith(("json", "x12"))]
    for status, answer in raw["responses"].items():
        answer = operation.document.resolve(answer)
        if not answer.get("description"):
            found.append("about " + status)
        if status == "default" or status == "304":
            continue
        found += ["example of %s in %s" % (status, media) for media, content in answer.get("content", {}).items()
                  if "example" not in content and "examples" not in content and media.endswith(("json", "html", "x12"))]
    if not any(status.startswith("4") for status in raw["responses"]):
        found.append("errors")
    return found


def examples_fit(tap, document):
    faults = []
    for operation in document.operations:
        bodies = [("request", operation.raw.get("requestBody", {}).get("content", {}))]
        bodies += [(status, document.resolve(answer).get("content", {})) for status, answer in operation.raw["responses"].items()
                   if status.startswith("2")]
        for where, contents in bodies:
            for media, content in contents.items():
                if media.endswith("json") and "example" in content:
                    value = published.read_json(json.dumps(content["example"]))
                    faults += ["%r %s: %s" % (operation, where, fault) for fault in document.faults(content["schema"], value)]
    # what these hold is by design not told by a schema: rows of whatever room
    faults = [fault for fault in faults if not re.search(r"/(changes|held|rows)/[^/]+: is not published$", fault)]
    tap.equal(faults, [], "every example fits its schema, formats and all")


def main():
    tap = hansa.Tap()
    document = published.Document()
    raw = document.raw
    lint(tap, document)
    tap.ok(raw["openapi"].startswith("3.1") and raw["info"].get("license", {}).get("name"), "OpenAPI 3.1, with terms", raw["info"])
    tap.equal([t["name"] for t in raw["tags"] if not t.get("description")], [], "every room is told of")
    tap.equal([t["name"] for t in raw["tags"]][:4], ["crm", "sales", "orders", "tracking"], "the rooms stand in the order of a day")
    tap.equal({t["name"] for t in raw["tags"]} - set(emit_openapi.DAY), set(), "each room has its place in it")
    named = set(re.findall(r"\b(?:GET|POST|DELETE|PATCH|PUT) (/v1/[a-z/_{}-]+)", raw["info"]["description"]))
    tap.ok(len(named) > 5 and named <= set(raw["paths"]), "how to begin names operations that are there", named - set(raw["paths"]))
    tap.equal([line for o in document.operations for line in ["%r lacks: %s" % (o, ", ".join(lacks(o)))] if lacks(o)], [],
              "every operation has summary, description, scope, examples and errors")
    examples_fit(tap, document)
    tap.done()


if __name__ == "__main__":
    main()
