"""Sums of a day's charges, the same from rows, from files and from the rollup, so that one proves the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES
from tiebeam.economics.tables import usage_daily

SUMMED = ("requests", "attempts", *(f"{name}_tokens" for name in CLASSES), "usd_nano", "estimated_nano")
_MOST_DAYS = 40_000

DaySums = dict[str, list[int]]
"""By day, in the order of SUMMED."""


def add_charge(sums: DaySums, charge: Mapping[str, Any]) -> None:
    """A correction is neither a request nor an attempt."""
    counts = int(charge["corrects"] is None)
    nano = charge["usd_nano"]
    held = sums.setdefault(charge["day"], [0] * len(SUMMED))
    held[0] += int(counts and charge["concluded"])
    held[1] += counts
    for index, name in enumerate(CLASSES, start=2):
        held[index] += charge[f"{name}_tokens"]
    held[-2] += nano
    held[-1] += nano if charge["estimated"] else 0


def rollup_sums(conn: sa.Connection, *, since: str = "", until: str = "9") -> DaySums:
    """What the rollup says of each day."""
    columns = [sa.func.sum(usage_daily.c[name]) for name in SUMMED]
    statement = (
        sa.select(usage_daily.c.day, *columns)
        .where(usage_daily.c.day.between(since, until))
        .group_by(usage_daily.c.day)
        .order_by(usage_daily.c.day)
        .limit(_MOST_DAYS)
    )
    return {day: [int(value) for value in values] for day, *values in map(tuple, conn.execute(statement))}


def added_up(some: Iterable[Mapping[str, list[int]]]) -> DaySums:
    total: DaySums = {}
    for sums in some:
        for day, values in sums.items():
            held = total.setdefault(day, [0] * len(SUMMED))
            for index, value in enumerate(values):
                held[index] += value
    return total
