"""Daily figures of model use by team, workflow and model, from the rollup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.tables import INPUT_CLASSES, usage_daily
from tiebeam.economics.totals import Scope, Span
from tiebeam.errors import Invalid

MOST_ROWS = 200_000


@dataclass(slots=True)
class Figures:
    """What was used on one day."""

    usd_nano: int = 0
    retried_nano: int = 0
    requests: int = 0
    attempts: int = 0
    input: int = 0
    cached: int = 0

    def add(self, other: Figures) -> None:
        for one in fields(Figures):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


Days = dict[date, Figures]
Place = tuple[str, str]
"""(team, workflow)."""


@dataclass(frozen=True, slots=True)
class Series:
    """By team and workflow, and the same by model; days without use are left out."""

    places: Mapping[Place, Days]
    models: Mapping[tuple[str, str, str], Days]


def read_series(conn: sa.Connection, *, span: Span, scope: Scope) -> Series:
    """Raises Invalid on more rows than can be looked at together."""
    table = usage_daily.c
    groups = (table.day, table.team, table.workflow, table.model)
    inputs = [table[f"{name}_tokens"] for name in INPUT_CLASSES]
    sums = (
        *(sa.func.sum(table[name]).label(name) for name in ("usd_nano", "retried_nano", "requests", "attempts")),
        sa.func.sum(sum(inputs[1:], start=inputs[0])).label("input"),
        sa.func.sum(table.cached_tokens).label("cached"),
    )
    query = sa.select(*groups, *sums).where(*span.clause(table.day), scope.clause(table.team, table.workflow))
    rows = conn.execute(query.group_by(*groups).limit(MOST_ROWS + 1)).mappings().all()
    if len(rows) > MOST_ROWS:
        raise Invalid(f"more than {MOST_ROWS:,} days of teams, workflows and models; look at fewer days")
    return _series(rows)


def _series(rows: Iterable[Mapping[Any, Any]]) -> Series:
    places: dict[Place, Days] = {}
    models: dict[tuple[str, str, str], Days] = {}
    for row in rows:
        day = date.fromisoformat(row["day"])
        figures = Figures(**{one.name: int(row[one.name]) for one in fields(Figures)})
        place = (row["team"], row["workflow"])
        models.setdefault((*place, row["model"]), {})[day] = figures
        places.setdefault(place, {}).setdefault(day, Figures()).add(figures)
    return Series(places, models)


def days_before(days: Days, day: date, *, most: int) -> list[date]:
    """The days before one, at most so many, from the first with any use on; quiet days in between count too."""
    first = max(min(days, default=day), date.fromordinal(max(1, day.toordinal() - most)))
    return [first + timedelta(days=number) for number in range((day - first).days)]
