"""Checks the examples of a schema file against the schema itself, so that the API reference cannot lie.

Shape, length, range and format.
"""
import format_example


def type_of(value):
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
                       (dict, "object")):
        if isinstance(value, kind):
            return name
    return "null"


def faults_of(schema, examples):
    """All faults of a list of examples, as texts."""
    if not isinstance(examples, list):
        return ['"examples" is a list']
    return [why for n, value in enumerate(examples) for why in faults_at(schema, value, f"/{n}")]


def faults_at(schema, value, at):
    if schema.types == ("any",):
        return []
    kind = type_of(value)
    if kind not in schema.types and not (kind == "integer" and "number" in schema.types):
        return [f"{at} is {kind}, not {' or '.join(schema.types)}"]
    if kind in ("integer", "number"):
        low = schema.minimum is not None and value < schema.minimum
        high = schema.maximum is not None and value > schema.maximum
        return [f"{at} is out of range"] if low or high else []
    if kind == "string":
        if schema.choices and value not in schema.choices:
            return [f"{at} is none of the enum"]
        if not schema.min_length <= len(value) <= schema.max_length:
            return [f"{at} has a wrong length"]
        return [] if format_example.fits(schema.format, value) else [f"{at} is no {schema.format}"]
    if kind == "array":
        faults = [] if schema.min_items <= len(value) <= schema.max_items else [f"{at} has a wrong number of items"]
        return faults + [why for n, item in enumerate(value) for why in faults_at(schema.items, item, f"{at}/{n}")]
    if kind == "object":
        return object_faults(schema, value, at)
    return []


def object_faults(schema, value, at):
    members = {name: (inner, is_required) for name, inner, is_required, _ in schema.members}
    faults = [f"{at}/{name} is not in properties" for name in value if name not in members]
    for name, (inner, is_required) in members.items():
        if name in value:
            faults += faults_at(inner, value[name], f"{at}/{name}")
        elif is_required:
            faults.append(f"{at}/{name} is missing")
    return faults
