"""Reads the tables that C and the compiler share: a room's errors.def and include/hansa/formats.def."""

import re
from dataclasses import dataclass

from report import read_text

ENTRY = re.compile(
    r"""(?P<blank>\s+|/\*.*?\*/|//[^\n]*)
      | (?P<macro>HANSA_[A-Z]+)\s*\(\s*(?P<args>(?:"(?:[^"\\\n]|\\.)*"|[^()"])*)\)""",
    re.S | re.X,
)
ARGUMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_]+))\s*(,|$)', re.S)


@dataclass
class Error:
    code: str  # "orders/not_found"
    status: int
    title: str
    constraint: str | None
    field: str | None
    index: int = -1

    def c_name(self):
        return "HANSA_ERROR_" + re.sub(r"[^A-Z0-9]", "_", self.code.upper())


@dataclass
class Format:
    c_name: str
    name: str
    max_length: int  # code points; 0: the schema file must say it
    detail: str


def entries(path, text, report):
    """Yields (line, macro, [(text, is_string)]) for each macro call of a .def file."""
    at = 0
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        match = ENTRY.match(text, at)
        if not match:
            report.add(path, line, "HANSA_…(…) entry expected")
            return
        at = match.end()
        if match["macro"]:
            yield line, match["macro"], list(arguments(match["args"]))


def arguments(text):
    at = 0
    while at < len(text):
        match = ARGUMENT.match(text, at)
        if not match:
            yield text[at:], None
            return
        at = match.end()
        if match[1] is not None:
            yield re.sub(r"\\(.)", r"\1", match[1]), True
        else:
            yield match[2], False


SHAPES = {
    "HANSA_ERROR": [False, False, True],
    "HANSA_CONSTRAINT": [False, False, True, True, True],
    "HANSA_FORMAT": [False, True, False, True],
}


def read_errors(path, room, report):
    """The errors of one room in the order of its file."""
    found = []
    text = read_text(path, report)
    for line, macro, args in entries(path, text or "", report):
        if macro not in ("HANSA_ERROR", "HANSA_CONSTRAINT") or [a[1] for a in args] != SHAPES[macro]:
            report.add(path, line, 'HANSA_ERROR(name, status, "title") or '
                       'HANSA_CONSTRAINT(name, status, "title", "constraint", "/field") expected')
            continue
        name, status, title = (a[0] for a in args[:3])
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            report.add(path, line, f"error name {name} is not lower-case words joined by _")
        if not re.fullmatch(r"[45][0-9][0-9]", status):
            report.add(path, line, f"{status} is not an HTTP error status")
            continue
        if any(e.code == f"{room}/{name}" for e in found):
            report.add(path, line, f"error {room}/{name} is defined twice")
        constraint = args[3][0] if macro == "HANSA_CONSTRAINT" else None
        field = (args[4][0] or None) if macro == "HANSA_CONSTRAINT" else None
        if constraint and any(e.constraint == constraint for e in found):
            report.add(path, line, f"constraint {constraint} is named twice")
        if field and not field.startswith("/"):
            report.add(path, line, f"field {field} is not a JSON Pointer")
        found.append(Error(f"{room}/{name}", int(status), title, constraint, field))
    return found


def read_formats(path, report):
    """The string formats by their JSON name."""
    found = {}
    text = read_text(path, report)
    for line, macro, args in entries(path, text or "", report):
        if macro != "HANSA_FORMAT" or [a[1] for a in args] != SHAPES[macro] or not args[2][0].isdigit():
            report.add(path, line, 'HANSA_FORMAT(NAME, "json name", longest, "detail") expected')
            continue
        form = Format("HANSA_FORMAT_" + args[0][0], args[1][0], int(args[2][0]), args[3][0])
        if form.name in found:
            report.add(path, line, f"format {form.name} is defined twice")
        found[form.name] = form
    return found
