"""Reports of outcomes as JSON: lines of a file, and what comes over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from json import JSONDecodeError, loads
from typing import Any, cast

from tiebeam.economics.returns.outcome import MOST_REPORTED, Reported, WrongOutcome
from tiebeam.kit import parse_amount, parse_iso

_NAMES = frozenset(one.name for one in fields(Reported))
_NEEDED = ("ref", "team", "workflow")


def read_reports(text: str) -> list[Reported]:
    """One JSON object a line, at most 1000. Raises WrongOutcome naming the line."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_REPORTED:
        raise WrongOutcome(f"{len(lines)} outcomes at once; report up to {MOST_REPORTED}")
    found: list[Reported] = []
    for number, line in lines:
        try:
            found.append(report_from(loads(line, parse_float=Decimal)))
        except (JSONDecodeError, WrongOutcome) as wrong:
            raise WrongOutcome(f"line {number}: {wrong}", line=number) from wrong
    return found


def report_from(data: Any) -> Reported:
    """A report from JSON-ready data; what is left out is as `Reported` has it. Raises WrongOutcome."""
    if not isinstance(data, Mapping):
        raise WrongOutcome('an outcome is a JSON object such as {"ref": …, "team": …, "workflow": …}')
    given = dict(cast("Mapping[str, Any]", data))
    if unknown := sorted(given.keys() - _NAMES):
        raise WrongOutcome(f"{unknown[0]!r} is no part of an outcome; there are {', '.join(sorted(_NAMES))}")
    for name in _NEEDED:
        if name not in given:
            raise WrongOutcome(f"{name} is missing", field=name)
    for name in (*_NEEDED, "agent", "execution", "currency", "basis"):
        if not isinstance(given.get(name, ""), str):
            raise WrongOutcome(f"{name} is {given[name]!r}; write text", field=name)
    given["at"] = _moment(given.get("at"))
    given["value"] = _amount(given.get("value", 0))
    _count(given)
    return Reported(**given)


def _moment(at: Any) -> datetime | None:
    if at is None:
        return None
    try:
        return parse_iso(at)
    except (ValueError, TypeError, AttributeError) as wrong:
        raise WrongOutcome(f"at is {at!r}; write it as 2026-11-21T09:00:00Z", field="at") from wrong


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise WrongOutcome(f"value is {value!r}; write a plain number, best as text", field="value")
    try:
        return parse_amount(str(value))
    except ValueError as wrong:
        raise WrongOutcome(
            f'value is {str(value)[:60]!r}; write a plain number such as "12.50"', field="value"
        ) from wrong


def _count(given: dict[str, Any]) -> None:
    for name in ("accepted", "ended"):
        value = given.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongOutcome(f"{name} is {value!r}; write a whole number", field=name)
    # One that says how many were good, and no more, means that no other was done.
    given.setdefault("ended", max(1, given.get("accepted", 1)))
    if not isinstance(given.get("corrects"), (str, type(None))):
        raise WrongOutcome(f"corrects is {given['corrects']!r}; give the id of an outcome", field="corrects")
