"""Single executions that cost far more than others of their workflow, or more than their budget wants to be told of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp, log

import sqlalchemy as sa

from tiebeam.economics.anomalies.anomaly import Anomaly, AnomalyKind
from tiebeam.economics.anomalies.robust import centre_and_scale
from tiebeam.economics.anomalies.series import Place
from tiebeam.economics.tables import usage_charge
from tiebeam.economics.totals import Scope, below, names_of, usd_text
from tiebeam.errors import Invalid
from tiebeam.kit import nano_usd
from tiebeam.spec import AnomalyRules, Budget, BudgetLevel

MOST_EXECUTIONS = 200_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Ordinary:
    """What an execution of a workflow costs on a day, on a logarithmic scale."""

    count: int
    centre: float
    scale: float


def runaways(
    conn: sa.Connection, day: date, rules: AnomalyRules, *, budgets: Mapping[str, Budget], scope: Scope
) -> Iterator[Anomaly]:
    """Of executions that called on the day, by all they have cost so far. Raises Invalid on too many."""
    by_place = _costs(conn, day, scope)
    for place, costs in by_place.items():
        limit = _limit(budgets, place)
        ordinary = _ordinary(costs.values(), rules)
        for execution, nano in costs.items():
            said = _said(nano, limit, ordinary, rules)
            if said is not None:
                yield _anomaly(place, execution, day, nano, said)


@dataclass(frozen=True, slots=True)
class _Said:
    expected: int
    threshold: int
    because: str


def _said(nano: int, limit: int | None, ordinary: _Ordinary | None, rules: AnomalyRules) -> _Said | None:
    if limit is not None and nano >= limit:
        return _Said(limit, limit, f"it cost ${usd_text(nano)}; its budget wants to be told from ${usd_text(limit)} on")
    if ordinary is None or nano <= 0:
        return None
    usual = exp(ordinary.centre)
    beyond = log(nano) - ordinary.centre
    if nano < float(rules.execution_ratio) * usual or nano - usual < nano_usd(rules.least_usd):
        return None
    if ordinary.scale and beyond / ordinary.scale < float(rules.execution_deviations):
        return None
    threshold = max(
        float(rules.execution_ratio) * usual, exp(ordinary.centre + float(rules.execution_deviations) * ordinary.scale)
    )
    return _Said(
        round(usual),
        round(threshold),
        f"it cost ${usd_text(nano)}, {nano / usual:.0f} times the median of {ordinary.count} executions of that day",
    )


def _ordinary(costs: Iterable[int], rules: AnomalyRules) -> _Ordinary | None:
    logs = [log(one) for one in costs if one > 0]
    if len(logs) < rules.least_executions:
        return None
    return _Ordinary(len(logs), *centre_and_scale(logs))


def _limit(budgets: Mapping[str, Budget], place: Place) -> int | None:
    """The least that a budget it counts against wants to be told of."""
    limits: list[Decimal] = []
    for budget_id, budget in budgets.items():
        told = budget.warn_usd_per_execution or budget.usd_per_execution
        if told is None:
            continue
        covered = {name for one in (budget_id, *below(budgets, budget_id)) for name in names_of(budgets[one])}
        if budget.level is BudgetLevel.ORGANISATION or covered.intersection(place):
            limits.append(told)
    return nano_usd(min(limits)) if limits else None


def _costs(conn: sa.Connection, day: date, scope: Scope) -> dict[Place, dict[str, int]]:
    table = usage_charge.c
    groups = (table.team, table.workflow, table.execution)
    query = sa.select(*groups).where(
        table.day == day.isoformat(), table.execution != "", scope.clause(table.team, table.workflow)
    )
    rows = conn.execute(query.distinct().limit(MOST_EXECUTIONS + 1)).all()
    if len(rows) > MOST_EXECUTIONS:
        raise Invalid(f"more than {MOST_EXECUTIONS:,} executions called on {day}; look at one team")
    names = sorted({row.execution for row in rows})
    wanted = {(row.team, row.workflow, row.execution) for row in rows}
    found: dict[Place, dict[str, int]] = {}
    for start in range(0, len(names), _AT_ONCE):
        costs = sa.select(*groups, sa.func.sum(table.usd_nano).label("nano")).where(
            table.execution.in_(names[start : start + _AT_ONCE]), table.day <= day.isoformat()
        )
        for row in conn.execute(costs.group_by(*groups)):
            if (row.team, row.workflow, row.execution) in wanted:
                found.setdefault((row.team, row.workflow), {})[row.execution] = int(row.nano)
    return found


def _anomaly(place: Place, execution: str, day: date, nano: int, said: _Said) -> Anomaly:
    return Anomaly(
        kind=AnomalyKind.RUNAWAY,
        day=day,
        team=place[0],
        workflow=place[1],
        execution=execution,
        unit="usd",
        observed=usd_text(nano),
        expected=usd_text(said.expected),
        threshold=usd_text(said.threshold),
        excess_nano=max(0, nano - said.expected),
        because=said.because,
        ledger={"team": place[0], "workflow": place[1], "execution": execution},
    )
