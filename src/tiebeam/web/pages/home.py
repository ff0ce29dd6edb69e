"""Home: what needs you, what it costs, what stands in the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics import DailyLine, WorkflowSummary
from tiebeam.economics.spending import Level
from tiebeam.http import Ask, seen_budgets
from tiebeam.web import svg
from tiebeam.web.pages.economics import forecast_notices
from tiebeam.web.pages.runs import run_item
from tiebeam.web.pages.standing import alarms
from tiebeam.web.task_items import task_item
from tiebeam.web.views import BudgetLine, Fact, GateLine, HomeView, Kpi, LayerCard, NextStep, RunItem
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import money, percent
from tiebeam.workflow.promotion import GateResult, Stage, Standing
from tiebeam.workflow.runs import RunFilter, RunListItem, list_runs, run_counts
from tiebeam.workforce import TaskCounts

_WINDOW = timedelta(days=30)
_SHOWN_TASKS = 6
_SHOWN_RUNS = 7
_SHOWN_BUDGETS = 5
_MOVING = ("queued", "running")


def home(visit: Visit) -> Response:
    app, since = visit.app, (visit.now - _WINDOW).date()
    runs, tasks, ledger = (visit.caller.visible(verb) for verb in ("run.view", "task.view", "ledger.view"))
    seen = visit.caller.intents()
    with app.store.read() as conn:
        counts = app.workforce.counts(conn, visit.principal, visible=tasks)
        mine = app.workforce.tasks(conn, state="active", person=visit.principal.person_id, size=_SHOWN_TASKS)
        latest = list_runs(conn, RunFilter(sort="-updated_at"), size=_SHOWN_RUNS, visible=runs)
        states = run_counts(conn, visible=runs)
        summaries = app.economics.summaries(conn, since=since, until=visit.now, intents=ledger.intents)
        days = app.economics.daily(conn, None, since, visit.now, intents=ledger.intents)
        standings = [app.promotion.standing(conn, intent) for intent in visit.graph.adoptions if intent in seen]
        gates = {one.intent: app.promotion.ask_gates(conn, one.intent) for one in standings}
        budgets = _budgets(visit, conn)
    total = sum(states.values())
    moving = sum(states.get(name, 0) for name in _MOVING)
    view = HomeView(
        kpis=_kpis(visit, counts, summaries, days, total=total, moving=moving),
        needs_you=tuple(task_item(task, visit.names) for task in mine.rows),
        needs_you_total=mine.total,
        elsewhere=counts.active - counts.mine,
        runs=_runs(latest.items),
        budgets=budgets,
        gates=_shut_gates(visit, gates),
        step=_next_step(visit, standings, gates, has_runs=total > 0),
        layers=_layers(visit, counts, summaries, standings),
        progress=(total - moving, total) if moving else None,
        alarms=alarms(visit),
        notices=forecast_notices(visit),
    )
    return visit.page("pages/home.html", home=view)


def _runs(items: tuple[RunListItem, ...]) -> tuple[RunItem, ...]:
    return tuple(run_item(item) for item in items)


def _kpis(
    visit: Visit,
    counts: TaskCounts,
    summaries: list[WorkflowSummary],
    days: list[DailyLine],
    *,
    total: int,
    moving: int,
) -> tuple[Kpi, ...]:
    accepted = sum(one.accepted for one in summaries)
    units = sum(one.units for one in summaries)
    touchless = sum(one.touchless for one in summaries)
    cost = sum((one.total_cost for one in summaries), Decimal(0))
    value = sum((one.value for one in summaries), Decimal(0))
    costs = [float(day.cost_per_accepted) for day in days if day.cost_per_accepted is not None]
    late = f"{counts.overdue} overdue" if counts.overdue else f"{counts.active} open in all"
    return (
        Kpi("Waiting for you", str(counts.mine), late, "/inbox", tone="bad" if counts.overdue else ""),
        Kpi("Runs", f"{total:,}", f"{moving} under way" if moving else "none under way", "/runs"),
        Kpi(
            "Touchless", percent(touchless / units) if units else "–", f"{touchless:,} of {units:,} ended", "/workflows"
        ),
        Kpi(
            "Cost per accepted",
            money(cost / accepted) if accepted else "–",
            f"{accepted:,} accepted in 30 days",
            "/workflows",
            unit=visit.currency if accepted else "",
            spark=svg.sparkline(costs, name="Cost per accepted by day"),
        ),
        Kpi(
            "Value",
            money(value) if units else "–",
            "against the old way",
            "/workflows",
            unit=visit.currency if units else "",
        ),
    )


def _budgets(visit: Visit, conn: sa.Connection) -> tuple[BudgetLine, ...]:
    """The ceilings nearest to being reached, of those this person may see."""
    known = seen_budgets(visit.caller, conn, visit.app.budgets.view(conn, at=visit.now))
    lines = [one for one in known if one.level is not Level.KEY]
    lines.sort(key=lambda one: (-(one.spent_usd + one.held_usd) / one.cap_usd if one.cap_usd else 0, one.title))
    return tuple(
        BudgetLine(
            label=one.title,
            owner="" if one.owner is None else visit.names.role(one.owner.role),
            spent=one.spent_usd,
            cap=one.cap_usd,
            href=f"/economics/budgets/{one.id}",
        )
        for one in lines[:_SHOWN_BUDGETS]
    )


def _shut_gates(visit: Visit, gates: dict[str, tuple[GateResult, ...]]) -> tuple[GateLine, ...]:
    return tuple(
        GateLine(visit.names.intent(intent), gate.title, gate.reason, f"/workflows/{intent}#gates")
        for intent, answers in gates.items()
        for gate in answers
        if not gate.passed
    )


def _next_step(
    visit: Visit, standings: list[Standing], gates: dict[str, tuple[GateResult, ...]], *, has_runs: bool
) -> NextStep | None:
    if not standings:
        text = "An intent says what is to be achieved; adopting one of its recipes makes it a workflow of yours."
        return NextStep("Adopt a first workflow", text, href="/library/intents", action="Look through the library")
    for one in standings:
        title = visit.names.intent(one.intent)
        shut = [gate for gate in gates[one.intent] if not gate.passed]
        if shut:
            return NextStep(
                f"Open the gate “{shut[0].title}”",
                f"{title}: {shut[0].reason}",
                href=f"/workflows/{one.intent}#gates",
                action="See all gates",
            )
        if one.stage is Stage.DRAFT:
            return NextStep(
                f"Promote {title} to pilot",
                "Every gate is open. A pilot asks a person before anything leaves the house.",
                f"tiebeam promote {one.intent} --to pilot",
            )
        if not has_runs:
            return NextStep(
                "Give it a first invoice",
                f"{title} is in {one.stage}. Drop a document, or start a folder.",
                f"tiebeam run {one.intent} invoices/",
            )
        if one.stage is Stage.PILOT:
            text = "Every gate is open. Look at the pilot's exceptions and decisions, then let the rules decide alone."
            return NextStep(f"Promote {title} to production", text, f"tiebeam promote {one.intent} --to production")
    return None


def _layers(
    visit: Visit, counts: TaskCounts, summaries: list[WorkflowSummary], standings: list[Standing]
) -> tuple[LayerCard, ...]:
    minutes = sum((one.review_minutes for one in summaries), Decimal(0))
    cost = sum((one.total_cost for one in summaries), Decimal(0))
    saved = sum((one.baseline_minutes for one in summaries), Decimal(0))
    in_service = [one for one in standings if one.stage in {Stage.PILOT, Stage.PRODUCTION}]
    return (
        LayerCard(
            "Workflow",
            "What runs, and how far is it trusted?",
            (Fact("Adopted", str(len(standings))), Fact("In service", str(len(in_service)))),
            "/workflows",
        ),
        LayerCard(
            "Workforce",
            "Who decides, and how much work is it?",
            (Fact("Open tasks", str(counts.active), "/inbox?tab=all"), Fact("Review, 30 days", f"{minutes:,.0f} min")),
        ),
        LayerCard(
            "Economics",
            "What does it cost, and what was it before?",
            (Fact("Cost, 30 days", money(cost, visit.currency)), Fact("Old way", f"{saved:,.0f} min")),
        ),
        LayerCard(
            "Library",
            "What could be adopted next?",
            (
                Fact("Intents", str(len(visit.caller.records("intents"))), "/library/intents"),
                Fact("Recipes", str(len(visit.caller.records("recipes")))),
            ),
            "/library/intents",
        ),
    )


def routes(console: Console) -> list[Route]:
    return [route(console, "/", home, asks=Ask("run.view", "run"))]
