"""The verbs: look at a month, keep its plan, raise alerts, and compare months that are over."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.forecast.keeping import Alert, keep_alert, keep_plan, kept_alerts, kept_plans
from tiebeam.economics.forecast.looking import Forecast, Problem, Spent, look, spent_in
from tiebeam.economics.forecast.months import Month
from tiebeam.economics.forecast.plan import Plan, plan_of
from tiebeam.economics.forecast.projection import Level
from tiebeam.economics.forecast.reconciling import Reconciled, reconcile
from tiebeam.economics.ledger import Economics
from tiebeam.economics.reading import MixedCurrencies, Tally, WorkflowSummary, rollup_rows
from tiebeam.economics.units import IncompleteEconomics, case_of
from tiebeam.errors import Invalid, NotFound, TiebeamError
from tiebeam.graph import Graph
from tiebeam.kit import plain
from tiebeam.spec import ForecastUse
from tiebeam.store import Store

ACTOR = "system:forecast"
_LOOK_SECONDS = 900.0
_MOST_MONTHS = 36
_AHEAD = 24
_log = logging.getLogger("tiebeam.forecast")

Rows = dict[str, list[Mapping[Any, Any]]]


class NotForecast(NotFound):
    """Nothing is adopted by that name, so nothing is forecast."""

    code = "not_forecast"


class Forecasting:
    """Cost by workflow and month. Safe with several workers: a plan is kept once, and so is an alert."""

    def __init__(self, store: Store, *, economics: Economics, graph: Callable[[], Graph]) -> None:
        self._store = store
        self._economics = economics
        self._prices = economics.prices
        self._graph = graph

    def month_now(self) -> Month:
        return Month.of(self._store.clock.now())

    def forecasts(
        self, conn: sa.Connection, month: Month | None = None, *, intents: Collection[str] | None = None
    ) -> list[Forecast]:
        """Every adopted workflow (of `intents`), by intent. What cannot be planned says why in its row.

        Raises Invalid for a month too far ahead.
        """
        asked = month or self.month_now()
        if asked > self.month_now().plus(_AHEAD):
            raise Invalid(f"{asked} is more than {_AHEAD} months ahead; ask for an earlier month")
        named = [one for one in sorted(self._graph().adoptions) if intents is None or one in intents]
        kept = kept_plans(conn, since=asked, until=asked, intents=named)
        rows = _by_intent(conn, asked, asked, named)
        return [self._forecast(one, asked, kept.get((one, asked)), rows[one]) for one in named]

    def forecast(self, conn: sa.Connection, intent: str, month: Month | None = None) -> Forecast:
        """One workflow's month. Raises NotForecast."""
        found = self.forecasts(conn, month, intents=[intent])
        if not found:
            raise NotForecast(f"no recipe is adopted as {intent!r}; 'tiebeam workflows' lists yours", workflow=intent)
        return found[0]

    def reconciled(
        self,
        conn: sa.Connection,
        *,
        until: Month | None = None,
        months: int = 12,
        intents: Collection[str] | None = None,
    ) -> list[Reconciled]:
        """Months that are over, newest first: each with a plan or with lines in the ledger. Raises Invalid."""
        if not 1 <= months <= _MOST_MONTHS:
            raise Invalid(f"ask for 1 to {_MOST_MONTHS} months, not {months}")
        over = self.month_now().plus(-1)
        last = min(until or over, over)
        first = last.plus(1 - months)
        plans = kept_plans(conn, since=first, until=last, intents=intents)
        rows = rollup_rows(conn, intent=None, since=first.first, until=last.last, intents=intents)
        by_month: dict[tuple[str, Month], list[Mapping[Any, Any]]] = defaultdict(list)
        for row in rows:
            by_month[(row["intent"], Month.read(row["day"][:7]))].append(row)
        keys = sorted({*plans, *by_month}, key=lambda one: (-one[1].year, -one[1].number, one[0]))
        return [self._reconciled(key, plans.get(key), by_month[key]) for key in keys]

    def served(
        self, conn: sa.Connection, *, since: date, until: date, intents: Collection[str] | None = None
    ) -> list[WorkflowSummary]:
        """Cost to serve against value of every adopted workflow (of `intents`) and of any that has lines, by intent."""
        found = {one.intent: one for one in self._economics.summaries(conn, since=since, until=until, intents=intents)}
        for intent in self._graph().adoptions:
            if intent not in found and (intents is None or intent in intents):
                currency = self._economics.prices.currency
                found[intent] = WorkflowSummary(currency=currency, intent=intent, since=since, until=until)
        return [found[intent] for intent in sorted(found)]

    def alerts(
        self, conn: sa.Connection, *, since: Month | None = None, intents: Collection[str] | None = None
    ) -> list[Alert]:
        """Those raised in the months from `since` (this one) on, newest first."""
        now = self.month_now()
        return kept_alerts(conn, since=since or now, until=now, intents=intents)

    def work(self) -> float:
        """One turn of the worker's loop: plans of this month are kept, then alerts raised. Returns the pause."""
        self.keep()
        self.check()
        return _LOOK_SECONDS

    def keep(self) -> list[Plan]:
        """Keep the plan of this month for every workflow that has none yet; returns those that are new."""
        now = self._store.clock.now()
        month = Month.of(now)
        with self._store.read() as conn:
            kept = kept_plans(conn, since=month, until=month)
        made: list[Plan] = []
        for intent in sorted(self._graph().adoptions):
            if (intent, month) in kept:
                continue
            plan, problem = self._plan(intent, month, now)
            if plan is None:
                _log.info("no plan of %s for %s: %s", month, intent, problem.message if problem else "")
            else:
                made.append(plan)
        if not made:
            return []
        with self._store.unit() as unit:
            new = [plan for plan in made if keep_plan(unit, plan)]
            for plan in new:
                payload = {
                    "month": str(plan.month),
                    "planned": plain(plan.total),
                    "currency": plan.currency,
                    "assumptions": plan.assumptions,
                }
                unit.journal(f"forecast:{plan.intent}", "forecast.planned", actor=ACTOR, payload=payload)
        return new

    def check(self) -> list[Alert]:
        """Raise what is to be raised of this month, each level once; returns what is new."""
        with self._store.read() as conn:
            worrying = [one for one in self.forecasts(conn) if one.level is not Level.CALM and one.is_kept]
            raised = {(one.intent, one.level.rank) for one in self.alerts(conn)}
        # After an alert a mere warning says nothing new.
        alerts = [
            alert
            for one in worrying
            if (alert := _alert(one)) and not any((one.intent, rank) in raised for rank in range(one.level.rank, 9))
        ]
        if not alerts:
            return []
        with self._store.unit() as unit:
            new = [alert for alert in alerts if keep_alert(unit, alert)]
            for alert in new:
                payload = {**plain(alert), "month": str(alert.month)}
                unit.journal(f"forecast:{alert.intent}", "forecast.alert", actor=ACTOR, payload=payload)
        return new

    def _forecast(self, intent: str, month: Month, kept: Plan | None, rows: list[Mapping[Any, Any]]) -> Forecast:
        now, graph = self._store.clock.now(), self._graph()
        adoption = graph.adoptions[intent]
        plan, problem = (kept, None) if kept is not None else self._plan(intent, month, now)
        currency = self._prices.currency
        try:
            spent = spent_in(rows, currency=plan.currency if plan else currency)
        except MixedCurrencies as mixed:
            problem = Problem(mixed.code, mixed.message)
            spent = Spent(Tally(currency=currency), {}, {}, {})
        return look(
            intent=intent,
            recipe=adoption.recipe,
            owner=adoption.owner,
            month=month,
            now=now,
            use=self._use(intent),
            currency=plan.currency if plan else currency,
            plan=plan,
            is_kept=kept is not None,
            problem=problem,
            spent=spent,
        )

    def _reconciled(self, key: tuple[str, Month], plan: Plan | None, rows: list[Mapping[Any, Any]]) -> Reconciled:
        intent, month = key
        currency = plan.currency if plan else self._prices.currency
        try:
            spent = spent_in(rows, currency=currency)
        except MixedCurrencies as mixed:
            said = Problem(mixed.code, mixed.message)
            made = plan.made_at if plan else None
            none = Tally(currency=currency).total_cost
            return Reconciled(intent, month, currency, made, False, (), None, None, None, None, none, said)
        return reconcile(plan, spent, intent=intent, month=month, currency=currency)

    def _use(self, intent: str) -> ForecastUse:
        graph = self._graph()
        own = graph.adoptions[intent].forecast
        if own is not None:
            return own
        return ForecastUse() if graph.settings is None else graph.settings.forecast

    def _plan(self, intent: str, month: Month, now: datetime) -> tuple[Plan | None, Problem | None]:
        graph = self._graph()
        adoption = graph.adoptions[intent]
        recipe = graph.recipes[adoption.recipe]
        stated = adoption.unit_economics or recipe.unit_economics
        try:
            if stated is None:
                raise IncompleteEconomics(f"{intent!r} states no unit economics; add [unit_economics] to its adoption")
            # At the prices of the month's beginning where it lies ahead or behind, of today within it.
            at = now if month == Month.of(now) else month.begins + timedelta(hours=1)
            case = case_of(recipe.id, stated, self._prices, at=min(at, now))
            return plan_of(case, month, intent=intent, recipe=recipe.id, made_at=now), None
        except TiebeamError as problem:
            return None, Problem(problem.code, problem.message)


def _alert(found: Forecast) -> Alert | None:
    if found.total.planned is None or found.total.projected is None:
        return None
    return Alert(
        intent=found.intent,
        month=found.month,
        level=found.level,
        raised_at=found.as_of,
        owner=found.owner,
        because=found.because,
        currency=found.currency,
        planned=found.total.planned,
        projected=found.total.projected,
        actual=found.total.actual,
    )


def _by_intent(conn: sa.Connection, first: Month, last: Month, intents: Collection[str]) -> Rows:
    rows: Rows = defaultdict(list)
    for row in rollup_rows(conn, intent=None, since=first.first, until=last.last, intents=intents):
        rows[row["intent"]].append(row)
    return rows
