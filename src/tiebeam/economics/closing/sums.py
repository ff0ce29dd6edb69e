"""Sums of a day's charges, the same from rows, from files and from the rollup, so that one proves the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import and_, mul
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES
from tiebeam.economics.tables import usage_daily

SUMMED = ("requests", "attempts", *(f"{name}_tokens" for name in CLASSES), "usd_nano", "estimated_nano")
_MOST_DAYS = 40_000

DaySums = dict[str, list[int]]
"""By day, in the order of SUMMED."""


NEEDED = ("day", "corrects", "concluded", "estimated", "usd_nano", *(f"{name}_tokens" for name in CLASSES))
"""The columns that sums are made of."""


def add_columns(sums: DaySums, columns: Mapping[str, Sequence[Any]]) -> None:
    """Add charges given by column. A correction is neither a request nor an attempt."""
    start = 0
    for day, some in groupby(columns["day"]):
        stop = start + sum(1 for _ in some)
        part = {name: columns[name][start:stop] for name in NEEDED}
        counted = [corrects is None for corrects in part["corrects"]]
        held = sums.setdefault(day, [0] * len(SUMMED))
        held[0] += sum(map(and_, counted, part["concluded"]))
        held[1] += sum(counted)
        for index, name in enumerate(CLASSES, start=2):
            held[index] += sum(part[f"{name}_tokens"])
        held[-2] += sum(part["usd_nano"])
        held[-1] += sum(map(mul, part["usd_nano"], part["estimated"]))
        start = stop


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
