"""Following value to models, by the executions in which it came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import EntryKind
from tiebeam.economics.metering import CLASSES
from tiebeam.economics.returns.cells import Cell, Dollars, Place, Worth, counted
from tiebeam.economics.returns.tables import usage_outcome
from tiebeam.economics.tables import ledger_entry, usage_charge, usage_daily
from tiebeam.economics.totals import Scope, Span, share_out
from tiebeam.errors import Invalid

MOST_EXECUTIONS = 200_000
_AT_ONCE = 500
Used = tuple[int, int]
"""(nano-dollars, tokens)."""


@dataclass(slots=True)
class _Followed:
    """What came of one execution, or without any (empty text), for one team's workflow."""

    execution: str
    place: Place
    accepted: int = 0
    ended: int = 0
    value: int = 0


@dataclass(slots=True)
class _Shares:
    value: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    accepted: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    ended: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))


def worth_by_model(
    conn: sa.Connection,
    worth: Worth,
    *,
    span: Span,
    scope: Scope,
    dollars: Dollars,
    team: str | None,
    workflow: str | None,
) -> dict[str, Cell]:
    """What each model had a part in; the empty name holds what no model can be found for.

    The value of an execution is shared among its models by what each cost, so that values add up to those of the
    workflows. An outcome counts for every model that took part. What names no execution is shared by the use of its
    team and workflow in these days. Raises Invalid where more executions ended than can be followed.
    """
    used = _used_by_place(conn, span, scope)
    shares: dict[Place, _Shares] = defaultdict(_Shares)
    own = _own_runs(conn, span, scope, dollars, team, workflow)
    for chunk in _chunks([*own, *_reported(conn, span, scope, team, workflow)]):
        models = _used_by_execution(conn, [one.execution for one in chunk if one.execution])
        for one in chunk:
            _share(shares[one.place], one, models.get(one.execution) or used.get(one.place) or {"": (0, 0)})
    return _summed(worth, shares, used)


def _share(shares: _Shares, one: _Followed, models: Mapping[str, Used]) -> None:
    costs = {model: max(0, nano) for model, (nano, _) in models.items()}
    weights = costs if any(costs.values()) else {model: max(0, tokens) for model, (_, tokens) in models.items()}
    for model, part in share_out(one.value, weights).items():
        shares.value[model] += part
    for model in models:
        shares.accepted[model] += one.accepted
        shares.ended[model] += one.ended


def _summed(worth: Worth, shares: Mapping[Place, _Shares], used: Mapping[Place, Mapping[str, Used]]) -> dict[str, Cell]:
    """The cells' own sums, in the proportions that were followed: rounding by the run never shows in a total."""
    found: dict[str, Cell] = {}
    for place, cell in worth.together().items():
        mine = shares.get(place, _Shares())
        weights = {model: max(0, part) for model, part in mine.value.items()}
        weights = weights or {model: max(0, nano) for model, (nano, _) in used.get(place, {}).items()} or {"": 0}
        for model, part in share_out(cell.value, weights).items():
            found.setdefault(model, Cell()).value += part
        for model in mine.ended:
            one = found.setdefault(model, Cell())
            one.accepted += mine.accepted[model]
            one.ended += mine.ended[model]
    return found


def _own_runs(
    conn: sa.Connection, span: Span, scope: Scope, dollars: Dollars, team: str | None, workflow: str | None
) -> list[_Followed]:
    table = ledger_entry.c
    query = sa.select(
        table.run_id, table.team, table.intent, table.kind, table.quantity, table.amount, table.currency
    ).where(
        *span.clause(table.day),
        table.kind.in_([EntryKind.OUTCOME.value, EntryKind.VALUE.value]),
        scope.clause(table.team, table.intent),
        *_named(table.team, team),
        *_named(table.intent, workflow),
    )
    found: dict[str, _Followed] = {}
    for row in conn.execute(query.limit(2 * MOST_EXECUTIONS + 1)):
        one = found.setdefault(row.run_id, _Followed(row.run_id, (row.team, row.intent)))
        if row.kind == EntryKind.OUTCOME:
            one.accepted += int(row.quantity)
            one.ended += 1
        elif row.amount is not None:
            one.value += dollars.nano(row.amount, row.currency) or 0
    return _few_enough(list(found.values()))


def _reported(conn: sa.Connection, span: Span, scope: Scope, team: str | None, workflow: str | None) -> list[_Followed]:
    rows = conn.execute(_reports(span, scope, team, workflow).limit(MOST_EXECUTIONS + 1))
    return _few_enough(
        [
            _Followed(row.execution, (row.team, row.workflow), int(row.accepted), int(row.ended), int(row.value))
            for row in rows
        ]
    )


def _reports(span: Span, scope: Scope, team: str | None, workflow: str | None) -> sa.Select[Any]:
    table = usage_outcome.c
    sums = [
        sa.func.sum(table[column]).label(name)
        for column, name in (("accepted", "accepted"), ("ended", "ended"), ("value_nano", "value"))
    ]
    where = (
        *span.clause(table.day),
        scope.clause(table.team, table.workflow),
        counted(),
        *_named(table.team, team),
        *_named(table.workflow, workflow),
    )
    groups = (table.execution, table.team, table.workflow)
    return sa.select(*groups, *sums).where(*where).group_by(*groups)


def _used_by_place(conn: sa.Connection, span: Span, scope: Scope) -> dict[Place, dict[str, Used]]:
    table = usage_daily.c
    sums = (sa.func.sum(table.usd_nano).label("nano"), sa.func.sum(_tokens(usage_daily)).label("tokens"))
    groups = (table.team, table.workflow, table.model)
    query = sa.select(*groups, *sums).where(*span.clause(table.day), scope.clause(table.team, table.workflow))
    found: dict[Place, dict[str, Used]] = {}
    for row in conn.execute(query.group_by(*groups)):
        found.setdefault((row.team, row.workflow), {})[row.model] = (int(row.nano), int(row.tokens))
    return found


def _used_by_execution(conn: sa.Connection, executions: Sequence[str]) -> dict[str, dict[str, Used]]:
    """Of all days: a run that ended today may have called yesterday."""
    table = usage_charge.c
    sums = (sa.func.sum(table.usd_nano).label("nano"), sa.func.sum(_tokens(usage_charge)).label("tokens"))
    query = sa.select(table.execution, table.model, *sums).where(table.execution.in_(executions))
    found: dict[str, dict[str, Used]] = {}
    for row in conn.execute(query.group_by(table.execution, table.model)):
        found.setdefault(row.execution, {})[row.model] = (int(row.nano), int(row.tokens))
    return found


def _tokens(table: sa.Table) -> sa.ColumnElement[Any]:
    columns = [table.c[f"{name}_tokens"] for name in CLASSES]
    return sum(columns[1:], start=columns[0])


def _named(column: sa.ColumnElement[str], name: str | None) -> list[sa.ColumnElement[bool]]:
    return [] if name is None else [column == name]


def _few_enough(found: list[_Followed]) -> list[_Followed]:
    if len(found) > MOST_EXECUTIONS:
        raise Invalid(f"more than {MOST_EXECUTIONS:,} executions ended in these days; choose a shorter span or a team")
    return found


def _chunks(items: list[_Followed]) -> Iterator[list[_Followed]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
