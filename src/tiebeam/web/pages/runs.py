"""The list of runs, and runs as list items elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.routing import Route

from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.web.pages.exports import table_routes
from tiebeam.web.table import EXPORT_LIMIT, PAGE_SIZE, Cell, Column, Empty, Filter, Row, Table, TableQuery
from tiebeam.web.views import Pill, RunItem
from tiebeam.web.visit import Console, Visit
from tiebeam.web.wording import duration, in_words, money, sentence
from tiebeam.workflow.operating import put_aside, stalls
from tiebeam.workflow.runs import RunFilter, RunListItem, RunState, list_runs

_STATE_TONES = {
    RunState.QUEUED: "neutral",
    RunState.RUNNING: "accent",
    RunState.WAITING: "warn",
    RunState.PAUSED: "warn",
    RunState.UNDOING: "accent",
    RunState.DONE: "ok",
    RunState.STOPPED: "bad",
    RunState.FAILED: "bad",
    RunState.CANCELLED: "neutral",
}
_OUTCOME_TONES = {"rejected": "neutral", "reject": "neutral"}
DECISIONS = ("auto_pay", "manager_approval", "hold", "reject", "unreadable")
LABELS = (
    "price_variance",
    "quantity_variance",
    "missing_receipt",
    "missing_po",
    "duplicate_invoice",
    "tax_mismatch",
    "wrong_supplier",
    "currency_mismatch",
    "bank_detail_change",
)
FILTERS = ("state", "decision", "label", "intent", "batch")
_COLUMNS = (
    Column("subject", "Subject"),
    Column("state", "State"),
    Column("decision", "Decision by rules"),
    Column("labels", "Findings", is_sortable=False),
    Column("amount", "Amount", is_number=True, is_sortable=False),
    Column("started_at", "Started"),
    Column("updated_at", "Last change"),
    Column("took", "Took", is_number=True, is_sortable=False),
)
EMPTY = Empty(
    "No runs yet",
    "A run takes one document from intake to ledger: read, matched, decided, posted or handed to a person.",
    "tiebeam run finance.invoice-processing-matching invoices/",
)


def run_pill(item: RunListItem) -> Pill:
    if item.state is RunState.DONE and item.outcome:
        return Pill(sentence(item.outcome), _OUTCOME_TONES.get(item.outcome, "ok"))
    return state_pill(item.state)


def state_pill(state: RunState) -> Pill:
    return Pill(sentence(state), _STATE_TONES[state])


def seconds_between(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds()


def run_item(item: RunListItem) -> RunItem:
    parts = [money(item.amount, item.currency or "")] if item.amount is not None else []
    said = ", ".join(in_words(label) for label in item.labels) or (in_words(item.decision) if item.decision else "")
    return RunItem(
        id=item.id,
        title=item.subject,
        state=run_pill(item),
        note=" · ".join([*parts, *([said] if said else [])]),
        started_at=item.started_at,
        href=f"/runs/{item.id}",
    )


def _row(item: RunListItem) -> Row:
    took = seconds_between(item.started_at, item.ended_at)
    pill = run_pill(item)
    cells = (
        Cell(item.subject, f"/runs/{item.id}"),
        Cell(pill.text, tone=pill.tone, raw=item.state.value),
        Cell(sentence(item.decision) if item.decision else "–", raw=item.decision),
        Cell(", ".join(in_words(label) for label in item.labels), is_soft=True, raw=" ".join(item.labels)),
        Cell(money(item.amount, item.currency or ""), raw=item.amount),
        Cell(when=item.started_at),
        Cell(when=item.updated_at),
        Cell(duration(took), raw=took),
    )
    return Row(item.id, cells)


def runs_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    chosen = query.filters or {}
    wanted = RunFilter(
        state=chosen.get("state"),
        intent=chosen.get("intent"),
        decision=chosen.get("decision"),
        label=chosen.get("label"),
        batch=chosen.get("batch"),
        query=query.text or None,
        sort=("-" if query.is_descending else "") + (query.sort or "started_at"),
    )
    with visit.app.store.read() as conn:
        visible = visit.caller.visible("run.view")
        page, size = (1, 500) if everything else (query.page, PAGE_SIZE)
        first = list_runs(conn, wanted, page=page, size=size, visible=visible)
        items = list(first.items)
        while everything and len(items) < min(first.total, EXPORT_LIMIT):
            more = list_runs(conn, wanted, page=len(items) // 500 + 1, size=500, visible=visible).items
            if not more:
                break
            items += more
    return Table(
        id="runs-table",
        columns=_COLUMNS,
        rows=tuple(_row(item) for item in items),
        total=first.total,
        empty=EMPTY,
        query=query,
        filters=_filters(visit, chosen),
    )


def _filters(visit: Visit, chosen: Any) -> tuple[Filter, ...]:
    states = tuple((state.value, sentence(state)) for state in RunState)
    filters = [
        Filter("state", "State", states, chosen.get("state", "")),
        Filter("decision", "Decision", tuple((one, sentence(one)) for one in DECISIONS), chosen.get("decision", "")),
        Filter("label", "Finding", tuple((one, sentence(one)) for one in LABELS), chosen.get("label", "")),
    ]
    adopted = [intent for intent in visit.graph.adoptions if intent in visit.caller.visible("run.view").intents]
    if len(adopted) > 1 or chosen.get("intent"):
        intents = tuple((intent, visit.names.intent(intent)) for intent in adopted)
        filters.append(Filter("intent", "Workflow", intents, chosen.get("intent", "")))
    if chosen.get("batch"):
        filters.append(Filter("batch", "Batch", ((chosen["batch"], "one upload"),), chosen["batch"]))
    return tuple(filters)


def _about(visit: Visit) -> dict[str, Any]:
    if len(visit.params.get("q", "")) > 200:
        raise Invalid("search for at most 200 letters")
    visible = visit.caller.visible("run.view")
    with visit.app.store.read() as conn:
        attention = len(stalls(conn, visible=visible)) + put_aside(conn, visible=visible, limit=1).total
    text = "Every case on its way, from its start to its end."
    return {"title": "Runs", "text": text, "live": "runs", "can_upload": True, "attention": attention}


def routes(console: Console) -> list[Route]:
    ask = Ask("run.view", "run")
    return table_routes(console, "/runs", runs_table, filters=FILTERS, sort="-started_at", asks=ask, about=_about)
