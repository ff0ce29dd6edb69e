"""Proving that the rows, the rollup and the budgets tell the same sums, to the nano-dollar."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.tables import (
    CLASSES,
    DAILY,
    MONTHLY,
    usage_charge,
    usage_daily,
    usage_emptied,
    usage_monthly,
    usage_spend,
)

_KEY = tuple(name for name in DAILY if name != "slot")
_TOKENS = tuple(f"{name}_tokens" for name in CLASSES)
_SUMS = ("requests", "attempts", *_TOKENS, "usd_nano", "estimated_nano", "retried_nano")
_FETCH = 5_000
MOST_FAULTS = 200

_Key = tuple[Any, ...]
_Line = tuple[int, ...]


def check_usage(conn: sa.Connection) -> list[str]:
    """Every place where the sums differ, in words, at most 200; empty when the books are true.

    Reads every charge once, in the database. Days whose charges left it are compared as whole days with what they
    came to when they left.
    """
    faults = [*_daily_faults(conn), *_monthly_faults(conn), *_spend_faults(conn)]
    return faults[:MOST_FAULTS]


def _daily_faults(conn: sa.Connection) -> Iterator[str]:
    emptied = _emptied(conn, "day")
    whole: dict[str, list[int]] = {day: list(sums) for (day, _), sums in emptied.items()}
    rows = _grouped(conn, usage_charge, _row_sums(), _KEY)
    said = _grouped(conn, usage_daily, [sa.func.sum(usage_daily.c[name]) for name in _SUMS], _KEY)
    for key, truth, told in _side_by_side(rows, said):
        day = key[0]
        if day in whole:
            # Requests, tokens, dollars and estimates, as they were kept when charges of this day left.
            _add(whole[day], _short(truth))
            _add(whole[day], tuple(-value for value in _short(told)))
        elif truth != told:
            yield f"{' '.join(part or '-' for part in key)}: charges ≠ rollup: {_difference(truth, told)}"
    for day, rest in sorted(whole.items()):
        if any(rest):
            yield f"{day}: charges, those that left included, and the rollup differ by {rest}"


def _monthly_faults(conn: sa.Connection) -> Iterator[str]:
    table, names = usage_daily.c, [name for name in MONTHLY if name not in {"month", "slot"}]
    places = [sa.func.substr(table.day, 1, 7).label("month"), *(table[name] for name in names)]
    sums = [sa.func.sum(table[name]) for name in _SUMS]
    days = {
        tuple(row[: len(places)]): tuple(int(value) for value in row[len(places) :])
        for row in conn.execute(sa.select(*places, *sums).group_by(*places).execution_options(yield_per=_FETCH))
    }
    said = _grouped(conn, usage_monthly, [sa.func.sum(usage_monthly.c[name]) for name in _SUMS], ("month", *names))
    for key, truth, told in _side_by_side(days, said):
        if truth != told:
            yield f"{' '.join(part or '-' for part in key)}: days ≠ month: {_difference(truth, told)}"


def _spend_faults(conn: sa.Connection) -> Iterator[str]:
    table = usage_charge.c
    truth: dict[_Key, list[int]] = {key: [sums[2], sums[3], sums[0]] for key, sums in _emptied(conn, "budget").items()}
    columns = [sa.func.sum(table.usd_nano), _estimated(), _counted(table.concluded)]
    grouped = sa.select(sa.cast(table.nodes, sa.Text), *columns).group_by(sa.cast(table.nodes, sa.Text))
    for row in conn.execute(grouped.execution_options(yield_per=_FETCH)):
        for node, window_start in json.loads(row[0]):
            _add(truth.setdefault((node, window_start), [0, 0, 0]), [int(value) for value in row[1:]])
    said = sa.select(
        usage_spend.c.node,
        usage_spend.c.window_start,
        *(sa.func.sum(usage_spend.c[name]) for name in ("spent_nano", "estimated_nano", "requests")),
    ).group_by(usage_spend.c.node, usage_spend.c.window_start)
    for row in conn.execute(said.execution_options(yield_per=_FETCH)):
        node, window_start, *sums = list(row)
        told = [int(value) for value in sums]
        found = truth.pop((node, window_start), [0, 0, 0])
        if found != told:
            yield f"the budget {node!r} from {window_start}: charges come to {found}, it says {told}"
    for (node, window_start), found in sorted(truth.items()):
        if any(found):
            yield f"the budget {node!r} from {window_start}: charges come to {found}, it says nothing"


def _row_sums() -> list[sa.ColumnElement[Any]]:
    table = usage_charge.c
    return [
        _counted(table.concluded),
        _counted(sa.true()),
        *(sa.func.sum(table[name]) for name in _TOKENS),
        sa.func.sum(table.usd_nano),
        _estimated(),
        sa.func.sum(sa.case((table.concluded, 0), else_=table.usd_nano)),
    ]


def _counted(which: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Corrections are neither requests nor attempts."""
    return sa.func.sum(sa.case((sa.and_(which, usage_charge.c.corrects.is_(None)), 1), else_=0))


def _estimated() -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((usage_charge.c.estimated, usage_charge.c.usd_nano), else_=0))


def _grouped(
    conn: sa.Connection, table: sa.Table, sums: Sequence[sa.ColumnElement[Any]], key: Sequence[str]
) -> Mapping[_Key, _Line]:
    places = [table.c[name] for name in key]
    statement = sa.select(*places, *sums).group_by(*places).execution_options(yield_per=_FETCH)
    width = len(places)
    return {tuple(row[:width]): tuple(int(value) for value in row[width:]) for row in conn.execute(statement)}


def _side_by_side(rows: Mapping[_Key, _Line], said: Mapping[_Key, _Line]) -> Iterator[tuple[_Key, _Line, _Line]]:
    nothing = (0,) * len(_SUMS)
    for key in sorted(rows.keys() | said.keys()):
        yield key, rows.get(key, nothing), said.get(key, nothing)


def _short(line: _Line) -> _Line:
    requests, _, *rest = line
    return (requests, sum(rest[: len(_TOKENS)]), rest[len(_TOKENS)], rest[len(_TOKENS) + 1])


def _emptied(conn: sa.Connection, scope: str) -> dict[_Key, _Line]:
    table = usage_emptied.c
    statement = sa.select(usage_emptied).where(table.scope == scope).execution_options(yield_per=_FETCH)
    return {
        (row.name, row.window_start): (row.requests, row.tokens, row.usd_nano, row.estimated_nano)
        for row in conn.execute(statement)
    }


def _add(sums: list[int], added: Sequence[int]) -> None:
    for index, value in enumerate(added):
        sums[index] += value


def _difference(truth: _Line, told: _Line) -> str:
    apart = [f"{name} {one} ≠ {other}" for name, one, other in zip(_SUMS, truth, told, strict=True) if one != other]
    return ", ".join(apart)
