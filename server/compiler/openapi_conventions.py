"""What the conventions of every endpoint add to the API reference: header fields, ?fields and ?expand, conditions, rates.

One place says for which endpoint each holds; the server's own decision stands in the same columns of the C table.
Standards: RFC 9110 section 13, RFC 6585, draft-ietf-httpapi-idempotency-key-header, draft-ietf-httpapi-ratelimit-headers.
"""

KEPT = ("accepted", "required", "secret")  # kinds of idempotency under which the answer or its giving is kept

HEADERS = {
    "Request-Id": {"description": "Name it when you ask us about this answer.", "schema": {"type": "string"},
                   "example": "5f0c9a1b2d3e4f5061728394a5b6c7d8"},
    "ETag": {"description": "Strong tag of what is shown: it changes with every byte of it. Of a thing that can be changed it "
                            "begins with `r` and the version, which `If-Match` is held against.",
             "schema": {"type": "string"}, "example": "\"r17-9f86d081884c7d659a2feaa0\""},
    "Idempotency-Replayed": {"description": "`true` when this is the answer of an earlier request under the same key.",
                             "schema": {"type": "string", "enum": ["true"]}},
    "RateLimit-Policy": {"description": "Requests (`q`) within so many seconds (`w`), of this key or person and of the tenant.",
                         "schema": {"type": "string"}, "example": "\"key\";q=60000;w=60, \"tenant\";q=300000;w=60"},
    "RateLimit": {"description": "What is left (`r`) and in how many seconds something of it comes back (`t`).",
                  "schema": {"type": "string"}, "example": "\"key\";r=59999;t=60, \"tenant\";r=299999;t=60"},
    "Accept-Patch": {"description": "The media type that is taken.", "schema": {"type": "string"}},
    "Accept-Post": {"description": "The media type that is taken.", "schema": {"type": "string"}},
}
RATES = ("RateLimit-Policy", "RateLimit")

# core errors that only some endpoints may answer: code -> does this one?
ONLY = {
    "core/idempotency_key_missing": lambda e: e.idempotency == "required",
    "core/idempotency_mismatch": lambda e: e.idempotency in KEPT,
    "core/idempotency_running": lambda e: e.idempotency in KEPT,
    "core/idempotency_secret": lambda e: e.idempotency == "secret",
    "core/precondition_failed": lambda e: e.takes_fields() or e.etag != "none",
    "core/precondition_required": lambda e: e.etag == "required",
    "core/quota_exceeded": lambda e: bool(e.scope),
    "core/too_many_streams": lambda e: e.is_stream,
}
# Of them, those beside which a status has other errors too: such an answer is told at the endpoint and not shared.
APART = {code for code in ONLY if "idempotency" in code or "streams" in code}


def may_answer(found, code):
    return code not in ONLY or ONLY[code](found)


def statuses(found):
    """(statuses that come with the conventions, those that do not come without them)."""
    come = {status for code, status in (("core/idempotency_mismatch", 422), ("core/idempotency_running", 409),
                                        ("core/precondition_failed", 412), ("core/precondition_required", 428))
            if may_answer(found, code)}
    return come, set() if found.scope else {429}


def reply_headers(found, has_version):
    """Names of the header fields of a good answer."""
    names = ["Request-Id"] + list(RATES if found.scope else ())
    names += ["ETag"] if found.takes_fields() or has_version else []
    return names + (["Idempotency-Replayed"] if found.idempotency in ("accepted", "required") else [])


def problem_headers(found, status):
    if status == 429:
        return RATES
    if status == 412:
        return ("ETag",)
    return ("Accept-" + found.method.capitalize(),) if status == 415 and found.method in ("POST", "PATCH") else ()


def not_modified(header):
    """The 304 of a GET; `header` gives the $ref of a header field."""
    return {"description": "It is as If-None-Match says: nothing new.", "headers": {name: header(name) for name in ("ETag", *RATES)}}


def parameters(found, members):
    """Parameters that come with the conventions. `members`: names of the reply's members, for ?fields."""
    made = []
    if found.takes_fields():
        made.append(query("fields", "Only these members of the answer" + (", in each item" if found.is_list else "") +
                          ", with commas between them.", members, members[:1]))
        made.append(field("If-None-Match", "Tags of what you have; if one is still right, the answer is 304 without a body.", False,
                          "\"r17-9f86d081884c7d659a2feaa0\""))
    words = {p.name.removeprefix("expand_"): p.about for p in found.params if p.place == "expand"}
    if words:
        about = "".join(f"\n- `{word}`: {why}" for word, why in words.items())
        made.append(query("expand", "What else is wanted, with commas between the words." + about, list(words), list(words)[:1]))
    if found.idempotency != "none":
        about = {"own": "Taken, but not needed: sending this again does no harm.",
                 "secret": "A key of your own for this request, such as a UUID. The answer tells a secret and is not kept: the same request under "
                           "the same key is 409, and nothing is done twice."}.get(
            found.idempotency, "A key of your own for this request, such as a UUID. Sent again within 24 hours under the same key, it has no second "
                               "effect and gets the first answer; another request under the key is 422, one while the first is at work 409.")
        made.append({**field("Idempotency-Key", about, found.idempotency == "required", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
                     "schema": {"type": "string", "minLength": 1, "maxLength": 255}})
    if found.etag != "none":
        made.append(field("If-Match", "The ETag of what you saw, or `*` for whatever is there.", found.etag == "required",
                          "\"r17-9f86d081884c7d659a2feaa0\""))
    return made


def field(name, about, is_required, example):
    return {"name": name, "in": "header", "required": is_required, "description": about, "schema": {"type": "string"}, "example": example}


def query(name, about, words, example):
    return {"name": name, "in": "query", "required": False, "description": about, "style": "form", "explode": False,
            "schema": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(words)}}, "example": list(example)}
