"""Schemas of what administrators may set for an extension, as components/policy/core/common/schema.cc reads them.

A small part of JSON Schema: every value has one type of its own, objects and lists know theirs, attributes that
are not in the table are ignored. The words are the browser's.
"""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages import browser_json
from openaddons.packages.browser_json import NotJson
from openaddons.packages.re2 import BadPattern, capturing_groups

_JSON_DEPTH = 200
_NUMBER = (int, float)
_OF_ALL: Final = {"description": str, "id": str, "sensitiveValue": bool, "title": str}
_ATTRIBUTES: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "array": {**_OF_ALL, "items": dict},
    "boolean": {**_OF_ALL},
    "integer": {**_OF_ALL, "enum": list, "maximum": _NUMBER, "minimum": _NUMBER},
    "number": {**_OF_ALL},
    "object": {
        **_OF_ALL,
        "additionalProperties": dict,
        "patternProperties": dict,
        "properties": dict,
        "required": list,
    },
    "string": {**_OF_ALL, "enum": list, "pattern": str},
}
_OF_REFERENCES: Final = {"description": str, "title": str}
_OF_ENUMS: Final = {"integer": int, "string": str}


def schema_problem(data: bytes) -> str | None:
    """What is wrong with the schema in a file, without a full stop, or None."""
    try:
        schema = browser_json.parse(data, max_depth=_JSON_DEPTH, trailing_commas=True).value
    except NotJson as fault:
        return str(fault)
    if not isinstance(schema, dict):
        return "Schema must be a JSON object"
    if schema.get("type") == "object" and not schema.keys().isdisjoint(
        {"additionalProperties", "patternProperties"}
    ):
        return '"additionalProperties" and "patternProperties" are not supported at the main schema'
    problem = next(_problems(schema), None)
    if problem is None and schema.get("type") != "object":
        return 'The main schema must have a type attribute with "object" value'
    return problem


def _problems(main: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a schema and with those inside of it. Without recursion, for they may lie deep."""
    ids: set[str] = set()
    references: set[str] = set()
    waiting = [main]
    while waiting:
        schema = waiting.pop()
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from _broken_reference(schema)
            references.add(reference)
            continue
        yield from _broken_attributes(schema)
        if "id" in schema:
            if schema["id"] in ids:
                yield f"Duplicated id: {schema['id']}"
            ids.add(schema["id"])
        for name, inner in _inner(schema):
            if isinstance(inner, dict):
                waiting.append(inner)
            else:
                yield f"Schema for property '{name}' must be a dict"
    for missing in sorted(references - ids):
        yield f"Invalid $ref: {missing}"


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas of members and items, of a schema whose attributes have the right types."""
    if schema["type"] == "array":
        yield "items", schema["items"]
    elif schema["type"] == "object":
        yield from schema.get("properties", {}).items()
        yield from schema.get("patternProperties", {}).items()
        if "additionalProperties" in schema:
            yield "additionalProperties", schema["additionalProperties"]


def _broken_reference(schema: dict[str, Any]) -> Iterator[str]:
    if isinstance(schema.get("id"), str):
        yield "Schemas with a $ref can't have an id"
    yield from _wrong_types(schema, _OF_REFERENCES)


def _broken_attributes(schema: dict[str, Any]) -> Iterator[str]:
    if "type" not in schema:
        yield "Each schema must have a 'type' or '$ref'"
    kind = schema.get("type")
    if not isinstance(kind, str):
        yield "Attribute 'type' must be a string"
    elif kind not in _ATTRIBUTES:
        yield f"Unknown type '{kind}'"
    else:
        yield from _wrong_types(schema, _ATTRIBUTES[kind])
        yield from _broken_restrictions(schema, kind)
        if kind == "array" and "items" not in schema:
            yield "Schema of type 'array' must have a schema in 'items' of type dictionary"
        if kind == "object":
            yield from _broken_required(schema)
            yield from _broken_patterns(schema.get("patternProperties", {}))


def _wrong_types(schema: dict[str, Any], attributes: dict[str, Any]) -> Iterator[str]:
    for name, kind in attributes.items():
        value = schema.get(name)
        # True is an int to Python.
        if name in schema and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
            yield f"Invalid type for attribute '{name}'"


def _broken_restrictions(schema: dict[str, Any], kind: str) -> Iterator[str]:
    """Of several restrictions, the browser looks at one: an enumeration, else a pattern, else a range."""
    if kind in {"object", "array"}:
        return
    if "enum" in schema:
        if kind not in _OF_ENUMS:
            yield "Enumeration is only supported for integer and string"
        elif not schema["enum"]:
            yield "Attribute 'enum' must be a non-empty list"
        elif any(type(item) is not _OF_ENUMS[kind] for item in schema["enum"]):
            yield f"Attribute 'enum' for type '{kind}' contains items with invalid types"
    elif "pattern" in schema:
        if kind != "string":
            yield "Only strings can have a pattern"
        else:
            yield from _broken_patterns([schema["pattern"]])
    elif not schema.keys().isdisjoint({"minimum", "maximum"}) and kind != "integer":
        yield "Only integers can have minimum and maximum"
    if (
        kind == "integer"
        and {"minimum", "maximum"} <= schema.keys()
        and schema["minimum"] > schema["maximum"]
    ):
        yield f"Invalid range specified [{schema['minimum']};{schema['maximum']}]"


def _broken_required(schema: dict[str, Any]) -> Iterator[str]:
    for name in schema.get("required", ()):
        if not isinstance(name, str):
            yield "Attribute 'required' may only contain strings"
        elif name not in schema.get("properties", {}):
            yield f"Attribute 'required' contains unknown property '{name}'"


def _broken_patterns(patterns: Any) -> Iterator[str]:
    for pattern in patterns:
        try:
            capturing_groups(pattern)
        except BadPattern as fault:
            yield f"/{pattern}/ is invalid regex: {fault}"
