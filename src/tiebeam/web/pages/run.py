"""One run: graph with state, steps with what went in and out, cost, documents and audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import LedgerFilters, RunCost
from tiebeam.http import Ask
from tiebeam.kit import iso, plain
from tiebeam.store import JournalEntry, read_journal
from tiebeam.web import svg
from tiebeam.web.drawing import run_graph
from tiebeam.web.evidence import step_quotes
from tiebeam.web.instances import numbered, step_of
from tiebeam.web.packets import document_rows
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.runs import run_pill, seconds_between
from tiebeam.web.pages.tending import run_tending
from tiebeam.web.people import Names
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.task_items import task_item
from tiebeam.web.views import Commands, Event, Fact, Figure, Kpi, Pill, RunPage, StepView
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import duration, in_words, moment, money, quantity, sentence
from tiebeam.workflow.runs import RunStepView, RunView, StepPhase, run_view

_PILLS = {
    StepPhase.DONE: Pill("Done", "ok"),
    StepPhase.SKIPPED: Pill("Skipped"),
    StepPhase.WAITING: Pill("Waiting", "warn"),
    StepPhase.PROBLEM: Pill("Needs a person", "bad"),
    StepPhase.OPEN: Pill("Under way", "accent"),
    StepPhase.RETRYING: Pill("Is tried again", "warn"),
    StepPhase.UNDONE: Pill("Taken back"),
}
_LEDGER = (
    Column("at", "When", is_sortable=False),
    Column("kind", "What", is_sortable=False),
    Column("step", "Step", is_sortable=False),
    Column("quantity", "Quantity", is_number=True, is_sortable=False),
    Column("amount", "Charge", is_number=True, is_sortable=False),
)
_UNITS = {"review_minutes": "min", "machine_seconds": "s", "tokens": "tokens"}
_ASK = Ask("run.view", "run", "run")
_MOST_ENTRIES = 300
_WAIT_DRAWN = 0.35


def run_page(visit: Visit) -> Response:
    return visit.page("pages/run.html", run=_view(visit, visit.path("run")))


def _view(visit: Visit, run_id: str) -> RunPage:
    app, names = visit.app, visit.names
    with app.store.read() as conn:
        run = run_view(conn, run_id)
        obj = visit.caller.object("run", run_id, conn)
        tending = run_tending(visit, conn, run, obj)
        cost = app.economics.run_cost(conn, run_id)
        lines = app.economics.ledger_lines(conn, LedgerFilters(run_id=run_id), limit=200).lines
        tasks = app.workforce.tasks(conn, state="active", run_id=run_id).rows
        journal = read_journal(conn, f"run:{run_id}", limit=_MOST_ENTRIES)
    item = run.item
    titles = _titles(run)
    return RunPage(
        id=item.id,
        title=item.subject,
        state=run_pill(item),
        headline=item.reason or _headline(run),
        kpis=_kpis(visit, run, cost),
        facts=_facts(visit, run),
        graph=run_graph(run.recipe, run.steps, is_over=item.state.is_final, name=f"Steps of {item.subject}"),
        spans=_spans(run, titles),
        steps=tuple(_step(run, step, titles, cost) for step in run.steps),
        events=tuple(_event(entry, names) for entry in journal),
        ledger=_ledger(visit, lines, titles),
        documents=document_rows(visit, item.document_id),
        tasks=tuple(task_item(task, names) for task in tasks),
        commands=Commands(f"tiebeam runs show {item.id}", f"GET /api/v1/runs/{item.id}"),
        tending=tending,
        can_prove=visit.allows("evidence.export", obj),
        stream=f"run:{item.id}",
    )


def _titles(run: RunView) -> dict[str, str]:
    """Titles of the recipe's steps, and of each instance of those inside containers."""
    titles = {step.id: step.title for step in run.recipe.step}
    named = {one.step_id: numbered(one.step_id, titles.get(step_of(one.step_id), "")) for one in run.steps}
    return titles | {instance: title for instance, title in named.items() if title}


def _headline(run: RunView) -> str:
    done = [step for step in run.steps if step.summary]
    return done[-1].summary or "" if done else "Accepted, not read yet."


def _kpis(visit: Visit, run: RunView, cost: RunCost) -> tuple[Kpi, ...]:
    item = run.item
    machine = sum(
        (seconds_between(s.started_at, s.ended_at) or 0.0) for s in run.steps if s.task_id is None and s.ended_at
    )
    labels = ", ".join(in_words(label) for label in item.labels)
    took = seconds_between(item.started_at, item.ended_at)
    in_steps = f"{duration(machine)} of it in steps" if machine else "waiting included"
    in_steps = "not ended yet" if took is None else in_steps
    return (
        Kpi("Amount", money(item.amount), item.counterparty or "", unit=item.currency or ""),
        Kpi("Decision by rules", sentence(item.decision) if item.decision else "–", labels or "no finding"),
        Kpi(
            "From start to end",
            duration(took),
            "not ended yet"
            if took is None
            else f"{duration(machine)} of it in steps"
            if machine
            else "waiting included",
        ),
        Kpi("Review", f"{cost.review_minutes:.1f} min", money(cost.review_cost, cost.currency), "#ledger"),
        Kpi("Cost", money(cost.total_cost), "all charges so far", "#ledger", unit=cost.currency),
    )


def _facts(visit: Visit, run: RunView) -> tuple[Fact, ...]:
    item, names = run.item, visit.names
    recipe = item.recipe.rsplit("/", 1)[-1]
    facts = [
        Fact("Workflow", names.intent(item.intent), f"/workflows/{item.intent}"),
        Fact("Recipe", recipe, f"/library/intents/{item.intent}#{recipe}", note=f"pinned as {run.recipe_hash[:12]}"),
        Fact("Stage", sentence(str(run.input.get("stage", "")) or "unknown")),
        Fact("Team", names.team(item.team)),
        Fact("Started", moment(item.started_at, visit.zone, visit.now), note=f"by {names.actor(item.started_by)}"),
    ]
    if item.batch_id:
        facts.append(Fact("Batch", "All runs of this batch", f"/runs?batch={item.batch_id}"))
    facts.append(Fact("Run", item.id, is_mono=True))
    return tuple(facts)


def _step(run: RunView, step: RunStepView, titles: Mapping[str, str], cost: RunCost) -> StepView:
    base = step_of(step.step_id)
    declared = next((one for one in run.recipe.step if one.id == base), None)
    tally = cost.by_step.get(step.step_id)
    problem = step.output.get("problem") if step.state is StepPhase.PROBLEM else None
    # A step inside a container comes after the same item's or turn's.
    before = [step.step_id.replace(base, name, 1) for name in declared.after] if declared else []
    given = {one.step_id: one.outcome for one in run.steps if one.step_id in before}
    return StepView(
        id=step.step_id,
        title=titles.get(step.step_id, sentence(step.step_id)),
        pattern=sentence(declared.pattern) if declared else "",
        state=_PILLS[step.state],
        summary=step.summary or "",
        started_at=step.started_at,
        seconds=seconds_between(step.started_at, step.ended_at),
        cost=money(tally.total_cost, tally.currency) if tally and tally.total_cost else "",
        effect=declared.effect if declared else "",
        input=dict(run.input) if not before else given or None,
        output=dict(step.output) or None,
        quotes=step_quotes(step.evidence),
        error=str(problem.get("message", "")) if isinstance(problem, Mapping) else "",
        ledger_href="#ledger" if tally and tally.total_cost else "",
        is_open=step.state in {StepPhase.PROBLEM, StepPhase.WAITING},
    )


def _spans(run: RunView, titles: Mapping[str, str]) -> Figure | None:
    """Steps on one clock. People's time is drawn short, as minutes of machine work vanish beside days of waiting."""
    steps = [step for step in run.steps if step.state is not StepPhase.SKIPPED]
    if not any(step.task_id or seconds_between(step.started_at, step.ended_at) for step in steps):
        return None
    machine = [seconds_between(s.started_at, s.ended_at) or 0.0 for s in steps if s.task_id is None]
    short = max(sum(machine), 0.01) * _WAIT_DRAWN
    spans: list[svg.Span] = []
    rows: list[tuple[str, ...]] = []
    clock = 0.0
    for step in steps:
        took = seconds_between(step.started_at, step.ended_at)
        is_wait = step.task_id is not None
        drawn = short if is_wait or took is None else took
        title = titles.get(step.step_id, step.step_id)
        tone = "warn" if is_wait or took is None else "s1"
        spans.append(
            svg.Span(
                title,
                clock,
                clock + drawn,
                tone,
                duration(took) if took is not None else "open",
                f"#step-{step.step_id}",
            )
        )
        rows.append((title, iso(step.started_at), duration(took)))
        clock += drawn
    chart = svg.span_chart(spans, name="Steps one after another", shown=duration)
    has_waits = any(step.task_id for step in steps)
    note = "Time with people is drawn short; its true length stands at the right." if has_waits else ""
    return Figure("Timeline", chart, ("Step", "Started (UTC)", "Took"), tuple(rows), note)


def _event(entry: JournalEntry, names: Names) -> Event:
    payload = entry.payload
    told = [payload, *(one for one in payload.get("steps", ()) if isinstance(one, dict))]
    said = [
        str(one[key])
        for one in told
        for key in ("step", "outcome", "verb", "reason", "summary")
        if isinstance(one.get(key), str)
    ]
    return Event(entry.at, sentence(entry.kind.replace(".", " ")), names.actor(entry.actor), " · ".join(said)[:240])


def _ledger(visit: Visit, lines: tuple[Mapping[str, Any], ...], titles: Mapping[str, str]) -> Table:
    rows = tuple(
        Row(
            str(line["key"]),
            (
                Cell(when=_moment(line["at"])),
                Cell(sentence(str(line["kind"])), sub=visit.names.person(line["person"]) or str(line["model"] or "")),
                Cell(titles.get(str(line["step_id"]), "The run")),
                Cell(f"{quantity(line['quantity'])} {_UNITS.get(str(line['kind']), '')}".strip(), raw=line["quantity"]),
                Cell(money(line["amount"], str(line["currency"] or "")), raw=line["amount"]),
            ),
        )
        for line in lines
    )
    empty = Empty("No charge yet", "Steps write their minutes, tokens and outcomes here in the same commit.")
    return Table(
        "ledger-table", _LEDGER, rows, len(rows), empty, is_searchable=False, base=f"{visit.request.url.path}/ledger"
    )


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def run_export(visit: Visit) -> Response:
    """Everything about a run in one file: input, pinned recipe, steps, ledger lines and journal with its hashes."""
    run_id = visit.path("run")
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
        lines = visit.app.economics.ledger_lines(conn, LedgerFilters(run_id=run_id), limit=500).lines
        journal = read_journal(conn, f"run:{run_id}", limit=1000)
    body = plain(
        {
            "run": run.item,
            "input": run.input,
            "recipe_hash": run.recipe_hash,
            "recipe": run.recipe.model_dump(mode="json"),
            "steps": run.steps,
            "ledger": lines,
            "journal": journal,
        }
    )
    headers = {"content-disposition": f'attachment; filename="{run_id}.json"'}
    return JSONResponse(body, headers=headers)


def ledger_export(visit: Visit) -> Response:
    """The run's charges as CSV or JSON."""
    run_id = visit.path("run")
    with visit.app.store.read() as conn:
        run = run_view(conn, run_id)
        lines = visit.app.economics.ledger_lines(conn, LedgerFilters(run_id=run_id), limit=500).lines
    table = _ledger(visit, lines, {step.id: step.title for step in run.recipe.step})
    return table_file(table, visit.path("format"), name=f"{run_id}-ledger")


def routes(console: Console) -> list[Route]:
    return [
        route(console, "/runs/{run}.json", run_export, asks=_ASK),
        route(console, "/runs/{run}/ledger.{format}", ledger_export, asks=_ASK),
        route(console, "/runs/{run}", run_page, asks=_ASK),
    ]
