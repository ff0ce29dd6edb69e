"""Adopted recipes: the list, and one workflow's stage, gates, evaluation and dashboard."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.web.drawing import recipe_graph
from tiebeam.web.pages.dashboard import figures, kpis
from tiebeam.web.pages.exports import table_routes
from tiebeam.web.pages.runs import run_item
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, EvaluationView, Event, Fact, GateView, Link, Pill, WorkflowPage
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import day, in_words, money, percent, sentence
from tiebeam.workflow import recipe_object
from tiebeam.workflow.evaluations import last_evaluation
from tiebeam.workflow.promotion import PromotionRecord, Stage, Standing
from tiebeam.workflow.runs import RunFilter, list_runs

_MOVE = Ask("recipe.promote", "recipe", "intent")
_STAGES = tuple(stage.value for stage in Stage)
_TONES = {Stage.DRAFT: "neutral", Stage.PILOT: "accent", Stage.PRODUCTION: "ok", Stage.RETIRED: "neutral"}
_COLUMNS = (
    Column("title", "Workflow"),
    Column("stage", "Stage"),
    Column("owner", "Owner"),
    Column("gates", "Gates shut", is_number=True),
    Column("accepted", "Accepted", is_number=True),
    Column("touchless", "Touchless", is_number=True),
    Column("cost", "Cost per accepted", is_number=True),
    Column("value", "Value", is_number=True),
)
_EMPTY = Empty(
    "Nothing is adopted yet",
    "A workflow is a recipe of the library that this workspace has adopted, with an owner who answers for it.",
    href="/library/intents",
    action="Look through the library",
)
_NEXT_STAGE = {Stage.DRAFT: Stage.PILOT, Stage.PILOT: Stage.PRODUCTION, Stage.RETIRED: Stage.DRAFT}


def workflows_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    app = visit.app
    since = (visit.now - timedelta(days=30)).date()
    rows: list[Row] = []
    seen, ledger = visit.caller.intents(), visit.caller.visible("ledger.view").intents
    with app.store.read() as conn:
        found = app.economics.summaries(conn, since=since, until=visit.now, intents=ledger)
        summaries = {one.intent: one for one in found}
        for intent, adoption in visit.graph.adoptions.items():
            if intent not in seen:
                continue
            standing = app.promotion.standing(conn, intent)
            shut = sum(1 for gate in app.promotion.ask_gates(conn, intent) if not gate.passed)
            summary = summaries.get(intent)
            cells = (
                Cell(visit.names.intent(intent), f"/workflows/{intent}", adoption.recipe.rsplit("/", 1)[-1]),
                Cell(sentence(standing.stage), tone=_TONES[standing.stage]),
                Cell(visit.names.person(adoption.owner), sub=in_words(adoption.owner_kind)),
                Cell(str(shut), f"/workflows/{intent}#gates", raw=shut),
                Cell(str(summary.accepted if summary else 0), raw=summary.accepted if summary else 0),
                Cell(percent(summary.touchless_share) if summary else "–", raw=summary and summary.touchless_share),
                Cell(
                    money(summary.cost_per_accepted, summary.currency) if summary else "–",
                    raw=summary and summary.cost_per_accepted,
                ),
                Cell(money(summary.value, summary.currency) if summary else "–", raw=summary and summary.value),
            )
            rows.append(Row(intent, cells))
    table = Table("workflows-table", _COLUMNS, tuple(rows), len(rows), _EMPTY)
    return arrange(table, query, everything=everything)


def _about(visit: Visit) -> dict[str, Any]:
    text = "Adopted recipes, how far each is trusted, and what it was worth in the last 30 days."
    return {"title": "Workflow", "text": text, "live": "runs", "can_upload": False}


def workflow_page(visit: Visit) -> Response:
    intent = visit.path("intent")
    asked = visit.params.get("days", "30")
    days = int(asked) if asked in {"7", "30", "90"} else 30
    return visit.page("pages/workflow.html", workflow=_view(visit, intent, days))


def _view(visit: Visit, intent: str, days: int) -> WorkflowPage:
    app, names = visit.app, visit.names
    intent, adoption, recipe = app.promotion.adopted(intent)
    since = (visit.now - timedelta(days=days - 1)).date()
    with app.store.read() as conn:
        standing = app.promotion.standing(conn, intent)
        gates = app.promotion.ask_gates(conn, intent)
        history = app.promotion.history(conn, intent)
        visible = visit.caller.visible("run.view")
        latest = list_runs(conn, RunFilter(intent=intent, sort="-updated_at"), size=6, visible=visible).items
        evaluation = _evaluation(conn, visit, intent)
        shown_kpis = kpis(visit, conn, intent, since=since)
        shown_figures = figures(visit, conn, intent, since=since)
    target = _NEXT_STAGE.get(standing.stage)
    may_promote = visit.allows("recipe.promote", recipe_object(app.intent_facts, intent))
    is_open = all(gate.passed for gate in gates)
    record = visit.graph.intents.get(intent)
    return WorkflowPage(
        id=intent,
        title=names.intent(intent),
        outcome=record.outcome if record else "",
        state=standing.stage.value,
        stages=_STAGES,
        owner=Fact("Owner", names.person(adoption.owner)),
        recipe=Link(recipe.title, f"/library/intents/{intent}#{recipe.id.rsplit('/', 1)[-1]}"),
        kpis=shown_kpis,
        figures=shown_figures,
        gates=tuple(
            GateView(gate.title, Pill("Open", "ok") if gate.passed else Pill("Shut", "bad"), gate.reason)
            for gate in gates
        ),
        versions=tuple(_promotion(visit, one) for one in history),
        evaluation=evaluation,
        facts=_facts(visit, intent, standing),
        graph=recipe_graph(recipe, name=f"Steps of {recipe.title}"),
        runs=tuple(run_item(item) for item in latest),
        days=days,
        next_state=target.value if target else "",
        promote_refusal="" if may_promote and is_open else "not open",
        can_evaluate=may_promote,
        commands=Commands(
            f"tiebeam promote {intent} --to {target.value if target else standing.stage.value}",
            f"POST /api/v1/workflows/{intent}/promotions",
        ),
    )


def _evaluation(conn: sa.Connection, visit: Visit, intent: str) -> EvaluationView | None:
    _, _, recipe = visit.app.promotion.adopted(intent)
    found = last_evaluation(conn, recipe.id)
    if found is None or recipe.evaluation is None:
        return None
    cases = visit.graph.evaluations.get(found.set_id)
    passed = found.share >= Decimal(str(recipe.evaluation.threshold))
    misses = tuple((one.title, _values(one.expected), _values(one.actual)) for one in found.results if not one.passed)
    return EvaluationView(
        name=cases.title if cases else found.set_id,
        passed=found.passed_cases,
        total=found.total_cases,
        threshold=f"{percent(recipe.evaluation.threshold)} needed",
        ran_at=found.evaluated_at,
        state=Pill("Passed", "ok") if passed else Pill("Not passed", "bad"),
        misses=misses[:50],
    )


def _values(found: Any) -> str:
    return ", ".join(f"{in_words(str(key))}: {value}" for key, value in dict(found).items())[:300]


def _promotion(visit: Visit, record: PromotionRecord) -> Event:
    note = ""
    if record.override_reason:
        note = f"Overridden until {record.override_until}: {record.override_reason}"
    version = f"{record.recipe.rsplit('/', 1)[-1]} {record.recipe_hash[:8]}"
    text = f"{sentence(record.from_state)} → {record.to_state}, {version}"
    return Event(record.promoted_at, text, visit.names.actor(record.promoted_by), note, "warn" if note else "ok")


def _facts(visit: Visit, intent: str, standing: Standing) -> tuple[Fact, ...]:
    _, adoption, recipe = visit.app.promotion.adopted(intent)
    facts = [
        Fact("Team", visit.names.team(adoption.team)),
        Fact("Owner kind", sentence(adoption.owner_kind)),
        Fact("Systems", ", ".join(sorted({one.system for one in recipe.integration})) or "none"),
        Fact("Training", recipe.training_track or "none"),
        Fact("In this stage since", day(standing.since.date()) if standing.since else "the start"),
    ]
    if standing.version_changed:
        facts.append(
            Fact(
                "Changed", "The recipe differs from the version that was promoted", note="Evaluate and promote it again"
            )
        )
    if standing.override_until:
        facts.append(Fact("Override", standing.override_reason or "", note=f"until {day(standing.override_until)}"))
    return tuple(facts)


def promote(visit: Visit) -> Response:
    intent, to = visit.path("intent"), visit.said("to")
    if to not in _STAGES:
        raise Invalid(f"{to!r} is no stage; use {', '.join(_STAGES)}")
    record = visit.app.promotion.promote(intent, to=Stage(to), actor=visit.principal.actor)
    return visit.back_to(f"/workflows/{intent}", saying=f"{visit.names.intent(intent)} is in {record.to_state} now.")


def evaluate(visit: Visit) -> Response:
    intent = visit.path("intent")
    done = visit.app.evaluate(intent, actor=visit.principal.actor)
    said = f"{done.passed_cases} of {done.total_cases} cases right."
    return visit.back_to(f"/workflows/{intent}#evaluation", saying=said)


def routes(console: Console) -> list[Route]:
    return [
        *table_routes(console, "/workflows", workflows_table, asks=Ask("intent.view", "intent"), about=_about),
        route(console, "/workflows/{intent}", workflow_page, asks=Ask("intent.view", "recipe", "intent")),
        route(console, "/workflows/{intent}/promote", promote, asks=_MOVE, methods=("POST",)),
        route(console, "/workflows/{intent}/evaluate", evaluate, asks=_MOVE, methods=("POST",)),
    ]
