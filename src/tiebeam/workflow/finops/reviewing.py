"""The monthly review of every line's model use, as a task of the role that answers for its FinOps (EC-22)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.economics.forecast import Month
from tiebeam.economics.totals import By, Scope, Span, Total, below, names_of, totals
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.kit import decimal_text
from tiebeam.spec import Budget, BudgetLevel, Status
from tiebeam.store import Store, Unit
from tiebeam.workflow.finops.tables import finops_task
from tiebeam.workforce import Workforce

MONTHLY_REVIEW = "finops.monthly-review"
"""The handoff protocol by which months are reviewed."""
_STEP = "monthly-review"
_LOOK_SECONDS = 900.0
_SHOWN = 5
_AFTER = timedelta(hours=6)
"""Charges of the last hour may still be on their way into the books."""
_log = logging.getLogger("tiebeam.finops")


class MonthlyReviews:
    """Safe with several workers: one task for each line and month."""

    def __init__(self, store: Store, *, graph: Callable[[], Graph], workforce: Workforce) -> None:
        self._store = store
        self._graph = graph
        self._workforce = workforce

    def work(self) -> float:
        """One turn of the worker's loop: reviews that are due and not there yet. Returns the seconds until the next."""
        month = Month.of(self._store.clock.now() - _AFTER).plus(-1)
        for budget in self._graph().budgets.values():
            if budget.finops_owner is None or budget.meta.status is Status.RETIRED:
                continue
            try:
                with self._store.unit() as unit:
                    self._review(unit, budget, month)
            except TiebeamError as problem:
                # A role nobody holds must not keep the other lines from theirs.
                _log.warning("no review of %s for %s was opened: %s", budget.id, month, problem.message)
        return _LOOK_SECONDS

    def _review(self, unit: Unit, budget: Budget, month: Month) -> str | None:
        """The id of the task; None when it was opened before or the line used nothing."""
        key = f"review:{budget.id}:{month}"
        if unit.conn.execute(sa.select(finops_task.c.task_id).where(finops_task.c.key == key)).first() is not None:
            return None
        facts = self._spending(unit.conn, budget, month)
        if facts is None:
            return None
        task_id = self._open(unit, budget, month, facts)
        insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
        row = {"task_id": task_id, "kind": _STEP, "budget": budget.id, "key": key, "at": unit.now}
        unit.conn.execute(insert(finops_task).values(**row))
        return task_id

    def _spending(self, conn: sa.Connection, budget: Budget, month: Month) -> dict[str, Any] | None:
        scope = self._scope(budget)
        found = _month(conn, By.WORKFLOW, month, scope)
        before = _month(conn, By.WORKFLOW, month.plus(-1), scope)
        if not found:
            return None
        spent, earlier = _sum(found), _sum(before)
        return {
            "spent_usd": decimal_text(spent),
            "month_before_usd": decimal_text(earlier),
            "ceiling_usd": decimal_text(budget.usd_per_month),
            "share_of_ceiling": decimal_text((spent / budget.usd_per_month).quantize(Decimal("0.001")))
            if budget.usd_per_month
            else None,
            "estimated_usd": decimal_text(sum((Decimal(one.estimated_nano) for one in found), Decimal()) / 10**9),
            "spent_on_retries_usd": decimal_text(sum((Decimal(one.retried_nano) for one in found), Decimal()) / 10**9),
            "dearest_workflows": _dearest(found),
            "dearest_models": _dearest(_month(conn, By.MODEL, month, scope)),
            "dearest_teams": _dearest(_month(conn, By.TEAM, month, scope)),
        }

    def _scope(self, budget: Budget) -> Scope:
        if budget.level is BudgetLevel.ORGANISATION:
            return Scope(everything=True)
        budgets = self._graph().budgets
        names = {name for one in (budget.id, *below(budgets, budget.id)) for name in names_of(budgets[one])}
        return Scope(teams=frozenset(names), workflows=frozenset(names))

    def _open(self, unit: Unit, budget: Budget, month: Month, facts: dict[str, Any]) -> str:
        assert budget.finops_owner is not None
        graph = self._graph()
        shown = {
            "statement": f"/economics/statements?month={month}",
            "charges": f"/economics/ledger?from={month.first}&to={month.last}",
        }
        return self._workforce.open_task(
            unit,
            run_id="",
            seq=0,
            step_id=_STEP,
            handoff=graph.handoffs[MONTHLY_REVIEW],
            title=f"{budget.title}: review of {month}",
            summary=f"{Decimal(facts['spent_usd']):,.2f} USD of {budget.usd_per_month:,.2f} USD, after "
            f"{Decimal(facts['month_before_usd']):,.2f} USD the month before",
            payload={"line": budget.id, "month": str(month), **facts},
            context={"line": budget.title, "month": str(month), "spending": facts, **shown},
            role=budget.finops_owner,
            team="",
            routed_because=f"{budget.finops_owner} answers for the FinOps of {budget.id!r}",
        )


def _month(conn: sa.Connection, by: By, month: Month, scope: Scope) -> list[Total]:
    return totals(conn, by=by, span=Span(month.first, month.last), scope=scope)


def _sum(rows: list[Total]) -> Decimal:
    return sum((one.cost_usd for one in rows), Decimal())


def _dearest(rows: list[Total]) -> list[dict[str, str]]:
    return [{"name": one.key or "none named", "usd": decimal_text(one.cost_usd)} for one in rows[:_SHOWN]]
