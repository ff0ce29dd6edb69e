"""What the ledger has already of what a file states: the same call seen elsewhere, and days that are covered."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.imports.sighting import Sighting, plain_model
from tiebeam.economics.metering import CLASSES, Usage
from tiebeam.economics.tables import usage_charge, usage_daily

_STATED = re.compile(r"^(chatcmpl|cmpl|msg|gen|resp|embd)[-_]")
"""How providers' ids of answers begin: two different ones are two calls, however alike."""
_NEAR = timedelta(minutes=2)
_PIECE = 400
_MOST = 20_000

_GIVEN = ("output", "reasoning", "audio_output")
_IN: Any = sum((usage_charge.c[f"{name}_tokens"] for name in CLASSES if name not in _GIVEN), sa.literal(0))
_OUT: Any = sum((usage_charge.c[f"{name}_tokens"] for name in _GIVEN), sa.literal(0))


@dataclass(frozen=True, slots=True)
class Twin:
    """A charge of another source that is the same call."""

    charge_id: str
    source: str
    nano: int


@dataclass(slots=True)
class Twins:
    """Finds twins of calls; a charge is the twin of one call only."""

    source: str
    only: tuple[str, ...] = ()
    """Where a twin may come from; empty for every other source."""
    _used: set[str] = field(default_factory=set[str])
    _empty_days: dict[str, bool] = field(default_factory=dict[str, bool])

    def find(self, conn: sa.Connection, calls: Sequence[Sighting]) -> dict[str, Twin]:
        """By the id of the sighting."""
        calls = [one for one in calls if not self._has_nothing(conn, one.day)]
        if not calls:
            return {}
        found = self._by_fingerprint(conn, calls)
        rest = [one for one in calls if one.id not in found]
        return found | self._by_shape(conn, rest)

    def _has_nothing(self, conn: sa.Connection, day: str) -> bool:
        """Whether no other source has anything around a day, which spares most imports the search."""
        if day not in self._empty_days:
            around = [(datetime.fromisoformat(day) + timedelta(days=step)).strftime("%Y-%m-%d") for step in (-1, 0, 1)]
            others = sa.select(sa.literal(1)).where(usage_daily.c.day.in_(around), usage_daily.c.source != self.source)
            self._empty_days[day] = conn.execute(others.limit(1)).first() is None
        return self._empty_days[day]

    def _by_fingerprint(self, conn: sa.Connection, calls: Sequence[Sighting]) -> dict[str, Twin]:
        wanted = {one.fingerprint: one for one in calls if one.fingerprint}
        found: dict[str, Twin] = {}
        for some in _pieces(sorted(wanted)):
            statement = self._others().where(usage_charge.c.fingerprint.in_(some)).limit(_MOST)
            for row in conn.execute(statement).mappings():
                self._take(found, wanted[row["fingerprint"]], row)
        return found

    def _by_shape(self, conn: sa.Connection, calls: Sequence[Sighting]) -> dict[str, Twin]:
        found: dict[str, Twin] = {}
        for some in _pieces(calls):
            rows: dict[tuple[str, int, int], list[Mapping[Any, Any]]] = defaultdict(list)
            first, last = min(one.at for one in some), max(one.until for one in some)
            statement = self._others().where(
                usage_charge.c.day.between(_day(first - 86_400_000), _day(last + 86_400_000)),
                usage_charge.c.at.between(_at(first) - _NEAR, _at(last) + _NEAR),
                _IN.in_({one.usage.all_input for one in some}),
                _OUT.in_({one.usage.all_output for one in some}),
            )
            for row in conn.execute(statement.limit(_MOST)).mappings():
                rows[plain_model(row["model"]), row["taken"], row["given"]].append(row)
            for one in some:
                shape = (plain_model(one.model), one.usage.all_input, one.usage.all_output)
                near = [row for row in rows.get(shape, ()) if _is_near(one, row) and _may_be(one, row)]
                for row in sorted(near, key=lambda row: abs(_at(one.at) - row["at"])):
                    if self._take(found, one, row):
                        break
        return found

    def _others(self) -> Any:
        table = usage_charge.c
        columns = (table.id, table.at, table.model, table.source, table.usd_nano, table.fingerprint)
        found = sa.select(*columns, _IN.label("taken"), _OUT.label("given")).where(
            table.source != self.source, table.corrects.is_(None)
        )
        return found.where(table.source.in_(self.only)) if self.only else found

    def _take(self, found: dict[str, Twin], one: Sighting, row: Mapping[Any, Any]) -> bool:
        if row["id"] in self._used or one.id in found:
            return False
        self._used.add(row["id"])
        found[one.id] = Twin(row["id"], row["source"], row["usd_nano"])
        return True


def _is_near(one: Sighting, row: Mapping[Any, Any]) -> bool:
    return _at(one.at) - _NEAR <= row["at"] <= _at(one.until) + _NEAR


def _may_be(one: Sighting, row: Mapping[Any, Any]) -> bool:
    theirs = row["fingerprint"] or ""
    return not (_STATED.match(one.fingerprint) and _STATED.match(theirs) and theirs != one.fingerprint)


@dataclass(slots=True)
class _Held:
    tokens: list[int]
    nano: int


@dataclass(slots=True)
class Cover:
    """What the ledger has of a provider's days from other sources, used up by what is compared with it."""

    source: str
    _days: dict[tuple[str, str], dict[str, _Held]] = field(default_factory=dict[tuple[str, str], dict[str, _Held]])

    def of_usage(self, conn: sa.Connection, one: Sighting) -> Usage:
        """The part of a bucket's tokens that is there already, by class."""
        held = self._held(conn, one.provider, one.day).get(plain_model(one.model))
        return less(None if held is None else held.tokens, one.usage)

    def of_amount(self, conn: sa.Connection, one: Sighting, nano: int) -> int:
        """The part of an amount that is there already: of its model, or of all where it names none."""
        left = nano
        for day in _days_of(one):
            for model, held in self._held(conn, one.provider, day).items():
                if one.model and model != plain_model(one.model):
                    continue
                part = min(left, held.nano)
                held.nano -= part
                left -= part
        return nano - left

    def _held(self, conn: sa.Connection, provider: str, day: str) -> dict[str, _Held]:
        key = (provider, day)
        if key not in self._days:
            table = usage_daily.c
            sums = [sa.func.sum(table[f"{name}_tokens"]) for name in CLASSES]
            statement = (
                sa.select(table.model, sa.func.sum(table.usd_nano), *sums)
                .where(table.day == day, table.provider == provider, table.source != self.source)
                .group_by(table.model)
                .limit(_MOST)
            )
            made = self._days[key] = {}
            for model, nano, *tokens in map(tuple, conn.execute(statement)):
                held = made.setdefault(plain_model(model), _Held([0] * len(CLASSES), 0))
                held.nano += max(0, int(nano))
                held.tokens = [have + max(0, int(more)) for have, more in zip(held.tokens, tokens, strict=True)]
        return self._days[key]


_APART = ("audio_input", "audio_output")
_ALIKE = (
    [index for index, name in enumerate(CLASSES) if name not in (*_GIVEN, *_APART)],
    [CLASSES.index("output"), CLASSES.index("reasoning")],
    *([CLASSES.index(name)] for name in _APART),
)
"""Classes that stand for each other: what one side counts as reasoning or cached, the other may count with the rest."""


def less(held: list[int] | None, wanted: Usage) -> Usage:
    """The part of `wanted` that is held already, by class; it is taken off `held`."""
    if held is None:
        return Usage()
    asked = [getattr(wanted, name) for name in CLASSES]
    found = [min(have, want) for have, want in zip(held, asked, strict=True)]
    for alike in _ALIKE:
        spare = sum(held[index] - found[index] for index in alike)
        for index in alike:
            more = min(spare, asked[index] - found[index])
            found[index] += more
            spare -= more
        used = sum(found[index] for index in alike)
        for index in alike:
            part = min(held[index], used)
            held[index] -= part
            used -= part
    return Usage(*found)


def _days_of(one: Sighting) -> Iterable[str]:
    """The days a sighting speaks of; at most a year of them. A span that ends at midnight ends with the day before."""
    first, last = _at(one.at), _at(max(one.at, one.until - 1))
    for step in range(min(366, (last.date() - first.date()).days + 1)):
        yield (first + timedelta(days=step)).strftime("%Y-%m-%d")


def _pieces(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _PIECE] for start in range(0, len(items), _PIECE))


def _at(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def _day(millis: int) -> str:
    return _at(millis).strftime("%Y-%m-%d")
