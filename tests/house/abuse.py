"""Bad bodies, made from a published schema: promise I1 (JSON itself), Z2 (members that are not ours to set), I4 (text), I8.

    for name, body, pointer in abuse.json_itself(member): …    raw bytes; pointer None = none is asked for
    for name, value, pointer in abuse.members(document, schema): …   values; the answer must name exactly this pointer
"""
import copy
import json

READ_ONLY = ("tenant_id", "role", "id", "created_at", "is_admin")
WRONG = {"null": None, "boolean": True, "integer": 7, "string": "x", "array": [], "object": {}}


def json_itself(member):
    """Bodies that are no JSON, or JSON that nobody should send. `member` is a member that the endpoint knows."""
    name = json.dumps(member)

    def around(value):
        return ("{%s:%s}" % (name, value)).encode("utf-8", "surrogatepass")
    deep = 10000
    yield "empty", b"", None
    yield "blanks", b"   ", None
    yield "cut off", b'{"a', None
    yield "not closed", around("1")[:-1], None
    yield "text behind it", b"{} x", None
    yield "two documents", b"{}{}", None
    yield "two documents in two lines", b"{}\n{}", None
    yield "a byte order mark alone", b"\xef\xbb\xbf", None
    yield "two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf{}", None
    yield "UTF-16", "{}".encode("utf-16"), None
    yield "a list", b"[]", ""
    yield "a list of good ones", b"[{}]", ""
    yield "a text", b'"x"', ""
    yield "a number", b"1", ""
    yield "null", b"null", ""
    yield "a member twice", ("{%s:1,%s:1}" % (name, name)).encode(), "/" + member
    yield "a member twice, once escaped", ('{%s:1,"\\u%04x%s":1}' % (name, ord(member[0]), member[1:])).encode(), "/" + member
    yield "an inner member twice", around('{"a":1,"a":2}'), "/%s/a" % member
    yield "10,000 lists deep", around("[" * deep + "]" * deep), None
    yield "10,000 objects deep", around('{"a":' * deep + "1" + "}" * deep), None
    yield "10,000 lists, never closed", around("[" * deep), None
    yield "an escaped NUL", around('"a\\u0000b"'), "/" + member
    yield "a raw NUL", around('"a\0b"'), None
    yield "a NUL in a name", b'{"a\\u0000b":1}', None
    yield "a raw line feed in a text", around('"a\nb"'), None
    yield "half a surrogate pair", around('"\\ud800"'), "/" + member
    yield "the other half", around('"\\udc00"'), "/" + member
    yield "halves in the wrong order", around('"\\udc00\\ud800"'), "/" + member
    yield "bytes that are no UTF-8", b"{" + name.encode() + b':"\xff"}', None
    yield "an overlong slash", b"{" + name.encode() + b':"\xc0\xaf"}', None
    yield "a surrogate in UTF-8", b"{" + name.encode() + b':"\xed\xa0\x80"}', None
    yield "2^63", around("9223372036854775808"), "/" + member
    yield "-2^63-1", around("-9223372036854775809"), "/" + member
    yield "1e400", around("1e400"), "/" + member
    yield "1e-400", around("1e-400"), "/" + member
    yield "a number of 5,000 digits", around("1" * 5000), "/" + member
    yield "a leading zero", around("01"), None
    yield "a plus", around("+1"), None
    yield "a bare point", around("1."), None
    yield "NaN", around("NaN"), None
    yield "Infinity", around("-Infinity"), None
    yield "hexadecimal", around("0x10"), None
    yield "single quotes", b"{'a':1}", None
    yield "a comment", b"{/* a */}", None
    yield "a trailing comma", around("1")[:-1] + b",}", None
    yield "a name of 100,000 characters", ('{"%s":1}' % ("n" * 100000)).encode(), None
    yield "300,000 values", around("[" + "1," * 300000 + "1]"), None
    yield "more than a megabyte", around('"' + "x" * 1100000 + '"'), None


def full(document, schema):
    """A value with every member of the schema, from its examples."""
    schema = document.resolve(schema)
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    if "object" in types and "properties" in schema:
        return {name: full(document, inner) for name, inner in schema["properties"].items()}
    if "array" in types:
        return [full(document, schema["items"]) for _ in range(max(1, schema.get("minItems", 1)))]
    if schema.get("examples"):
        return copy.deepcopy(schema["examples"][0])
    if schema.get("enum"):
        return schema["enum"][0]
    return {"string": "x", "integer": schema.get("minimum", 1), "number": 1, "boolean": True}[[t for t in types if t != "null"][0]]


def members(document, schema):
    """(name, whole body, pointer of its one fault)."""
    whole = full(document, schema)
    for pointer, inner in walk(document, schema, ""):
        for name, value in faults_of(document, inner):
            yield "%s: %s" % (pointer or "/", name), put(whole, pointer, value), pointer
        if "properties" not in inner:
            continue
        here = get(whole, pointer)
        for name in inner.get("required", []):
            yield "without %s/%s" % (pointer, name), put(whole, pointer, {k: v for k, v in here.items() if k != name}), "%s/%s" % (pointer, name)
        for name in READ_ONLY + ("a/b~c", "surprise\u202e", "__proto__"):
            if name not in inner["properties"]:
                step = name.replace("~", "~0").replace("/", "~1")
                yield "%s with %s" % (pointer or "/", name), put(whole, pointer, {**here, name: "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}), \
                    "%s/%s" % (pointer, step)


def walk(document, schema, pointer):
    schema = document.resolve(schema)
    yield pointer, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(document, inner, "%s/%s" % (pointer, name))
    if "items" in schema:
        yield from walk(document, schema["items"], pointer + "/0")


def faults_of(document, schema):
    """Values with one fault for this schema alone."""
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    for kind, value in WRONG.items():
        if kind not in types and not (kind == "integer" and "number" in types):
            yield "%s instead of %s" % (kind, "/".join(types)), value
    if "string" in types:
        if "enum" in schema:
            yield "a value of nobody", "NOPE"
            yield "in small letters", next(v for v in schema["enum"] if v).lower()
        if schema.get("minLength", 0) > 0:
            yield "empty", ""
        longest = schema.get("maxLength", 64)
        yield "too long", "A" * (longest + 1)
        yield "too long in Chinese", "\u8d27" * (longest + 1)
        # numbers lose what nobody sees, and any blank in them becomes a plain one (decision 0044)
        is_number = schema.get("format") in ("reference-number", "asked-number", "phone")
        for name, text in (*([] if is_number else [("a bidi control", "a\u202eb"), ("a bidi mark", "a\u200fb"), ("an isolate", "a\u2066b"), ("a C1 control", "a\u0085b")]),
                           ("a bell", "a\u0007b"), *([] if is_number or schema.get("format") == "multiline" else [("a line feed", "a\nb")]),
                           ("too many combining characters", "e" + "\u0301\u0316" * 16)):
            yield name, text
        if schema.get("minLength", 0) > 0 and schema.get("format", "line") != "secret":
            yield "blanks", "\u00a0\u3000\u200b "
    if "integer" in types or "number" in types:
        if "minimum" in schema:
            yield "too small", schema["minimum"] - 1
        if "maximum" in schema:
            yield "too large", schema["maximum"] + 1
    if "integer" in types:
        yield "a fraction", 1.5
    if "array" in types:
        one = full(document, schema["items"])
        if "maxItems" in schema:
            yield "too many items", [one] * (schema["maxItems"] + 1)
        if schema.get("minItems", 0) > 0:
            yield "too few items", [one] * (schema["minItems"] - 1)


def get(value, pointer):
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def put(whole, pointer, value):
    """A copy with another value at the pointer."""
    if not pointer:
        return value
    whole = copy.deepcopy(whole)
    steps = pointer.split("/")[1:]
    at = get(whole, "".join("/" + s for s in steps[:-1]))
    at[int(steps[-1]) if isinstance(at, list) else steps[-1]] = value
    return whole


def bad_values(schema):
    """Raw, percent-encoded values that do not fit a query or path parameter."""
    kind = schema.get("type")
    values = ["%00", "a%00b", "%zz", "%2", "%ff", "%c0%af", "%ed%a0%80"]
    if schema.get("format") or schema.get("enum") or kind == "integer":  # texts lose these, or are put in normal form (decision 0044)
        values += ["%0a", "a%e2%80%aeb", "e%cc%81"]
    if schema.get("enum"):
        values += ["NOPE", schema["enum"][0].swapcase(), ""]  # of either case: the keys of an order are small letters
    elif kind == "integer":
        values += ["", "x", "1e1", "0x1", "%201", "1%20", "1.0", "99999999999999999999", str(schema["minimum"] - 1), str(schema["maximum"] + 1)]
    elif schema.get("format") == "uuid":
        values += ["", "x", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b0", "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
                   "%7B0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b%7D", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g"]
    elif schema.get("format") == "date":
        values += ["", "x", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00:00Z", "0000-01-01", "infinity", "today"]
    else:
        values += ["x" * (schema.get("maxLength", 64) + 1)] + ([""] if schema.get("minLength", 0) > 0 else [])
    return values
