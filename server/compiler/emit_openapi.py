"""Writes the OpenAPI 3.1 document from the same tables as the C, so that it cannot say anything else.

Standards: OpenAPI 3.1, JSON Schema 2020-12, RFC 9457 problems, RFC 8288 links.
"""

import json
import pathlib
import re

import openapi_answers
import openapi_conventions
import openapi_examples
from report import read_text

STANDARD_FORMATS = {"uuid", "date", "date-time", "uri-reference"}
TITLE = "Hansa API"
VERSION = "1.0.0"
# How to begin: what the reference opens with.
ABOUT = (pathlib.Path(__file__).resolve().parents[1] / "core" / "reference" / "begin.md").read_text()
# The rooms in the order in which a firm's day meets them; what only the house needs comes last.
DAY = ("crm", "sales", "orders", "tracking", "files", "partners", "alliances", "exchange", "membership", "insight", "identity", "sandbox", "audit", "privacy", "operator",
       "core")
# Whoever runs an installation sets the terms of using it; the page at /docs says so.
LICENSE = {"name": "Terms of the operator of this installation", "url": "/docs#terms"}
KEY_ABOUT = (
    "An API key, sent as `Authorization: Bearer hansa_live_…`. It carries its tenant and its scopes. A key `hansa_test_…` works in "
    "the sandbox (`/v1/sandbox`), by the same endpoints.")

SESSION_ABOUT = (
    "The session of a person, opened by `POST /v1/session`. Requests other than GET and HEAD also send `X-CSRF-Token` with the "
    "`csrf_token` of the session, and come from our own origin.")


def camel(text):
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


class Writer:
    def __init__(self, house):
        self.house = house
        self.schemas = {"Problem": openapi_answers.PROBLEM}
        self.responses = {}
        self.headers = {}
        self.core_errors = [e for e in house.errors.values() if e.code.startswith("core/")]

    def reference(self, path):
        """The $ref of a schema file; brings the file into the components."""
        path = path.resolve()
        name = camel(f"{path.parent.name}_{path.stem}")
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = self.schema(path, self.house.schemas.documents[path])
        return {"$ref": f"#/components/schemas/{name}"}

    def schema(self, path, raw):
        if "$ref" in raw:
            notes = {k: v for k, v in raw.items() if k != "$ref"}
            return {**self.reference(path.parent / raw["$ref"]), **notes}
        made = {k: v for k, v in raw.items() if k not in ("properties", "items", "additionalProperties")}
        if "items" in raw:
            made["items"] = self.schema(path, raw["items"])
        if "properties" in raw:
            made["properties"] = {name: self.schema(path, value) for name, value in raw["properties"].items()}
            made["additionalProperties"] = False
        form = self.house.formats.get(raw.get("format"))
        if form and form.name not in STANDARD_FORMATS:
            made.setdefault("description", form.detail[:1].upper() + form.detail[1:] + ".")
        if form and form.max_length and form.name not in STANDARD_FORMATS:
            made.setdefault("maxLength", form.max_length)
        return made

    def example(self, path):
        examples = self.house.schemas.documents[path.resolve()].get("examples", [])
        return {"example": examples[0]} if examples else {}

    def request_body(self, found):
        if not found.body_media:
            return {}
        if found.body_file:
            path = found.file.parent / found.body_file
            content = {"schema": self.reference(path), **self.example(path)}
        else:
            content = {"schema": {"type": "string"}}
        medias = [found.body_media, *found.body_also]
        return {"requestBody": {"required": True, "content": {media: content for media in medias}}}

    def reply(self, found):
        answer = {"description": {201: "Made.", 302: "Go on at `Location`."}.get(found.ok_status, "Done.")}
        content = {}
        if found.reply_file:
            path = found.file.parent / found.reply_file
            if found.is_stream:
                content["text/event-stream"] = openapi_answers.stream(self.reference(path), self.example(path))
            elif found.is_list:
                content["application/json"] = {"schema": envelope(self.reference(path))}
            else:
                content["application/json"] = {"schema": self.reference(path), **self.example(path)}
        for media in found.reply_media:
            content[media] = {"schema": {"type": "string"}}
        if content:
            answer["content"] = content
        names = [name for name, is_sent in (
            ("Location", found.ok_status in (201, 302) or has_column(found, "location")),
            ("ETag", has_column(found, "etag")), ("Link", found.is_list)) if is_sent]
        names += [n for n in openapi_conventions.reply_headers(found, has_column(found, "version")) if n not in names]
        if names:
            answer["headers"] = {name: self.header(name) for name in names}
        return answer

    def header(self, name):
        self.headers[name] = openapi_conventions.HEADERS.get(name) or openapi_answers.HEADERS[name]
        return {"$ref": f"#/components/headers/{name}"}

    def problem(self, found, status, errors):
        """The answer for one error status: a shared one, or one that names this endpoint's own errors."""
        name, about, headers = openapi_answers.STATUSES[status]
        made = {"description": about}
        own_headers = openapi_conventions.problem_headers(found, status)
        if headers or own_headers:
            made["headers"] = {header: self.header(header) for header in (*headers, *own_headers)}
        shared = [e for e in self.core_errors if e.status == status and openapi_conventions.may_answer(found, e.code)]
        special = [e for e in shared if e.code in openapi_conventions.APART]
        # core/not_found means that the address is unknown, which these endpoints' addresses are not.
        rest = special if status in (404, 409) and (errors or special) else shared
        behind = errors + [e for e in rest if e not in errors]
        made["description"] = told(about, behind)
        made["content"] = openapi_examples.problems(openapi_answers.CONTENT, behind)
        if errors or special or status == 415 and own_headers:
            return made
        self.responses[name] = made
        return {"$ref": f"#/components/responses/{name}"}

    def operation(self, found):
        named = [self.house.errors[e[1]] for e in (found.none, found.null, *found.errors) if e]
        known = {e.status for e in self.core_errors} or set(openapi_answers.STATUSES)
        come, stay = openapi_conventions.statuses(found)
        statuses = (openapi_answers.statuses(found, known) | come & known) - stay | {e.status for e in named}
        made = {"operationId": f"{found.room}_{found.name}", "tags": [found.room], "summary": found.about.rstrip(".")}
        needs = f"\n\nNeeds scope `{found.scope}`." if found.scope else ""
        made["description"] = ("\n".join(found.help) + needs).strip() or found.about
        ways = [] if not found.scope else [{"session": []}] if found.is_own else [{"apiKey": []}, {"session": []}]
        made["security"] = ways
        parameters = [describe(p) for p in found.params if p.place in ("path", "query")]
        parameters += openapi_answers.PAGING if found.is_list else []
        parameters += [openapi_answers.LAST_EVENT_ID] if found.is_stream else []
        reply = self.house.schema(found, found.reply_file)
        parameters += openapi_conventions.parameters(found, [name for name, *_ in reply.members] if reply else [])
        if parameters:
            made["parameters"] = parameters
        made.update(self.request_body(found))
        made["responses"] = {str(found.ok_status): self.reply(found)}
        if found.takes_fields():
            made["responses"]["304"] = openapi_conventions.not_modified(self.header)
        for status in sorted(statuses):
            made["responses"][str(status)] = self.problem(found, status, [e for e in named if e.status == status])
        if found.ok_status >= 300:  # linters and generated clients look for an answer that is no redirect and no known error
            made["responses"]["default"] = {"description": "What answers in our place, such as the edge (`/problems/edge/…`).",
                                            "content": openapi_answers.CONTENT}
        return made

    def document(self):
        paths = {}
        for found in sorted((e for e in self.house.endpoints if e.method), key=lambda e: (e.path, e.method)):
            paths.setdefault(found.path, {})[found.method.lower()] = self.operation(found)
        rooms = sorted({e.room for e in self.house.endpoints if e.method}, key=lambda room: (DAY.index(room) if room in DAY else len(DAY), room))
        components = {"securitySchemes": {
            "apiKey": {"type": "http", "scheme": "bearer", "description": KEY_ABOUT},
            "session": {"type": "apiKey", "in": "cookie", "name": "__Host-hansa", "description": SESSION_ABOUT}}}
        for key, value in (("schemas", self.schemas), ("responses", self.responses), ("headers", self.headers)):
            if value:
                components[key] = dict(sorted(value.items()))
        return {
            "openapi": "3.1.0",
            "info": {"title": TITLE, "version": VERSION, "description": ABOUT, "license": LICENSE},
            "servers": [{"url": "/", "description": "This installation."}],
            "tags": [{"name": room, "description": door_plate(self.house, room)} for room in rooms],
            "paths": paths,
            "components": components,
        }


def told(about, errors):
    """A description with the errors that may stand behind it."""
    return "\n".join([about, ""] + [f"- `{e.code}`: {e.title}" for e in errors]).strip()


def has_column(found, name):
    return any(re.search(rf"\bas {name}\b", v.sql) for v in found.variants)


def envelope(item):
    """What a list answers."""
    everybody = {"x-audience": ["public"]}
    cursor = {"type": ["string", "null"], **everybody, "description": "Give it as `cursor` to get the next items; null on the last page."}
    return {"type": "object", "required": ["data", "next_cursor"], "additionalProperties": False,
            "properties": {"data": {"type": "array", **everybody, "items": item}, "next_cursor": cursor}}


def describe(param):
    """A path or query parameter."""
    schema = {"type": "integer" if param.type == "integer" else "string"}
    if param.type == "integer":
        schema.update(minimum=param.minimum, maximum=param.maximum)
    elif param.type == "text":
        schema.update(minLength=param.minimum, maxLength=param.maximum)
    elif param.type == "choice":
        schema["enum"] = list(param.choices)
    else:
        schema["format"] = {"uuid": "uuid", "date": "date", "time": "date-time"}[param.type]
    if param.fallback is not None:
        schema["default"] = int(param.fallback) if param.type == "integer" else param.fallback
    return {"name": param.name, "in": param.place, "required": param.is_required, "description": param.about,
            "schema": schema}


def door_plate(house, room):
    """What the room is: the heading of its ROOM.md and what stands right below it."""
    path = house.homes[room] / "ROOM.md"
    lines = (read_text(path, house.report) or "").split("\n") if path.exists() else []
    heading = lines[0].partition(": ")[2] if lines else ""
    below = []
    for line in lines[1:]:
        if below and (not line.strip() or line.startswith("**")):
            break
        below += [re.sub(r"^\*\*Concept\*\*: ", "", line.strip())] if line.strip() else []
    told = [part[:1].upper() + part[1:].rstrip(".;:") + "." for part in (heading, " ".join(below)) if part]
    return " ".join(told) or f"The room {room}."


def document(house):
    """The text of openapi.json."""
    made = Writer(house).document()
    openapi_examples.add(made)
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
