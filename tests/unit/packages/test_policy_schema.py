import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.policy_schema import schema_problem
from tests.unit.packages.rules.asking import JSON


def problem(schema: Any) -> str | None:
    return schema_problem(schema if isinstance(schema, bytes) else json.dumps(schema).encode())


def with_property(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "$schema": "x", "required": [], "title": "t", "sensitiveValue": True},
        b'\xef\xbb\xbf{"type": "object", /* comment */ "properties": {"a": {"type": "string",},},}',
        {"type": "object", "id": "Main", "properties": {"again": {"$ref": "Main", "type": 1, "title": "t"}}},
        {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
        {"type": "object", "$ref": 1},
        with_property({"type": "string", "enum": ["a"], "pattern": "["}),
        with_property({"type": "string", "pattern": "a+", "minLength": 1, "default": 1}),
        with_property({"type": "integer", "minimum": 1.5, "maximum": 2}),
        with_property({"type": "integer", "enum": [1, 2]}),
        with_property({"type": "array", "items": {"type": "number"}}),
        with_property({"type": "object", "additionalProperties": {"type": "string"}}),
        with_property({"type": "object", "patternProperties": {"a.*": {"type": "string"}}}),
    ],
)
def test_a_sound_schema_has_no_problem(schema: Any) -> None:
    assert problem(schema) is None


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (b"", "unexpected end at line 1 column 1"),
        ([], "Schema must be a JSON object"),
        ({}, "Each schema must have a 'type' or '$ref'"),
        ({"type": "string"}, 'The main schema must have a type attribute with "object" value'),
        (
            {"type": "object", "additionalProperties": False},
            '"additionalProperties" and "patternProperties" are not supported at the main schema',
        ),
        ({"type": "object", "id": 1}, "Invalid type for attribute 'id'"),
        ({"type": "object", "properties": []}, "Invalid type for attribute 'properties'"),
        ({"type": "object", "required": [1]}, "Attribute 'required' may only contain strings"),
        ({"type": "object", "required": ["a"]}, "Attribute 'required' contains unknown property 'a'"),
        (with_property(1), "Schema for property 'a' must be a dict"),
        (with_property({"type": 1}), "Attribute 'type' must be a string"),
        (with_property({"type": "any"}), "Unknown type 'any'"),
        (with_property({"$ref": "X"}), "Invalid $ref: X"),
        (with_property({"$ref": "X", "id": "Y"}), "Schemas with a $ref can't have an id"),
        (with_property({"$ref": "X", "title": 1}), "Invalid type for attribute 'title'"),
        (
            with_property({"type": "array"}),
            "Schema of type 'array' must have a schema in 'items' of type dictionary",
        ),
        (with_property({"type": "string", "enum": []}), "Attribute 'enum' must be a non-empty list"),
        (
            with_property({"type": "integer", "enum": [True]}),
            "Attribute 'enum' for type 'integer' contains items with invalid types",
        ),
        (
            with_property({"type": "boolean", "enum": [True]}),
            "Enumeration is only supported for integer and string",
        ),
        (with_property({"type": "boolean", "pattern": "a"}), "Only strings can have a pattern"),
        (with_property({"type": "number", "minimum": 1}), "Only integers can have minimum and maximum"),
        (with_property({"type": "integer", "minimum": True}), "Invalid type for attribute 'minimum'"),
        (with_property({"type": "integer", "minimum": 2, "maximum": 1}), "Invalid range specified [2;1]"),
        (
            {"type": "object", "id": "x", "properties": {"a": {"type": "string", "id": "x"}}},
            "Duplicated id: x",
        ),
    ],
)
def test_a_faulty_one_is_told_in_the_browsers_words(schema: Any, expected: str) -> None:
    assert problem(schema) == expected


@pytest.mark.parametrize("pattern", ["[", "(?=a)"])
def test_patterns_are_those_of_re2(pattern: str) -> None:
    assert problem(with_property({"type": "string", "pattern": pattern}))
    assert problem(with_property({"type": "object", "patternProperties": {pattern: {"type": "string"}}}))


def test_a_deep_schema_takes_no_recursion() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(190):
        schema = {"type": "array", "items": schema}

    assert problem({"type": "object", "properties": {"a": schema}}) is None


ATTRIBUTES = (
    *("type", "$ref", "id", "items", "enum", "pattern", "minimum", "maximum", "properties", "required"),
    *("patternProperties", "additionalProperties", "title"),
)
KINDS = st.sampled_from(["object", "array", "string", "integer", "number", "boolean"])


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), JSON), KINDS, st.binary(max_size=20))
def test_no_schema_is_too_strange(attributes: dict[str, Any], kind: str, data: bytes) -> None:
    problem(data)
    problem(with_property({"type": kind} | attributes))
    problem({"type": "object"} | attributes)
