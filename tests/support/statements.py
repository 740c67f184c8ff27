"""The endpoints' SQL as the server will prepare it, for tests that speak to the database itself.

    run = statements.Runner(url, tenant="…", actor="…")
    row = run("orders/shipment_get", shipment_id="…")      # {"body": …, "location": …} or None when there is no row

Reads the endpoint files with the compiler's own parser, so it never tells another story than the binary.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import hansa

sys.path.insert(0, os.path.join(hansa.ROOT, "server", "compiler"))
import front_matter  # noqa: E402
import parameter  # noqa: E402
from report import Report  # noqa: E402

TYPES = {2950: "uuid", 25: "text", 1082: "date", 1184: "timestamptz", 17: "bytea", 3802: "jsonb", 23: "integer", 20: "bigint"}


def endpoints():
    """{room/name: endpoint} of every endpoint file of every room but the core."""
    found, report = {}, Report()
    for path in sorted(pathlib.Path(hansa.ROOT, "server").glob("*/*.sql")):
        if path.parent.name == "core":
            continue
        endpoint = front_matter.parse(path, path.parent.name, report)
        endpoint.variants = [] if endpoint.sql.is_empty() else endpoint.sql.variants()
        found[endpoint.full_name()] = endpoint
    return found


def types(endpoint, variant):
    """PostgreSQL type names of $1, $2, …"""
    declared = {p.name: p for p in endpoint.params}
    return [TYPES[declared[n].oid() if n in declared else parameter.BUILT_IN_OIDS[n]] for n in variant.names]


def variant_for(endpoint, given):
    """The variant in whose clauses the given parameters are."""
    mask = sum(1 << bit for bit, name in enumerate(endpoint.sql.optional) if given.get(name) is not None)
    return endpoint.variants[mask]


def literal(value):
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bytes, bytearray)):
        value = "\\x" + value.hex()
    return "'" + str(value).replace("'", "''") + "'"


def prepare(endpoint, variant, name="s"):
    """SQL that prepares a variant under a name."""
    kinds = types(endpoint, variant)
    return "prepare %s%s as %s;" % (name, "(%s)" % ", ".join(kinds) if kinds else "", variant.sql)


class Refused(Exception):
    """The statement raised; `code` is its SQLSTATE, `name` the message."""

    def __init__(self, code, name, text):
        super().__init__(text)
        self.code, self.name = code, name


class Runner:
    """Runs endpoints' statements as the server's unit does, one psql a call; commits."""

    def __init__(self, url, tenant, actor=None):
        self.url, self.tenant, self.actor = url, tenant, actor
        self.endpoints = endpoints()

    def __call__(self, name, /, **given):
        endpoint = self.endpoints[name]
        values = {"tenant": self.tenant, "actor": self.actor, "request_id": "test", "limit": 50, "after": None, **given}
        values.update({p.name: p.fallback for p in endpoint.params if p.fallback is not None and p.name not in given})
        variant = variant_for(endpoint, given)
        call = "(%s)" % ", ".join(literal(values.get(n)) for n in variant.names) if variant.names else ""
        mode = "begin read only" if endpoint.is_read_only else "begin"
        text = self.psql("%s; set local hansa.tenant_id = '%s'; set local plan_cache_mode = force_generic_plan;\n%s\n"
                         "\\pset format unaligned\n\\pset tuples_only off\n\\pset footer off\n\\pset fieldsep '\\x1f'\n\\pset recordsep '\\x1e'\n"
                         "execute s%s;\ncommit;" % (mode, self.tenant, prepare(endpoint, variant), call))
        lines = text.rstrip("\n").split("\x1e")
        if len(lines) < 2:
            return None
        row = dict(zip(lines[0].split("\x1f"), lines[1].split("\x1f")))
        row["body"] = json.loads(row["body"]) if row.get("body") else None
        row["rows"] = len([line for line in lines[1:] if line.strip()])
        return row

    def body(self, name, /, **given):
        row = self(name, **given)
        return row and row["body"]

    def psql(self, sql):
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"], input=sql.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=hansa.url_environment(self.url), check=False)
        if done.returncode != 0:
            text = done.stderr.decode(errors="replace")
            found = re.search(r"ERROR:\s+(\w{5}): (.*)", text)
            raise Refused(found[1] if found else "", found[2] if found else "", text)
        return done.stdout.decode()
