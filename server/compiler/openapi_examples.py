"""Gives every request and every answer in the OpenAPI document an example, made of what the schemas say.

An example that a schema file gives as a whole wins; otherwise it is put together from the examples of the members. Requests
show the members that must be there, answers show all.
"""

MEDIA = {
    "text/html": "<!doctype html><html lang=\"en\"><title>Hansa</title>…</html>",
    "text/css": "body { margin: 0 }",
    "text/javascript": "\"use strict\";",
    "application/edi-x12": (
        "ISA*00*          *00*          *02*QZLT           *ZZ*HANSA          *260310*1042*U*00401*000000101*0*P*>~"
        "GS*QM*QZLT*HANSA*20260310*1042*101*X*004010~ST*214*0001~B10*7731004*ASN-32782*QZLT~LX*1~AT7*X3*NS***20260310*1042*LT~"
        "MS1*CHICAGO*IL*US~SE*6*0001~GE*1*101~IEA*1*000000101~"),
}
BY_FORMAT = {
    "uuid": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "date": "2026-03-10", "date-time": "2026-03-10T16:42:00Z",
    "iana-zone": "America/Chicago", "decimal": "12.50", "country": "US", "currency": "USD", "unlocode": "USCHI", "scac": "QZLT",
    "sscc": "340123450000000018", "container": "CSQU3054383", "slug": "north-dock", "code": "READY", "uri-reference": "/v1/shipments",
}
BY_NAME = {"number": "ASN-32782", "role": "dispatcher", "asset": "page.css", "tenant_slug": "north-dock", "idp_slug": "staff",
           "token": "0Hq3vT5cWm8LxYzRk2NbJd_7fGsPa4UeKoiQwC1tM9"}
DEPTH_MAX = 12
REQUEST_ID = "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"


def add(document):
    """Adds examples to the whole document, in place."""
    schemas = document["components"].get("schemas", {})
    for item in document["paths"].values():
        for operation in item.values():
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                put(content, media, schemas, is_request=True)
            for status, answer in operation["responses"].items():
                if status < "400" and status != "default":
                    for media, content in answer.get("content", {}).items():
                        put(content, media, schemas, is_request=False)
            for parameter in operation.get("parameters", []):
                if "$ref" not in parameter and parameter["in"] == "path":
                    parameter.setdefault("example", BY_NAME.get(parameter["name"]) or value_of(parameter["schema"], schemas, False))


def put(content, media, schemas, is_request):
    if "example" in content or "examples" in content:
        return
    if media in MEDIA:
        content["example"] = MEDIA[media]
    elif media.endswith("json"):
        content["example"] = value_of(content["schema"], schemas, is_request)


def value_of(schema, schemas, is_request, depth=0):
    """A value that fits the schema."""
    target = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else {}
    given = schema.get("examples") or target.get("examples")
    if given:
        return given[0]
    if "$ref" in schema:
        return value_of(target, schemas, is_request, depth + 1)
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    kind = next((k for k in kinds if k != "null"), "null")
    if depth > DEPTH_MAX:
        return None if "null" in kinds else {}
    if kind == "object":
        return members_of(schema, schemas, is_request, depth)
    if kind == "array":
        return [value_of(schema["items"], schemas, is_request, depth + 1)] * max(1, schema.get("minItems", 1)) if "items" in schema else []
    if kind == "string":
        return text_of(schema)
    return {"boolean": True, "null": None}.get(kind, schema.get("default", schema.get("minimum", 1)))


def members_of(schema, schemas, is_request, depth):
    members = schema.get("properties", {})
    wanted = schema.get("required", []) if is_request else list(members)
    made = {name: value_of(members[name], schemas, is_request, depth + 1) for name in wanted or members}
    if "next_cursor" in made and "data" in made:
        made["next_cursor"] = None
    return made


def text_of(schema):
    if "enum" in schema:
        return schema["enum"][0]
    text = schema.get("default", BY_FORMAT.get(schema.get("format"), "text"))
    return text.ljust(schema.get("minLength", 0), "0")[:schema.get("maxLength", len(text) + 99)]


def problems(content, errors):
    """The content of an error answer with one example for each error that may stand behind it."""
    examples = {}
    for error in errors:
        value = {"type": f"/problems/{error.code}", "title": error.title, "status": error.status, "request_id": REQUEST_ID}
        if error.status == 422 and error.field:
            value["errors"] = [{"pointer": error.field, "code": error.code.split("/")[1], "detail": error.title}]
        examples[error.code.replace("/", ".")] = {"summary": error.title, "value": value}
    if not examples:
        return content
    return {media: {**told, "examples": examples} for media, told in content.items()}
