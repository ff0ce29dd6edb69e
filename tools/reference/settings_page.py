"""docs/reference/settings.md: environment variables and the keys of tiebeam.toml."""

from __future__ import annotations

import inspect
import tomllib
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reference.source import environment_variables, field_notes, page, table
from reference.wording import type_words
from tiebeam.spec import WorkspaceSettings

NOTES = Path(__file__).with_name("environment.toml")


class Undocumented(Exception):
    """An environment variable that the code reads and environment.toml does not describe, or the other way round."""


def render() -> str:
    return page(
        "Settings",
        "A workspace says what it is in `tiebeam.toml`; the environment says where this process keeps its data. "
        "There are no other settings.",
        _environment(),
        _keys(),
    )


def _environment() -> list[str]:
    notes: dict[str, str] = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    if astray := environment_variables() ^ set(notes):
        raise Undocumented(f"tools/reference/environment.toml and the code differ in {sorted(astray)}")
    rows = [(f"`{name}`", notes[name]) for name in sorted(notes)]
    return ["## Environment variables", "", *table(("name", "meaning"), rows)]


def _keys() -> list[str]:
    lines = ["## `tiebeam.toml`", "", " ".join((inspect.getdoc(WorkspaceSettings) or "").split())]
    for section, field in WorkspaceSettings.model_fields.items():
        is_list = get_origin(field.annotation) is tuple
        model = get_args(field.annotation)[0] if is_list else field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        note = inspect.getdoc(model) if model.__dict__.get("__doc__") else ""
        lines += ["", f"### `[[{section}]]`" if is_list else f"### `[{section}]`", ""]
        lines += [" ".join(note.split()), ""] if note else []
        lines += table(("key", "type", "default", "meaning"), _rows(model))
    return lines


def _rows(model: type[BaseModel]) -> list[tuple[str, ...]]:
    notes = field_notes(model)
    return [
        (f"`{name}`", type_words(field.annotation, {}), _default(field), notes.get(name, ""))
        for name, field in model.model_fields.items()
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    if isinstance(value, Decimal):
        return f"`{value}`"
    return "none" if value is None else f"`{value!r}`"
