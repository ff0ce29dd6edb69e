"""The latest executions, each with what it used and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import EntryKind
from tiebeam.economics.metering import CLASSES
from tiebeam.economics.prices import Prices
from tiebeam.economics.returns.cells import Dollars, counted
from tiebeam.economics.returns.tables import usage_outcome
from tiebeam.economics.tables import ledger_entry, usage_charge, usage_daily
from tiebeam.economics.totals import EVERYTHING, NO_FILTERS, Scope, Span, UseFilters

MOST_EXECUTIONS = 500


@dataclass(frozen=True, slots=True)
class LatestExecution:
    """All an execution has cost and brought so far, on whatever days. `last_at` is its latest charge."""

    execution: str
    team: str
    workflow: str
    last_at: datetime
    calls: int
    tokens: int
    usd_nano: int
    accepted: int
    value_nano: int


def latest_executions(
    conn: sa.Connection,
    *,
    span: Span,
    prices: Prices,
    filters: UseFilters = NO_FILTERS,
    limit: int = 50,
    scope: Scope = EVERYTHING,
) -> list[LatestExecution]:
    """Those with charges on these days, the latest first, at most 500. Value without a rate to dollars is left out."""
    names = _latest(conn, span, filters, max(1, min(limit, MOST_EXECUTIONS)), scope)
    if not names:
        return []
    used = _used(conn, names, scope)
    accepted, value = _came(conn, names, scope, Dollars(prices))
    return [
        LatestExecution(
            execution=name,
            team=used[name].team,
            workflow=used[name].workflow,
            last_at=used[name].last_at,
            calls=int(used[name].calls),
            tokens=int(used[name].tokens),
            usd_nano=int(used[name].usd_nano),
            accepted=accepted[name],
            value_nano=value[name],
        )
        for name in names
    ]


def _latest(conn: sa.Connection, span: Span, filters: UseFilters, size: int, scope: Scope) -> list[str]:
    """Day by day backwards, so that no more days are looked at than are needed."""
    daily, table = usage_daily.c, usage_charge.c
    days = sa.select(daily.day).where(
        *span.clause(daily.day),
        *(daily[column] == value for column, value in filters.given.items()),
        scope.clause(daily.team, daily.workflow),
    )
    found: dict[str, None] = {}
    for day in list(conn.execute(days.distinct().order_by(daily.day.desc()).limit(3_700)).scalars()):
        newest = sa.func.max(table.seq)
        query = sa.select(table.execution).where(
            table.day == day,
            table.execution != "",
            *(table[column] == value for column, value in filters.given.items()),
            scope.clause(table.team, table.workflow),
        )
        rows = conn.execute(query.group_by(table.execution).order_by(newest.desc()).limit(size + len(found)))
        found.update(dict.fromkeys(rows.scalars()))
        if len(found) >= size:
            break
    return list(found)[:size]


def _used(conn: sa.Connection, names: Sequence[str], scope: Scope) -> dict[str, Any]:
    table = usage_charge.c
    tokens = [table[f"{name}_tokens"] for name in CLASSES]
    is_call = sa.and_(table.concluded, table.corrects.is_(None))
    query = sa.select(
        table.execution,
        sa.func.min(table.team).label("team"),
        sa.func.min(table.workflow).label("workflow"),
        sa.func.max(table.at).label("last_at"),
        sa.func.sum(sa.case((is_call, 1), else_=0)).label("calls"),
        sa.func.sum(sum(tokens[1:], start=tokens[0])).label("tokens"),
        sa.func.sum(table.usd_nano).label("usd_nano"),
    ).where(table.execution.in_(names), scope.clause(table.team, table.workflow))
    return {row.execution: row for row in conn.execute(query.group_by(table.execution))}


def _came(
    conn: sa.Connection, names: Sequence[str], scope: Scope, dollars: Dollars
) -> tuple[defaultdict[str, int], defaultdict[str, int]]:
    """Accepted outcomes and their value, by execution: as reported, and of our own runs from the ledger."""
    accepted, value = defaultdict[str, int](int), defaultdict[str, int](int)
    told = usage_outcome.c
    sums = [sa.func.sum(told[name]).label(name) for name in ("accepted", "value_nano")]
    query = sa.select(told.execution, *sums).where(
        told.execution.in_(names), scope.clause(told.team, told.workflow), counted()
    )
    for row in conn.execute(query.group_by(told.execution)):
        accepted[row.execution] += int(row.accepted)
        value[row.execution] += int(row.value_nano)
    own, kinds = ledger_entry.c, [EntryKind.OUTCOME.value, EntryKind.VALUE.value]
    lines = sa.select(own.run_id, own.kind, own.quantity, own.amount, own.currency).where(
        own.run_id.in_(names), own.kind.in_(kinds), scope.clause(own.team, own.intent)
    )
    for row in conn.execute(lines.limit(10 * MOST_EXECUTIONS)):
        if row.kind == EntryKind.OUTCOME:
            accepted[row.run_id] += int(row.quantity)
        elif row.currency:
            value[row.run_id] += dollars.nano(row.amount or Decimal(0), row.currency) or 0
    return accepted, value
