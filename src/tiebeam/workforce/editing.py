"""What a person may put into a decision: the verb's input, checked before anything closes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from tiebeam.errors import Invalid
from tiebeam.kit import digest_of, parse_amount
from tiebeam.spec import schema_problems
from tiebeam.workforce.task import Change, Task, declared_key

_LONGEST_TEXT = 10_000
_MONEY_KEY = re.compile(r"(^|[_-])(amount|total|gross|net|payable|price)($|[_-])")
_FIELDS: Mapping[str, frozenset[str]] = {
    "edit": frozenset({"changes", "comment"}),
    "ask": frozenset({"to", "subject", "text", "comment"}),
}
_ONLY_COMMENT = frozenset({"comment"})
_ANSWERS = frozenset({"approve", "edit"})
"""Verbs after which the payload is acted on."""


Misfit = tuple[str, str]
"""A place of the payload, and why a new value there is not of the kind of the old one."""


class WrongInput(Invalid):
    """The input does not fit the verb or the protocol; the task stays open and the person is asked again.

    `data["by_field"]` maps each wrong field to what is wrong with it.
    """

    code = "wrong_input"


@dataclass(frozen=True, slots=True)
class Draft:
    """A question to somebody outside. `recipient` None = whoever the task's context names."""

    recipient: str | None
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checked decision before it is made. `amount` is what the decider's limit must cover."""

    payload: dict[str, Any]
    payload_hash: str
    diff: tuple[Change, ...]
    comment: str
    amount: Decimal | None
    draft: Draft | None = None


class Problems(dict[str, list[str]]):
    """What is wrong, by field; each message names its field."""

    def add(self, field: str, message: str) -> None:
        self.setdefault(field, []).append(message)

    @property
    def messages(self) -> list[str]:
        return [message for several in self.values() for message in several]


def wrong_input(task: Task, verb: str, problems: Problems) -> WrongInput:
    return WrongInput(
        f"cannot {verb} task {task.id!r}: {'; '.join(problems.messages)}. The task is still open.",
        task=task.id,
        problems=problems.messages,
        by_field=dict(problems),
        fields=sorted(_FIELDS.get(verb, _ONLY_COMMENT)),
        editable=answerable(task),
    )


def answerable(task: Task) -> list[str]:
    """What an edit may give: the protocol's editable fields, and those the step's schema of an answer names."""
    named = (task.answer_schema or {}).get("properties", {})
    return list(dict.fromkeys((*task.protocol.editable, *named)))


def answer_keys(task: Task) -> list[str]:
    """The same as keys of the payload, where a protocol writes hyphens for underscores."""
    named = {declared_key(key): key for key in task.payload}
    return list(dict.fromkeys(named.get(declared_key(key), key) for key in answerable(task)))


def read_input(task: Task, *, verb: str, given: Mapping[str, Any]) -> Proposal:
    """Raises WrongInput with one problem for each wrong field."""
    allowed = _FIELDS.get(verb, _ONLY_COMMENT)
    problems = Problems()
    for key in sorted(set(given) - allowed):
        problems.add(str(key), f"{key!r} is not part of {verb!r}")
    comment = _text(given, "comment", problems)
    draft = _draft(given, problems) if verb == "ask" else None
    changes = _changes(task, given, problems) if verb == "edit" else {}
    payload = {**task.payload, **changes}
    if verb in _ANSWERS and not problems:
        _check_answer(task, payload, problems)
    if problems:
        raise wrong_input(task, verb, problems)
    diff = tuple(difference(task.payload, payload))
    if verb == "edit" and not diff:
        raise WrongInput(f"the edit of task {task.id!r} changes nothing; approve it instead", task=task.id)
    return Proposal(payload, digest_of(payload), diff, comment, _amount_at_stake(task, changes), draft)


def difference(old: Any, new: Any, *, path: str = "") -> Iterator[Change]:
    """The changed places of two JSON values, deepest first places only."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from difference(old.get(key), new.get(key), path=f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            before = old[place] if place < len(old) else None
            after = new[place] if place < len(new) else None
            yield from difference(before, after, path=f"{path}[{place}]")
    elif old != new or type(old) is not type(new):
        yield Change(path, old, new)


def _check_answer(task: Task, payload: Mapping[str, Any], problems: Problems) -> None:
    """What is acted on keeps the schema of an answer, whether it was entered now or proposed before."""
    if task.answer_schema is None:
        return
    names = frozenset(map(declared_key, answerable(task)))
    answer = {key: value for key, value in payload.items() if declared_key(key) in names}
    for path, message in schema_problems(task.answer_schema, answer):
        problems.add(path or "changes", f"{path!r}: {message}" if path else message)


def _text(given: Mapping[str, Any], key: str, problems: Problems, *, needed: bool = False) -> str:
    value = given.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        problems.add(key, f"{key!r} must be text of at most {_LONGEST_TEXT} characters")
        return ""
    if needed and not value.strip():
        problems.add(key, f"{key!r} is missing")
    return value.strip()


def _draft(given: Mapping[str, Any], problems: Problems) -> Draft:
    to = _text(given, "to", problems)
    # A line break would let the writer add headers of their own to the mail.
    for key in ("to", "subject"):
        if len(str(given.get(key) or "").splitlines()) > 1:
            problems.add(key, f"{key!r} must be one line")
    return Draft(to or None, _text(given, "subject", problems), _text(given, "text", problems, needed=True))


def _changes(task: Task, given: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    changes = given.get("changes")
    if not isinstance(changes, dict) or not changes:
        problems.add("changes", "'changes' must map the fields to change to their new values")
        return {}
    named = (task.answer_schema or {}).get("properties", {})
    for key, value in changes.items():
        if key not in named and declared_key(str(key)) not in task.protocol.editable:
            editable = ", ".join(answerable(task)) or "nothing"
            problems.add(str(key), f"{key!r} may not be edited (editable: {editable})")
        elif key not in task.payload and key not in named:
            problems.add(str(key), f"{key!r} is not part of the proposed action")
        else:
            # A value stays of the kind it was, whatever a schema says: amounts and dates are compared with limits.
            for path, message in _misfits(task.payload.get(key), value, path=str(key), is_free=key in named):
                problems.add(path, message)
    return dict(changes)


def _misfits(old: Any, new: Any, *, path: str, is_free: bool = False) -> Iterator[Misfit]:
    """Why `new` is not the same kind of value as `old`. Texts that hold an amount or a date must go on holding one.

    What was empty may become anything where a schema describes it (`is_free`).
    """
    match old:
        case None:
            if not is_free and isinstance(new, dict | list):
                yield path, f"{path!r} must be a single value"
        case bool():
            if not isinstance(new, bool):
                yield path, f"{path!r} must be true or false"
        case int() | float():
            if isinstance(new, bool) or not isinstance(new, int | float) or not isfinite(new):
                yield path, f"{path!r} must be a number"
        case str():
            yield from _text_misfits(old, new, path=path)
        case list():
            yield from _list_misfits(old, new, path=path)
        case dict():
            yield from _table_misfits(old, new, path=path)
        case _:
            yield path, f"{path!r} cannot be edited"


def _text_misfits(old: str, new: Any, *, path: str) -> Iterator[Misfit]:
    if not isinstance(new, str) or len(new) > _LONGEST_TEXT:
        yield path, f"{path!r} must be text of at most {_LONGEST_TEXT} characters"
    elif _as_amount(old) is not None and _as_amount(new) is None:
        yield path, f"{path!r} must be a plain number such as 1234.50, not {new[:40]!r}"
    elif _is_date(old) and not _is_date(new):
        yield path, f"{path!r} must be a date such as 2026-07-31, not {new[:40]!r}"


def _list_misfits(old: list[Any], new: Any, *, path: str) -> Iterator[Misfit]:
    if not isinstance(new, list):
        yield path, f"{path!r} must be a list"
        return
    for place, value in enumerate(new):
        if old:
            yield from _misfits(old[min(place, len(old) - 1)], value, path=f"{path}[{place}]")


def _table_misfits(old: dict[str, Any], new: Any, *, path: str) -> Iterator[Misfit]:
    if not isinstance(new, dict):
        yield path, f"{path!r} must be a table of fields"
    elif set(new) != set(old):
        yield path, f"{path!r} must have exactly the fields {', '.join(sorted(old))}"
    else:
        for key in sorted(old):
            yield from _misfits(old[key], new[key], path=f"{path}.{key}")


def _as_amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return parse_amount(str(value))
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _amount_at_stake(task: Task, changes: Mapping[str, Any]) -> Decimal | None:
    """An edit that raises an amount is measured by the new amount; one that lowers it by the old one."""
    if task.amount is None:
        return None
    return max((task.amount, *(amount for key, value in changes.items() for amount in _money(key, value, task))))


def _money(key: str, value: Any, task: Task) -> Iterator[Decimal]:
    """Amounts below one edited field; those of a list also summed by field."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _money(str(name), inner, task)
        case list():
            columns: dict[str, Decimal] = {}
            for item in value:
                for name, inner in item.items() if isinstance(item, dict) else [(key, item)]:
                    for amount in _money(str(name), inner, task):
                        columns[str(name)] = columns.get(str(name), Decimal(0)) + amount
            yield from columns.values()
        case _:
            amount = _as_amount(value)
            holds_money = _MONEY_KEY.search(key) or _as_amount(task.payload.get(key)) == task.amount
            if amount is not None and holds_money:
                yield abs(amount)
