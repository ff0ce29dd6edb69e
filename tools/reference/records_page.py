"""docs/reference/records.md: every kind of declared record with its fields."""

from __future__ import annotations

import inspect

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reference.source import field_notes, page, table
from reference.wording import type_words
from tiebeam import spec
from tiebeam.graph.layout import Kind, place_of


def render() -> str:
    parts: dict[str, type[BaseModel]] = {}
    sections = [_kind(kind, parts) for kind in Kind]
    sections.append(["## Parts", "", "Tables inside the records above."])
    done: set[str] = set()
    while left := sorted(set(parts) - done):
        done.add(left[0])
        sections.append(_part(parts[left[0]], parts))
    return page(
        "Records",
        "A workspace is a folder of TOML files that overlay the built-in library. The path is the id; the file holds a "
        "`[meta]` table (status, since, reviewed, source, owner) and the fields below, and never its own id.",
        *sections,
    )


def _kind(kind: Kind, parts: dict[str, type[BaseModel]]) -> list[str]:
    place = place_of(kind)
    rows = _rows(place.model, parts)
    form = f"Files below `{place.folder}/`; the id is formed {place.rule.value}."
    return [f"## {place.noun.capitalize()}", *_doc(place.model), "", form, "", *table(_HEAD, rows)]


def _part(model: type[BaseModel], parts: dict[str, type[BaseModel]]) -> list[str]:
    return [f"### {model.__name__}", *_doc(model), "", *table(_HEAD, _rows(model, parts))]


_HEAD = ("field", "type", "needed", "meaning")


def _doc(model: type) -> list[str]:
    own = model.__dict__.get("__doc__")
    return ["", " ".join(inspect.cleandoc(own).split())] if own else []


def _rows(model: type[BaseModel], parts: dict[str, type[BaseModel]]) -> list[tuple[str, ...]]:
    notes = field_notes(model)
    skipped = {"id", "meta"} if issubclass(model, spec.Record) else set()
    return [
        (f"`{field.alias or name}`", type_words(field.annotation, parts), _needed(field), notes.get(name, ""))
        for name, field in model.model_fields.items()
        if name not in skipped
    ]


def _needed(field: FieldInfo) -> str:
    return "yes" if field.is_required() else "no"
