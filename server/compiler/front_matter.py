"""Reads one endpoint file: the `--!` lines that say all about it, then its SQL.

The grammar is closed: whatever this file does not know is a build error.
"""

import re
from dataclasses import dataclass, field

import parameter
from report import read_text
from sql_text import SqlText

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ONCE = ("who", "body", "ok", "none", "null", "list", "lane", "steps", "about", "access", "reach", "idempotency", "etag",
        "bytes", "stream", "tries", "every", "hands", "then")
MANY = ("query", "path", "value", "expand", "error", "help", "reply")
MERGE_PATCH = "application/merge-patch+json"
MEDIA = re.compile(r"[a-z]+/[a-z0-9.+-]+")
SEGMENT = re.compile(r"\{[a-z][a-z0-9_]*\}|[A-Za-z0-9._~-]+")
WORD = re.compile(r"[a-z][a-z0-9_]*")
HOUSE_STEPS = ("unit", "reply", "stream")
TRIES = 8
PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
NAME_MAX = 59  # PostgreSQL cuts the name of a prepared statement at 63 bytes; "+31" must fit too


@dataclass
class Endpoint:
    room: str
    name: str
    file: object  # pathlib.Path
    method: str | None = None
    path: str | None = None
    scope: str | None = None
    params: list = field(default_factory=list)
    body_file: str | None = None
    body_media: str | None = None
    body_also: list = field(default_factory=list)  # further media types of a body that is not JSON
    body_max: int = 0  # bytes; 0 = the setting max_body_bytes
    reply_file: str | None = None
    reply_media: list = field(default_factory=list)
    ok_status: int = 200
    none: tuple | None = None  # (status, code)
    null: tuple | None = None
    errors: list = field(default_factory=list)
    is_list: bool = False
    is_stream: bool = False  # answers with Server-Sent Events until somebody ends it
    lane: str = "fast"
    steps: list = field(default_factory=list)
    about: str = ""
    help: list = field(default_factory=list)
    is_read_only: bool = False
    is_tenant_wide: bool = False
    is_operator: bool = False
    is_job: bool = False
    tries: int = TRIES  # of a job: how often it is taken before it is dead
    every_s: int = 0  # of a job: seconds of its schedule; 0 = it has none
    hands: str | None = None  # of a job: the internal statement that runs under the tenant it hands to
    then: str | None = None  # of a job: the internal statement that runs with the job's end
    is_own: bool = False  # a person's own affairs: needs a session
    idempotency: str = "none"  # none, accepted, required, own (the body carries its own key), secret (the answer is not kept)
    etag: str = "none"  # of changes: none, accepted, required
    sql: SqlText | None = None
    variants: list = field(default_factory=list)
    lines: dict = field(default_factory=dict)  # key -> line of its first use

    def full_name(self):
        return f"{self.room}/{self.name}"

    def own_steps(self):
        return [s for s in self.steps if s not in HOUSE_STEPS]

    def takes_fields(self):
        """A GET that step reply answers with JSON: members can be chosen."""
        return self.method == "GET" and bool(self.scope and self.reply_file) and "reply" in self.steps

    def line(self, key):
        return self.lines.get(key, 1)


class Parser:
    def __init__(self, path, room, report):
        self.path = path
        self.report = report
        self.found = Endpoint(room, path.stem, path)
        self.line = 1

    def fail(self, text, line=None):
        self.report.add(self.path, line or self.line, text)

    def parse(self):
        text = read_text(self.path, self.report)
        if text is None:
            return None
        if not WORD.fullmatch(self.found.name) or len(self.found.full_name()) > NAME_MAX:
            self.fail(f"{self.found.full_name()} is not lower-case words joined by _, at most {NAME_MAX} bytes")
        lines = list(enumerate(text.split("\n"), 1))
        sql = [(n, t) for n, t in lines if not t.startswith("--!")]
        first_sql = next((n for n, t in sql if t.strip()), len(lines) + 1)
        front = [(n, t[3:].strip()) for n, t in lines if t.startswith("--!")]
        for number, line in front:
            self.line = number
            if number > first_sql:
                self.fail("a --! line below the SQL")
            elif number == 1:
                self.first_line(line)
            else:
                self.key_line(line)
        if not front or front[0][0] != 1:
            self.fail("the first line is `--! METHOD PATH`, `--! internal` or `--! job`", 1)
        self.found.sql = SqlText(self.path, [(n, t) for n, t in sql if n >= first_sql], self.report)
        self.finish()
        return self.found

    def first_line(self, line):
        if line in ("internal", "job"):
            self.found.is_job = line == "job"
            return
        method, _, path = line.partition(" ")
        path = path.strip()
        segments = path.split("/")
        if method not in METHODS or segments[0] or len(segments) < 2 or not all(map(SEGMENT.fullmatch, segments[1:])):
            self.fail("the first line is `--! METHOD PATH`, `--! internal` or `--! job`")
            return
        names = re.findall(r"\{(\w+)\}", path)
        if len(set(names)) < len(names):
            self.fail("a path parameter stands twice in the path")
        self.found.method, self.found.path = method, path

    def key_line(self, line):
        match = re.fullmatch(r"([a-z]+):\s*(.*)", line)
        if not match or match[1] not in ONCE + MANY:
            self.fail(f"unknown key in: {line}")
            return
        key, text = match[1], match[2].strip()
        if key in ONCE and key in self.found.lines:
            self.fail(f"{key}: stands here twice")
        self.found.lines.setdefault(key, self.line)
        if key in ("query", "path", "value", "expand"):
            self.parameter_line(key, text)
            return
        if key not in ("about", "help"):
            text = re.split(r"\s+--\s", text, maxsplit=1)[0].strip()
        if not text and key != "help":
            self.fail(f"{key}: says nothing")
            return
        getattr(self, f"key_{key}")(text)

    def parameter_line(self, place, text):
        param, faults = parameter.parse(place, text, self.line)
        for fault in faults:
            self.fail(fault)
        if param is None:
            return
        if any(p.name == param.name for p in self.found.params):
            self.fail(f"parameter {param.name} is declared twice")
        self.found.params.append(param)

    def key_who(self, text):
        if text == "public":
            return
        if not re.fullmatch(r"[a-z][a-z0-9_]*:[a-z]+", text):
            self.fail("who: is `room:verb` or `public`")
            return
        self.found.scope = text

    def key_body(self, text):
        kind, _, file = text.partition(" ")
        if kind == "merge-patch" and file.strip().endswith(".json"):
            self.found.body_file, self.found.body_media = file.strip(), MERGE_PATCH
        elif text.endswith(".json"):
            self.found.body_file, self.found.body_media = text, "application/json"
        elif all(map(MEDIA.fullmatch, medias := re.split(r",\s*", text))) and len(set(medias)) == len(medias):
            self.found.body_media, *self.found.body_also = medias
        else:
            self.fail("body: is a schema file, `merge-patch` and a schema file, or media types with commas between them")

    def key_bytes(self, text):
        if not re.fullmatch(r"[1-9][0-9]{3,7}", text):
            self.fail("bytes: is the largest body, from 1000 to 99999999")
            return
        self.found.body_max = int(text)

    def key_stream(self, text):
        if text != "yes":
            self.fail("stream: can only be yes")
        self.found.is_stream = True

    def key_reply(self, text):
        if text.endswith(".json") and not self.found.reply_file:
            self.found.reply_file = text
        elif MEDIA.fullmatch(text) and text not in self.found.reply_media:
            self.found.reply_media.append(text)
        else:
            self.fail("reply: is one schema file, and media types each once")

    def key_ok(self, text):
        if text not in ("200", "201", "202", "204", "302"):
            self.fail("ok: is 200, 201, 202, 204 or 302")
            return
        self.found.ok_status = int(text)

    def error_reference(self, text):
        match = re.fullmatch(r"([45][0-9]{2})\s+([a-z0-9_]+/[a-z0-9_]+)", text)
        if not match:
            self.fail("an error is `404 room/name`")
            return None
        return int(match[1]), match[2], self.line

    def key_none(self, text):
        self.found.none = self.error_reference(text)

    def key_null(self, text):
        self.found.null = self.error_reference(text)

    def key_error(self, text):
        error = self.error_reference(text)
        if error and any(e[1] == error[1] for e in self.found.errors):
            self.fail(f"error {error[1]} stands here twice")
        if error:
            self.found.errors.append(error)

    def key_list(self, text):
        if text != "yes":
            self.fail("list: can only be yes")
        self.found.is_list = True

    def key_lane(self, text):
        if text not in ("fast", "slow") and not (text == "any" and self.found.method is None):
            self.fail("lane: is fast or slow; an internal statement may say any")
        self.found.lane = text

    def key_access(self, text):
        if text not in ("read", "write"):
            self.fail("access: is read or write")
        self.found.is_read_only = text == "read"

    def key_reach(self, text):
        if text not in ("tenant", "operator", "own"):
            self.fail("reach: is tenant, operator or own; whoever reaches less is told by :reach in the statement")
        self.found.is_tenant_wide = text == "tenant"
        self.found.is_operator = text == "operator"
        self.found.is_own = text == "own"

    def key_idempotency(self, text):
        if text not in ("accepted", "required", "own", "none-stored"):
            self.fail("idempotency: is accepted, required, own (the body carries its own key) or none-stored (the answer tells a secret)")
        self.found.idempotency = "secret" if text == "none-stored" else text

    def key_etag(self, text):
        if text not in ("accepted", "required"):
            self.fail("etag: is accepted or required")
        self.found.etag = text

    def key_tries(self, text):
        if not re.fullmatch(r"[1-9][0-9]?", text):
            self.fail("tries: is a number from 1 to 99")
            return
        self.found.tries = int(text)

    def key_every(self, text):
        match = re.fullmatch(r"([1-9][0-9]{0,3}) (second|minute|hour|day)s?", text)
        if not match:
            self.fail("every: is a number of seconds, minutes, hours or days: `24 hours`")
            return
        self.found.every_s = int(match[1]) * PERIODS[match[2]]

    def statement_name(self, key, text):
        if not re.fullmatch(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*", text):
            self.fail(f"{key}: names an internal statement: room/name")
            return None
        return text

    def key_hands(self, text):
        self.found.hands = self.statement_name("hands", text)

    def key_then(self, text):
        self.found.then = self.statement_name("then", text)

    def key_steps(self, text):
        self.found.steps = [s.strip() for s in text.split(",")]
        if not all(map(WORD.fullmatch, self.found.steps)) or len(set(self.found.steps)) < len(self.found.steps):
            self.fail("steps: is a list of different words with commas between them")
            self.found.steps = []

    def key_about(self, text):
        self.found.about = text
        if not text.endswith("."):
            self.fail("about: is a sentence and ends with a full stop")

    def key_help(self, text):
        self.found.help.append(text)

    def finish(self):
        found = self.found
        if found.method == "GET":
            if "access" in found.lines and not found.is_read_only:
                self.fail("a GET cannot write", found.line("access"))
            found.is_read_only = True
        if found.hands:  # it may run again when what follows fails, so it changes nothing
            found.is_read_only = True
        if found.method == "POST" and found.scope and "idempotency" not in found.lines:
            found.idempotency = "own" if found.is_read_only else "accepted"
        if found.is_stream and "steps" not in found.lines:
            found.steps = ["stream"]
        if not found.steps and "steps" not in found.lines:
            found.steps = ["unit", "reply"] if found.method else ["unit"]


def parse(path, room, report):
    """The endpoint that a file describes; faults go to `report`. None when the file cannot be read."""
    return Parser(path, room, report).parse()
