"""The typed input an intent expects: what is given is checked before a run begins (WF-01)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from tiebeam.errors import Invalid
from tiebeam.kit import canonical_json
from tiebeam.spec.conditions import step_variable
from tiebeam.spec.workflow import ContextField

LONGEST_TEXT = 20_000
LARGEST_INPUT = 256 * 1024
"""Characters of the whole input as JSON: larger things are documents."""
HOUSE_FACTS = frozenset({"stage", "currency_of_costs", "fixed_cost"})
"""What the house itself adds to every run's input; nobody who starts a run states these."""


class InputRejected(Invalid):
    """The given input has not the shape that the intent states. `data["faults"]` names every field."""

    code = "input_rejected"

    def __init__(self, faults: Mapping[str, str]) -> None:
        told = "; ".join(f"{name!r} {fault}" for name, fault in faults.items())
        super().__init__(f"the input is not what the intent expects: {told}", faults=dict(faults))


def checked_input(fields: Iterable[ContextField], given: Mapping[str, Any]) -> dict[str, Any]:
    """The input as a run keeps it: by names that expressions can read (`due-date` is kept as `due_date`).

    Raises InputRejected with every field that is missing, unknown or of another type.
    """
    known = {step_variable(field.name): field for field in fields if field.name not in HOUSE_FACTS}
    faults: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for said, value in given.items():
        name = step_variable(said)
        field = known.get(name)
        if field is None:
            faults[said[:80]] = _unknown(name, known)
        elif name in kept:
            faults[said] = "is given twice"
        elif value is None and not field.required:
            continue
        elif fault := _fault(field, value):
            faults[said] = fault
        else:
            kept[name] = value
    for name, field in known.items():
        if field.required and name not in kept and field.name not in faults and name not in faults:
            faults[field.name] = f"is missing ({field.help})"
    if not faults and len(canonical_json(kept)) > LARGEST_INPUT:
        faults["input"] = f"is larger than {LARGEST_INPUT // 1024} KiB; hand large things in as documents"
    if faults:
        raise InputRejected(faults)
    return kept


def _unknown(name: str, known: Mapping[str, ContextField]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"is no field; did you mean {known[near[0]].name!r}?"
    names = ", ".join(field.name for field in known.values()) or "none"
    return f"is no field; there are {names}"


def _fault(field: ContextField, value: Any) -> str | None:
    match field.type:
        case "text":
            return _text_fault(value)
        case "number":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return None if is_number and math.isfinite(value) else "is no number"
        case "date":
            return None if isinstance(value, str) and _is_date(value) else "is no date; write YYYY-MM-DD"
        case "flag":
            return None if isinstance(value, bool) else "is neither true nor false"
        case "path":
            return _path_fault(value)
        case _:
            return "is a document; hand it in as a file, with 'tiebeam run INTENT FILE' or in the console"


def _text_fault(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is no text"
    if len(value) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters"
    is_sound = "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return None if is_sound else "holds NUL or half of a surrogate pair"


def _path_fault(value: Any) -> str | None:
    if fault := _text_fault(value):
        return fault
    path, other = PurePosixPath(value), PureWindowsPath(value)
    inside = not path.is_absolute() and not other.anchor and ".." not in (*path.parts, *other.parts)
    return None if inside and "://" not in value else "leads out of the workspace; give a path below its folder"


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
