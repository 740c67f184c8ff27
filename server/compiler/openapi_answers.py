"""The answers and parameters that all endpoints share: problems, headers, paging."""

import json

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference",
                 "description": "Stable name of the kind of error: `/problems/` and its code."},
        "title": {"type": "string", "description": "The same for every error of this type."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What went wrong this time."},
        "instance": {"type": "string", "format": "uri-reference"},
        "violated-policies": {"type": "array", "items": {"type": "string"},
                              "description": "Of a 429: the policies of RateLimit-Policy that were exceeded."},
        "steps": {"type": "array", "items": {"type": "string"},
                  "description": "Of a 409 about a state: what is possible now instead, as the last word of the address or as the "
                                 "value of the member that was sent; empty: nothing. Absent where nothing of the kind is known."},
        "request_id": {"type": "string", "description": "Name it when you ask us about this answer."},
        "errors": {
            "type": "array",
            "description": "Each fault that was found in the request.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the request body."},
                    "parameter": {"type": "string", "description": "Or the path or query parameter."},
                    "code": {"type": "string", "description": "Stable word such as `required` or `too_long`."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

HEADERS = {
    "Location": {"description": "Address of what was made.", "schema": {"type": "string", "format": "uri-reference"}},
    "ETag": {"description": "Version of what is shown.", "schema": {"type": "string"}},
    "Link": {"description": "`rel=\"next\"`: address of the next page (RFC 8288); absent on the last.",
             "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "How to prove who you are.", "schema": {"type": "string"}},
}

# status: (component, description, headers)
STATUSES = {
    400: ("BadRequest", "The request cannot be read: JSON syntax, a header, a cursor or a parameter.", []),
    401: ("Unauthorized", "There is no API key, or it is not valid.", ["WWW-Authenticate"]),
    403: ("Forbidden", "The API key lacks the scope.", []),
    404: ("NotFound", "There is no such thing in this tenant.", []),
    405: ("MethodNotAllowed", "This address does not know the method.", []),
    406: ("NotAcceptable", "No representation fits the Accept header.", []),
    409: ("Conflict", "The present state forbids it.", []),
    410: ("Gone", "It existed and does no more.", []),
    412: ("PreconditionFailed", "It was changed by someone else.", []),
    413: ("ContentTooLarge", "The body is too large.", []),
    414: ("UriTooLong", "The address is longer than 4,096 bytes.", []),
    415: ("UnsupportedMediaType", "The body has a media type that this address does not take.", []),
    422: ("UnprocessableContent", "The body can be read but is wrong; `errors` points at each fault.", []),
    428: ("PreconditionRequired", "An If-Match header is needed.", []),
    429: ("TooManyRequests", "Too much at once.", ["Retry-After"]),
    431: ("FieldsTooLarge", "More than 100 header fields, or more than 16 KiB of them.", []),
    500: ("InternalServerError", "A fault of ours.", []),
    502: ("BadGateway", "Another host that this depends on did not answer as it should.", []),
    503: ("ServiceUnavailable", "Not able to answer now.", ["Retry-After"]),
    504: ("GatewayTimeout", "No answer in time.", []),
}

PAGING = [
    {"name": "limit", "in": "query", "required": False, "description": "How many items a page holds at most.",
     "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
    {"name": "cursor", "in": "query", "required": False, "description": "`next_cursor` of the page before.",
     "schema": {"type": "string", "minLength": 1, "maxLength": 1024}},
]


LAST_EVENT_ID = {
    "name": "Last-Event-ID", "in": "header", "required": False,
    "description": "`id` of the last event that you have: the stream goes on behind it and leaves nothing out. Browsers send it by themselves.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 512}}


def stream(data, example):
    """Server-Sent Events: lines of text, whose `data` is JSON."""
    lines = "Server-Sent Events: `id`, `event` and `data`, one JSON document each; lines beginning with a colon keep the connection open."
    made = {"schema": {"type": "string", "description": lines, "contentMediaType": "application/json", "contentSchema": data}}
    if example:
        made["example"] = f"id: Zm9v\nevent: tracking\ndata: {json.dumps(example['example'], ensure_ascii=False)}\n\n"
    return made


def statuses(found, known):
    """The error statuses that the house itself may answer for an endpoint. `known`: those of the core's errors.def."""
    may = {400, 405, 413, 414, 429, 431, 500, 503}
    if found.reply_file or found.reply_media:
        may.add(406)
    if found.scope:
        may |= {401, 403}
    if found.body_media:
        may |= {415, 422}
    return may & known
