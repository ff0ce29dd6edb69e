"""Putting an imported fact into the workspace as a record that people can read, check and correct."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tiebeam.errors import Conflict, Invalid
from tiebeam.kit import decimal_text
from tiebeam.spec import Record


class RecordExists(Conflict):
    """Nothing that people wrote is overwritten."""

    code = "record_exists"


def write_record(
    workspace: Path, relative: str, content: Mapping[str, Any], *, model: type[Record], today: date
) -> Path:
    """A new file `relative` to the workspace, checked before it is written. Raises RecordExists, Invalid."""
    path = workspace / relative
    if path.exists():
        raise RecordExists(f"{str(path)!r} exists already; add the new figures to it by hand, or remove it first")
    meta = {"status": "active", "version": 1, "since": today, "reviewed": today}
    text = "\n".join([*_table({**content, "meta": meta}, ()), ""]).lstrip("\n")
    try:
        model.model_validate({**tomllib.loads(text, parse_float=Decimal), "id": "new"})
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{relative!r} would be wrong at {place}: {first['msg']}") from problem
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _table(content: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[str]:
    """A table's own values first, then the tables below it."""
    below: list[tuple[str, Mapping[str, Any], bool]] = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            below.append((name, value, False))
        elif isinstance(value, Sequence) and not isinstance(value, str) and value and isinstance(value[0], Mapping):
            below += [(name, one, True) for one in value]
        elif value is not None:
            yield f"{name} = {_value(value)}"
    for name, one, is_array in below:
        whole = ".".join((*place, name))
        yield f"\n[[{whole}]]" if is_array else f"\n[{whole}]"
        yield from _table(one, (*place, name))


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return "[" + ", ".join(_value(one) for one in value) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no form in TOML")
