"""What people and other systems hand in is held to its declared schema, in bounded work."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tiebeam.spec import SchemaBroken, check_schema, schema_problems

PAYMENT: dict[str, Any] = {
    "type": "object",
    "required": ["reference", "lines"],
    "additionalProperties": False,
    "properties": {
        "reference": {"$ref": "#/$defs/reference"},
        "paid_on": {"type": "string", "format": "date"},
        "lines": {"type": "array", "items": {"properties": {"account": {"type": "string", "maxLength": 4}}}},
        # As a record carries it: decimals of a TOML file become text.
        "share": {"type": "number", "maximum": "0.5"},
    },
    "$defs": {"reference": {"type": "string", "pattern": "^INV-[0-9]+$"}},
}


def test_what_keeps_the_schema_has_no_problems() -> None:
    good = {"reference": "INV-7", "lines": [{"account": "4000"}], "paid_on": "2026-07-01", "share": 0.5}

    assert schema_problems(PAYMENT, good) == []


def test_every_wrong_field_is_named_with_its_place() -> None:
    wrong = {"lines": [{"account": "4000"}, {"account": "40000"}], "paid_on": "2026-13-01", "share": 0.6, "extra": 1}

    found = dict(schema_problems(PAYMENT, wrong))

    assert set(found) == {"reference", "lines[1].account", "paid_on", "share", "extra"}
    assert found["reference"] == "is missing"
    assert found["extra"] == "is not expected here"
    assert "0.5" in found["share"]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "strin"}, "no JSON Schema"),
        ({"minimum": "many"}, "no JSON Schema"),
        ({"$ref": "http://example.com/schema.json"}, "leads nowhere"),
        ({"$ref": "file:///etc/passwd"}, "leads nowhere"),
        ({"$id": "http://example.com/", "type": "object"}, "is not used here"),
        ({"$ref": "#/$defs/tree", "$defs": {"tree": {"items": {"$ref": "#/$defs/tree"}}}}, "refers to itself"),
        ({"pattern": "(?=a)b"}, "no JSON Schema"),
        ({"pattern": "(a{1,1000}){1,1000}"}, "no JSON Schema"),
        ({"enum": [float("nan")]}, "no JSON Schema"),
        ({"description": "x" * 70_000}, "70"),
        ({"enum": list(range(5000))}, "more than 4000 parts"),
    ],
)
def test_a_schema_that_is_broken_endless_or_reaches_out_is_refused(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(SchemaBroken, match=reason):
        check_schema(schema)


def test_references_that_double_at_every_level_are_refused() -> None:
    doubling: dict[str, Any] = {f"x{n}": {"allOf": [{"$ref": f"#/$defs/x{n + 1}"}] * 2} for n in range(30)}

    with pytest.raises(SchemaBroken, match="parts or"):
        check_schema({"$ref": "#/$defs/x0", "$defs": {**doubling, "x30": {"type": "string"}}})


def test_data_nested_without_end_or_too_large_is_refused_and_not_walked() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(50_000):
        inner["a"] = {}
        inner = inner["a"]

    assert schema_problems({}, deep) == [("", "nested deeper than 32 levels")]
    assert schema_problems({}, [0] * 30_000) == [("", "more than 20000 values")]
    # Take it apart level by level: freeing it at once would recurse.
    while "a" in deep:
        deep = deep.pop("a")


def test_much_wrong_data_against_a_large_schema_costs_little() -> None:
    began = time.monotonic()

    found = schema_problems({"items": {"anyOf": [{"type": "string"}] * 1000}}, list(range(9000)))

    assert [problem.path for problem in found] == ["[0]"]
    # Listing every problem took minutes.
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, object()])
def test_what_is_no_json_is_a_problem_of_the_data(value: Any) -> None:
    assert schema_problems({"type": "object"}, value) != []
