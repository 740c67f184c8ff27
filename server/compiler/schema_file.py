"""Reads schema files (a closed subset of JSON Schema 2020-12) into shared nodes.

Two equal schemas become one node, whatever file they come from, so that C holds each table once.
"""

from dataclasses import dataclass

import json_lines
import schema_example
from report import read_text

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NOTES = {"title", "description", "examples"}  # for readers only; no check depends on them
AUDIENCES = ("partner", "customer", "public")  # beside staff, who see and send every member; public: everybody
KEYWORDS = NOTES | {
    "x-audience", "type", "properties", "required", "items", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems",
    "maxItems", "format", "$ref", "additionalProperties",
    "x-each-alone",  # a faulty item is told of by itself and does not make the body faulty
    "x-form-by",     # the member beside it that says what kind of number it is, and so which form it has
}
NEEDS_TYPE = {
    "properties": ("object",), "required": ("object",), "additionalProperties": ("object",), "items": ("array",),
    "minItems": ("array",), "maxItems": ("array",), "minimum": ("integer", "number"), "maximum": ("integer", "number"),
    "minLength": ("string",), "maxLength": ("string",), "format": ("string",), "enum": ("string",),
    "x-each-alone": ("array",), "x-form-by": ("string",),
}
UNBOUNDED = 2**32 - 1


@dataclass(frozen=True)
class Schema:
    """One node. Equal nodes are the same table in C."""

    types: tuple = ("any",)
    format: str = "line"
    minimum: int | None = None
    maximum: int | None = None
    min_length: int = 0
    max_length: int = UNBOUNDED
    min_items: int = 0
    max_items: int = UNBOUNDED
    choices: tuple | None = None
    items: "Schema | None" = None
    members: tuple = ()  # of (name, Schema, is_required, audiences beside staff)
    is_each_alone: bool = False
    form_by: str | None = None


class SchemaFiles:
    """All schema files that were asked for, by path."""

    def __init__(self, formats, report):
        self.formats = formats
        self.report = report
        self.nodes = {}     # path -> Schema
        self.documents = {}  # path -> the JSON as written
        self.loading = []
        self.bounded = set()

    def load(self, path, asked_by=None):
        """The node of a file, or None after a fault. `asked_by` is (path, line) of the one who names the file."""
        path = path.resolve()
        if path in self.nodes:
            return self.nodes[path]
        if path in self.loading:
            self.report.add(*asked_by, f"$ref goes in a circle through {path.name}")
            return None
        if not path.is_file():
            self.report.add(*(asked_by or (path, 1)), f"there is no schema file {path.parent.name}/{path.name}")
            return None
        text = read_text(path, self.report)
        if text is None:
            return None
        try:
            document = json_lines.parse(text)
        except json_lines.JsonFault as fault:
            self.report.add(path, fault.line, str(fault))
            return None
        self.loading.append(path)
        if isinstance(document, json_lines.Object) and "x-audience" in document:
            self.report.add(path, document.lines["x-audience"], "x-audience stands on a member, not on a whole file")
        node = self.node(path, 1, document)
        self.loading.pop()
        self.nodes[path] = node
        self.documents[path] = document
        return node

    def node(self, path, line, raw):
        if not isinstance(raw, json_lines.Object):
            self.report.add(path, line, "a schema is an object")
            return Schema()
        faults = len(self.report.faults)
        for key in raw:
            if key not in KEYWORDS:
                self.report.add(path, raw.lines[key], f'unknown schema keyword "{key}"')
        node = self.reference(path, raw) if "$ref" in raw else self.typed(path, raw)
        if node is not None and faults == len(self.report.faults):
            for why in schema_example.faults_of(node, raw.get("examples", [])):
                self.report.add(path, raw.lines["examples"], f"example does not fit its schema: {why}")
        return node or Schema()

    def reference(self, path, raw):
        line = raw.lines["$ref"]
        for key in set(raw) - NOTES - {"$ref", "x-audience"}:
            self.report.add(path, raw.lines[key], f'"{key}" cannot stand beside $ref')
        target = raw["$ref"]
        parts = target.split("/") if isinstance(target, str) else []
        is_near = len(parts) == 1
        is_next_room = len(parts) == 3 and parts[0] == ".." and parts[1] not in ("", "..")
        if not (is_near or is_next_room) or not parts[-1].endswith(".json"):
            self.report.add(path, line, "$ref names a file of this room or ../room/file.json")
            return None
        return self.load(path.parent / target, (path, line))

    def typed(self, path, raw):
        if not set(raw) - NOTES - {"x-audience"}:
            return Schema()
        types = raw.get("type")
        if isinstance(types, str):
            types = [types]
        if not isinstance(types, list) or not types or any(t not in TYPES for t in types) or len(set(types)) < len(types):
            self.report.add(path, raw.lines.get("type", raw.line), f'"type" is one or a list of {", ".join(TYPES)}')
            return None
        for key, needed in NEEDS_TYPE.items():
            if key in raw and not set(needed) & set(types):
                self.report.add(path, raw.lines[key], f'"{key}" needs type {" or ".join(needed)}')
        return Schema(
            types=tuple(t for t in TYPES if t in types),
            format=self.format(path, raw),
            minimum=self.number(path, raw, "minimum", -(2**63), 2**63 - 1, None),
            maximum=self.number(path, raw, "maximum", -(2**63), 2**63 - 1, None),
            min_length=self.number(path, raw, "minLength", 0, UNBOUNDED, 0),
            max_length=self.number(path, raw, "maxLength", 0, UNBOUNDED, UNBOUNDED),
            min_items=self.number(path, raw, "minItems", 0, UNBOUNDED, 0),
            max_items=self.number(path, raw, "maxItems", 0, UNBOUNDED, UNBOUNDED),
            choices=self.choices(path, raw, types),
            items=self.items(path, raw, types),
            members=self.members(path, raw, types),
            is_each_alone=raw.get("x-each-alone", False) is True,
            form_by=raw.get("x-form-by"),
        )

    def number(self, path, raw, key, least, most, default):
        if key not in raw:
            return default
        value = raw[key]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.report.add(path, raw.lines[key], f'"{key}" is an integer from {least} to {most}')
            return default
        twin = "min" + key[3:]
        if key.startswith("max") and isinstance(raw.get(twin), int) and raw[twin] > value:
            self.report.add(path, raw.lines[key], f'"{twin}" is above "{key}"')
        return value

    def format(self, path, raw):
        name = raw.get("format", "line")
        if name not in self.formats:
            self.report.add(path, raw.lines["format"], f'unknown format "{name}"; formats.def lists them')
            return "line"
        return name

    def choices(self, path, raw, types):
        if "enum" not in raw:
            return None
        values = raw["enum"]
        words = [v for v in values if isinstance(v, str)] if isinstance(values, list) else []
        others = [v for v in values if not isinstance(v, str)] if isinstance(values, list) else [0]
        if not words or len(set(words)) < len(words) or others not in ([], [None]) or (others and "null" not in types):
            self.report.add(path, raw.lines["enum"], '"enum" lists different strings, and null if type has null')
            return None
        if "null" in types and not others:
            self.report.add(path, raw.lines["enum"], '"enum" must list null too, as type has null')
        return tuple(words)

    def items(self, path, raw, types):
        if "array" not in types:
            return None
        if "items" not in raw:
            self.report.add(path, raw.line, 'an array needs "items"')
            return None
        if isinstance(raw["items"], json_lines.Object) and "x-audience" in raw["items"]:
            self.report.add(path, raw["items"].lines["x-audience"], "x-audience stands on a member: mark the array, not its items")
        return self.node(path, raw.lines["items"], raw["items"])

    def members(self, path, raw, types):
        if "object" not in types:
            return ()
        if raw.get("additionalProperties", False) is not False:
            self.report.add(path, raw.lines["additionalProperties"], '"additionalProperties" can only be false')
        properties = raw.get("properties")
        if not isinstance(properties, json_lines.Object):
            self.report.add(path, raw.line, 'an object needs "properties"; a free-form value is {} without type')
            return ()
        required = raw.get("required", [])
        if not isinstance(required, list) or any(not isinstance(r, str) for r in required):
            self.report.add(path, raw.lines["required"], '"required" is a list of names')
            required = []
        for name, value in properties.items():
            if isinstance(value, json_lines.Object) and value.get("x-form-by", name) not in properties:
                self.report.add(path, value.lines["x-form-by"], f'"{name}" goes by a member that is not beside it')
        for name in required:
            if name not in properties:
                self.report.add(path, raw.lines["required"], f'required member "{name}" is not in "properties"')
        return tuple((name, self.node(path, properties.lines[name], value), name in required, self.audiences(path, value))
                     for name, value in properties.items())

    def audiences(self, path, raw):
        """Who beside staff a member is for (docs/audiences.md). Nothing said = staff alone."""
        if not isinstance(raw, json_lines.Object) or "x-audience" not in raw:
            return ()
        words = raw["x-audience"]
        known = isinstance(words, list) and words and all(w in AUDIENCES for w in words) and len(set(words)) == len(words)
        if not known or ("public" in words and len(words) > 1):
            self.report.add(path, raw.lines["x-audience"],
                            '"x-audience" lists partner, customer or both, or public alone; staff need not be said')
            return ()
        return tuple(w for w in AUDIENCES if w in words)

    def check_bounds(self, path):
        """A request body's texts and lists must have an end: says so for each that has none (promise I2)."""
        path = path.resolve()
        if path in self.bounded or path not in self.documents:
            return
        self.bounded.add(path)
        self.bound(path, self.documents[path])

    def bound(self, path, raw):
        if not isinstance(raw, json_lines.Object):
            return
        if "$ref" in raw:
            self.check_bounds(path.parent / raw["$ref"])
            return
        types = raw.get("type", [])
        form = self.formats.get(raw.get("format", "line"))
        if "string" in types and "enum" not in raw and "maxLength" not in raw and form and not form.max_length:
            self.report.add(path, raw.line, 'a text in a request body needs "maxLength"')
        if "array" in types and "maxItems" not in raw:
            self.report.add(path, raw.line, 'an array in a request body needs "maxItems"')
        if "items" in raw:
            self.bound(path, raw["items"])
        for value in (raw.get("properties") or {}).values():
            self.bound(path, value)
