"""Telling of model use out of the ordinary while it can still be stopped (EC-21, EC-27)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tiebeam.economics.anomalies import Anomaly, AnomalyKind, detect
from tiebeam.economics.totals import Span, names_of
from tiebeam.graph import Graph
from tiebeam.spec import BudgetLevel, Person
from tiebeam.store import Store, Unit
from tiebeam.workflow.telling import Telling
from tiebeam.workforce import Workforce

KIND = "use.anomaly"
_LOOK_SECONDS = 300.0
_LASTING = frozenset({AnomalyKind.DRIFT, AnomalyKind.CACHE_MISSES, AnomalyKind.RETRY_WASTE})
"""What is found on every day that it goes on; told once a week."""
_TITLES = {
    AnomalyKind.SPIKE: "cost far more than on days like it",
    AnomalyKind.DRIFT: "costs more from week to week",
    AnomalyKind.CACHE_MISSES: "no longer reads from the provider's cache",
    AnomalyKind.RETRY_WASTE: "pays for attempts that came to nothing",
    AnomalyKind.RUNAWAY: "has an execution that runs away",
}


class Alerting:
    """Safe with several workers: each finding is told once."""

    def __init__(self, store: Store, *, graph: Callable[[], Graph], telling: Telling, workforce: Workforce) -> None:
        self._store = store
        self._graph = graph
        self._telling = telling
        self._workforce = workforce

    def work(self) -> float:
        """One turn of the worker's loop, over yesterday and today. Returns the seconds until the next."""
        graph = self._graph()
        if graph.settings is None:
            return _LOOK_SECONDS
        today = self._store.clock.now().date()
        span = Span(today - timedelta(days=1), today)
        with self._store.read() as conn:
            found = detect(conn, span=span, rules=graph.settings.anomalies, budgets=graph.budgets)
        for one in found:
            with self._store.unit() as unit:
                self._tell(unit, graph, one)
        return _LOOK_SECONDS

    def _tell(self, unit: Unit, graph: Graph, one: Anomaly) -> None:
        people = _concerned(graph, one)
        subject = f"{one.workflow or one.team or 'Unnamed use'} {_TITLES[one.kind]}"
        is_new = self._telling.say(
            unit,
            key=_key(one),
            kind=KIND,
            subject=subject,
            text=f"{one.because}.\n\nThe page /economics/anomalies shows it with the charges behind it.\n",
            facts=one.form(),
            to=[person.email for person in people],
        )
        if is_new:
            self._workforce.tell(unit, [person.id for person in people], KIND, subject)


def _key(one: Anomaly) -> str:
    if one.kind not in _LASTING:
        return one.id
    year, week, _ = one.day.isocalendar()
    return f"anomaly:{one.kind}:{one.team}:{one.workflow}:{one.model}:{year}-{week}"


def _concerned(graph: Graph, one: Anomaly) -> list[Person]:
    """Whoever owns a budget that names the team or the workflow; for what none names, the organisation's owner."""
    budgets = graph.budgets.values()
    owners = {budget.owner_role for budget in budgets if {one.team, one.workflow} & names_of(budget)}
    owners = owners or {budget.owner_role for budget in budgets if budget.level is BudgetLevel.ORGANISATION}
    return [person for role in sorted(owners) for person in graph.people_with(role)]
