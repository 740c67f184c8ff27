"""The parameter lines of an endpoint file: `name type [required] [= default] -- what it means`."""

import re
from dataclasses import dataclass

LINE = re.compile(
    r"""(?P<name>\S+)\s+(?P<type>[a-z]+)(?:\((?P<arg>[^)]*)\))?(?P<required>\s+required)?
        (?:\s+=\s+(?P<default>\S+))?\s+--\s+(?P<about>\S.*)""",
    re.X,
)
RESERVED = {"tenant", "actor", "request_id", "body", "limit", "after", "cursor", "reach", "context", "if_match", "fields",
            "expand"}
OIDS = {"uuid": 2950, "text": 25, "date": 1082, "time": 1184, "choice": 25, "bytea": 17, "jsonb": 3802}
INT4, INT8 = 23, 20
BUILT_IN_OIDS = {"tenant": 2950, "actor": 2950, "request_id": 25, "body": 3802, "limit": INT4, "after": 25,
                 "reach": 3802, "context": 3802, "if_match": 25, "job_id": 2950, "payload": 3802}
OF_WORK = ("job_id", "payload")  # known to jobs and internal statements; elsewhere a parameter may have such a name
INT64 = (-(2**63), 2**63 - 1)


@dataclass
class Parameter:
    name: str
    place: str  # path, query, value, expand
    type: str
    line: int
    about: str
    is_required: bool = False
    minimum: int = 0
    maximum: int = 0
    choices: tuple = ()
    fallback: str | None = None

    def oid(self):
        """The PostgreSQL type that the statement sees. Small integers are int4, as int4 goes wherever int8 does."""
        if self.type == "integer":
            return INT4 if -(2**31) <= self.minimum and self.maximum < 2**31 else INT8
        return OIDS[self.type]


EXPAND = re.compile(r"([a-z][a-z0-9_]*)\s+--\s+(\S.*)")


def parse_expand(text, line):
    """A line `expand: word -- what it adds`: the clauses of expand_word are in the statement when ?expand names the word."""
    match = EXPAND.fullmatch(text)
    if not match:
        return None, ["an expand line is `word -- what it adds`"]
    return Parameter("expand_" + match[1], "expand", "text", line, match[2].strip(), False, 1, 1), []


def parse(place, text, line):
    """Returns (Parameter or None, [faults])."""
    if place == "expand":
        return parse_expand(text, line)
    match = LINE.fullmatch(text)
    if not match:
        return None, [f"a {place} line is `name type [required] [= default] -- what it means`"]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", match["name"]):
        return None, [f"parameter name {match['name']} is not lower-case words joined by _"]
    if match["name"] in RESERVED:
        return None, [f"parameter name {match['name']} is taken by the house"]
    found = Parameter(match["name"], place, match["type"], line, match["about"].strip())
    found.is_required = place == "path" or bool(match["required"])
    faults = set_type(found, match["arg"])
    if match["required"] and place != "query":
        faults.append("only a query parameter may say required")
    if match["default"] is not None and not faults:
        faults = set_default(found, match["default"])
    if match["type"] in ("bytea", "jsonb") and place != "value":
        faults.append(f"type {match['type']} is for value lines only")
    return (None if faults else found), faults


def set_type(found, arg):
    if found.type == "choice":
        found.choices = tuple((arg or "").split("|"))
        good = all(re.fullmatch(r"[A-Za-z0-9_.-]+", c) for c in found.choices) and len(set(found.choices)) == len(found.choices)
        return [] if good else ["choice takes different words: choice(A|B)"]
    if found.type in ("text", "integer"):
        return set_range(found, arg)
    if found.type not in OIDS:
        return [f"unknown type {found.type}"]
    return [f"type {found.type} takes nothing in brackets"] if arg is not None else []


def set_range(found, arg):
    found.minimum, found.maximum = (0, INT64[1]) if found.type == "text" else INT64
    if arg is None:
        return [] if found.place == "value" else [f"{found.type} needs a range: {found.type}(1..64)"]
    match = re.fullmatch(r"(-?[0-9]+)\.\.(-?[0-9]+)", arg)
    if not match:
        return [f"range {arg} is not least..most"]
    least, most = int(match[1]), int(match[2])
    floor = found.minimum
    found.minimum, found.maximum = least, most
    return [] if floor <= least <= most <= INT64[1] else [f"range {arg} is empty or too wide"]


def set_default(found, text):
    if found.place != "query" or found.is_required:
        return ["only a query parameter that is not required has a default"]
    found.fallback = text
    if found.type == "integer":
        fits = re.fullmatch(r"-?[0-9]+", text) and found.minimum <= int(text) <= found.maximum
    elif found.type == "choice":
        fits = text in found.choices
    else:
        fits = found.type == "text" and found.minimum <= len(text) <= found.maximum
    return [] if fits else [f"default {text} does not fit {found.type}"]
