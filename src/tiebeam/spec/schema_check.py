"""JSON Schema (2020-12) over what people and other systems hand in: which fields are wrong, and why.

Schemas are declared in recipes and come along in bundles, data comes from anybody: neither may cost more than a bounded
amount of work. A schema refers to its own `$defs` alone and never to itself, so it has one finite size written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tiebeam.errors import Invalid
from tiebeam.kit import canonical_json

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

MAX_SCHEMA_CHARACTERS = 65_536
MAX_SCHEMA_PARTS = 4_000
"""Values in a schema with every reference written out."""
MAX_SCHEMA_DEPTH = 40
MAX_DATA_VALUES = 20_000
MAX_DATA_DEPTH = 32
MAX_PROBLEMS = 20
MAX_LISTED_WORK = 100_000
"""Parts of the schema times values of the data; beyond it only the first problem is told, as the validator finds all
before it hands out one."""
_LONGEST_MESSAGE = 300
_PATTERN_BYTES = 1 << 20
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_OTHER_REFERENCES = ("$dynamicRef", "$recursiveRef", "$id")


class SchemaBroken(Invalid):
    """The declared schema is no JSON Schema, too large, or refers to something outside itself."""

    code = "schema_broken"


class SchemaProblem(NamedTuple):
    """`path` like `lines[0].account`, empty for the whole; `message` says what must be there instead."""

    path: str
    message: str


def schema_problems(schema: Mapping[str, Any], data: Any) -> list[SchemaProblem]:
    """What of `data` does not keep the schema, at most `MAX_PROBLEMS`; empty when all does. Raises SchemaBroken."""
    from jsonschema_rs import ValidationError

    validator, parts = _compiled(schema)
    values = _values(data)
    if isinstance(values, str):
        return [SchemaProblem("", values)]
    try:
        validator.validate(data)
    except ValidationError as first:
        if parts * values > MAX_LISTED_WORK:
            return _told(first)[:MAX_PROBLEMS]
    except ValueError as problem:
        # What is no JSON at all, such as bytes.
        return [SchemaProblem("", str(problem)[:_LONGEST_MESSAGE])]
    else:
        return []
    problems = (problem for error in validator.iter_errors(data) for problem in _told(error))
    return list(islice(problems, MAX_PROBLEMS))


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises SchemaBroken with the reason; for whoever loads a schema."""
    _compiled(schema)


def _compiled(schema: Mapping[str, Any]) -> tuple[Draft202012Validator, int]:
    """The validator, and how many parts the schema has."""
    from jsonschema_rs import Draft202012Validator, RegexOptions

    counted = [0]
    _parts(schema, schema, inside=frozenset(), depth=1, counted=counted)
    try:
        if len(text := canonical_json(schema)) > MAX_SCHEMA_CHARACTERS:
            raise SchemaBroken(f"the schema has {len(text)} characters; write it with at most {MAX_SCHEMA_CHARACTERS}")
        # `offline` refuses what the walk might not know; the linear engine has no pattern that runs away.
        options = RegexOptions(size_limit=_PATTERN_BYTES)
        return Draft202012Validator(
            _with_numbers(schema), validate_formats=True, pattern_options=options, offline=True
        ), counted[0]
    except (ValueError, ArithmeticError) as problem:
        raise SchemaBroken(f"this is no JSON Schema: {str(problem).splitlines()[0][:_LONGEST_MESSAGE]}") from problem


def _with_numbers(node: Any, name: str = "") -> Any:
    """The schema with its bounds as numbers: records carry decimals as text."""
    if isinstance(node, Mapping):
        return {str(key): _with_numbers(below, str(key)) for key, below in node.items()}
    if isinstance(node, list | tuple):
        return [_with_numbers(below) for below in node]
    return float(Decimal(node)) if name in _BOUNDS and isinstance(node, str) else node


def _parts(node: Any, root: Mapping[str, Any], *, inside: frozenset[str], depth: int, counted: list[int]) -> None:
    """Walk the schema with its references written out. Raises SchemaBroken when that is endless or too much."""
    counted[0] += 1
    if counted[0] > MAX_SCHEMA_PARTS or depth > MAX_SCHEMA_DEPTH:
        raise SchemaBroken(
            f"the schema has more than {MAX_SCHEMA_PARTS} parts or {MAX_SCHEMA_DEPTH} levels, references written out"
        )
    if isinstance(node, Mapping):
        for name, below in node.items():
            if name in _OTHER_REFERENCES and isinstance(below, str):
                raise SchemaBroken(f"{name!r} is not used here; refer to '#/$defs/…' with '$ref'")
            if name == "$ref" and isinstance(below, str):
                if below in inside:
                    raise SchemaBroken(f"the schema refers to itself by {below!r}; write out the levels you need")
                _parts(_target(root, below), root, inside=inside | {below}, depth=depth + 1, counted=counted)
            else:
                _parts(below, root, inside=inside, depth=depth + 1, counted=counted)
    elif isinstance(node, list | tuple):
        for below in node:
            _parts(below, root, inside=inside, depth=depth + 1, counted=counted)


def _target(root: Mapping[str, Any], reference: str) -> Any:
    name = reference.removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
    defined = root.get("$defs", {})
    if not reference.startswith("#/$defs/") or not isinstance(defined, Mapping) or name not in defined:
        raise SchemaBroken(f"'$ref' {reference!r} leads nowhere in this schema; only '#/$defs/NAME' is followed")
    return defined[name]


def _values(data: Any) -> int | str:
    """How many values the data has, or in words why that is too much."""
    level, counted = [data], 0
    for _ in range(MAX_DATA_DEPTH):
        counted += len(level)
        if counted > MAX_DATA_VALUES:
            return f"more than {MAX_DATA_VALUES} values"
        if not (level := [below for one in level for below in _below(one)]):
            return counted
    return f"nested deeper than {MAX_DATA_DEPTH} levels"


def _below(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def _told(error: ValidationError) -> list[SchemaProblem]:
    from jsonschema_rs import ValidationErrorKind as Kind

    match error.kind:
        case Kind.Required(property=name):
            return [SchemaProblem(_path([*error.instance_path, name]), "is missing")]
        case Kind.AdditionalProperties(unexpected=names) | Kind.UnevaluatedProperties(unexpected=names):
            return [SchemaProblem(_path([*error.instance_path, name]), "is not expected here") for name in names]
        case _:
            return [SchemaProblem(_path(error.instance_path), error.message[:_LONGEST_MESSAGE])]


def _path(steps: Sequence[str | int]) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
