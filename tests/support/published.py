"""The published API document, for tests that hold the server against it: its operations, and a validator for its schemas.

    document = published.Document()                       # generated/openapi.json of the build under test
    for operation in document.operations: ...
    faults = document.faults(schema, value)               # [] = fits; objects are closed, whatever the schema says of more
    faults = document.faults(schema, value, audience="CUSTOMER")    # … and nothing in it is for others (docs/audiences.md)

The validator knows the keywords that server/compiler admits and nothing else; an unknown keyword raises. Values come from
published.read_json, which keeps numbers with a point as Decimal and refuses a member that stands twice.
"""
import datetime
import decimal
import glob
import json
import os
import re

import hansa

FORMATS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    "decimal": r"-?\d{1,18}(\.\d{1,18})?",
    "money": r"-?\d{1,18}(\.\d{1,18})?",
    "told-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?",
    "phone": r"[^@]*(\d[^@]*){3}",
    "gln": r"\d{13}",
    "country": r"[A-Z]{2}",
    "currency": r"[A-Z]{3}",
    "unlocode": r"[A-Z]{2}[A-Z2-9]{3}",
    "scac": r"[A-Z]{2,4}",
    "sscc": r"\d{18}",
    "container": r"[A-Z]{4}\d{7}",
    "iana-zone": r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*",
    "reference-number": r"\S(.*\S)?",
    "uri-reference": r"[!-~]+",
    "slug": r"[a-z][a-z0-9-]{1,39}",
    "code": r"[A-Z0-9_]+",
    "line": None,
    "multiline": None,
    "secret": None,
    "asked-number": None,
}
KNOWN = {"type", "properties", "required", "items", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
         "format", "$ref", "x-audience", "additionalProperties", "title", "description", "examples", "default",
         "x-each-alone", "x-form-by"}


def read_json(text):
    """A JSON document with exact numbers and without doubled members."""
    def closed(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError("a member stands twice")
        return dict(pairs)
    return json.loads(text, parse_float=decimal.Decimal, object_pairs_hook=closed)


def type_of(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, (decimal.Decimal, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


class Operation:
    """One method of one path, with everything that the document says of it resolved."""

    def __init__(self, document, method, path, raw):
        self.document, self.method, self.path, self.raw = document, method, path, raw
        self.id = raw["operationId"]
        self.room = raw["tags"][0]
        self.name = self.id[len(self.room) + 1:]
        self.is_public = raw["security"] == []
        self.is_own = raw["security"] == [{"session": []}]  # a person's own affairs: no key will do
        scope = re.search(r"Needs scope `([a-z]+:[a-z]+)`", raw.get("description", ""))
        self.scope = scope.group(1) if scope else None
        self.parameters = raw.get("parameters", [])
        content = raw.get("requestBody", {}).get("content", {})
        self.body_media = next(iter(content), None)
        self.body_schema = content[self.body_media].get("schema") if content else None
        self.ok = min(int(status) for status in raw["responses"] if status != "default")
        self.replies = document.resolve(raw["responses"][str(self.ok)]).get("content", {})
        self.is_list = any(p["name"] == "cursor" for p in self.parameters)

    def full_name(self):
        return self.room + "/" + self.name

    def in_path(self):
        return [p for p in self.parameters if p["in"] == "path"]

    def in_query(self):
        return [p for p in self.parameters if p["in"] == "query"]

    def codes(self, status):
        """The error codes that the document lists for this status; None when it does not know the status."""
        response = self.raw["responses"].get(str(status))
        if response is None:
            return None
        return set(re.findall(r"`([a-z]+/[a-z0-9_]+)`", self.document.resolve(response).get("description", "")))

    def __repr__(self):
        return "%s %s" % (self.method, self.path)


class Document:
    def __init__(self, path=None):
        if path is None:
            found = glob.glob(os.path.join(hansa.BUILD, "generated", "openapi.json"))
            found += glob.glob(os.path.join(hansa.BUILD, "*", "generated", "openapi.json"))
            path = found[0]
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.raw = json.loads(self.text)
        self.codes = set(re.findall(r"`([a-z]+/[a-z0-9_]+)`", self.text))
        self.operations = [Operation(self, method.upper(), path, raw) for path, methods in self.raw["paths"].items()
                           for method, raw in methods.items() if method != "parameters"]
        self.patterns = sorted(((path, re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"))
                                for path in self.raw["paths"]), key=lambda one: one[0].count("{"))
        self.problem = {"$ref": "#/components/schemas/Problem"}

    def operation(self, full_name):
        return next(o for o in self.operations if o.full_name() == full_name)

    def find(self, method, path):
        """The operation that answers this request, or None. `path` may carry a query."""
        path = path.split("?")[0]
        for template, pattern in self.patterns:
            if pattern.match(path):
                wanted = "GET" if method == "HEAD" else method
                return next((o for o in self.operations if o.path == template and o.method == wanted), None)
        return None

    def resolve(self, raw):
        while "$ref" in raw:
            at = self.raw
            for step in raw["$ref"].lstrip("#/").split("/"):
                at = at[step]
            raw = at
        return raw

    def faults(self, schema, value, at="", audience="STAFF"):
        """What does not fit, as `pointer: why`. For others than staff: what is not for them does not fit, needed or not."""
        schema = self.resolve(schema)
        unknown = set(schema) - KNOWN
        if unknown:
            raise ValueError("the validator does not know %s" % sorted(unknown))
        types = schema.get("type")
        types = [types] if isinstance(types, str) else types
        kind = type_of(value)
        if types and kind not in types and not (kind == "integer" and "number" in types):
            return ["%s: is %s, expected %s" % (at or "/", kind, types)]
        faults = []
        if "enum" in schema and value not in schema["enum"]:
            faults.append("%s: %r is none of the enum" % (at, value))
        if kind == "string":
            faults += text_faults(schema, value, at)
        elif kind in ("integer", "number"):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                faults.append("%s: %s is out of range" % (at, value))
        elif kind == "array":
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                faults.append("%s: %d items" % (at, len(value)))
            for i, item in enumerate(value):
                faults += self.faults(schema.get("items", {}), item, "%s/%d" % (at, i), audience)
        elif kind == "object" and set(schema) - {"title", "description", "examples", "x-audience"}:  # else free-form
            members = schema.get("properties", {})
            faults += ["%s/%s: is missing" % (at, name) for name in schema.get("required", [])
                       if name not in value and is_shown(members[name], audience)]
            for name, inner in value.items():
                if name not in members:
                    faults.append("%s/%s: is not published" % (at, name))
                elif not is_shown(members[name], audience):
                    faults.append("%s/%s: is not for %s" % (at, name, audience))
                else:
                    faults += self.faults(members[name], inner, "%s/%s" % (at, name), audience)
        return faults


def is_shown(member, audience):
    """Does a member's mark name the audience? Staff see all, everybody what is public."""
    return audience == "STAFF" or bool({audience.lower(), "public"} & set(member.get("x-audience", ())))


def text_faults(schema, value, at):
    faults = []
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        faults.append("%s: %d characters" % (at, len(value)))
    pattern = FORMATS[schema.get("format", "line")]
    if pattern and not re.fullmatch(pattern, value):
        faults.append("%s: %r is no %s" % (at, value, schema["format"]))
    if schema.get("format") == "date-time" and not faults:
        try:
            datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00"))
        except ValueError:
            faults.append("%s: %r is no time" % (at, value))
    return faults


def pointer_get(value, pointer):
    """The value at a JSON pointer; raises KeyError or IndexError."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
