"""What faces show of runs. All reads are bounded and paged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Visible
from tiebeam.economics.metering import RunPlace
from tiebeam.errors import NotFound
from tiebeam.spec import Recipe
from tiebeam.workflow.runs.instances import parts_of
from tiebeam.workflow.runs.rows import pinned
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workflow.runs.tables import run, run_step
from tiebeam.workforce import runs_of_tasks

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class RunListItem:
    id: str
    intent: str
    recipe: str
    team: str
    state: RunState
    outcome: str | None
    reason: str | None
    subject: str
    decision: str | None
    labels: list[str]
    counterparty: str | None
    amount: Decimal | None
    currency: str | None
    document_id: str | None
    batch_id: str | None
    started_by: str
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunStepView:
    """`position` is the place in the recipe; a step that has not begun has no view.

    `seq` counts what has ended in the run, in that order; 0 for what has not.
    """

    step_id: str
    state: StepPhase
    outcome: str | None
    summary: str | None
    output: Mapping[str, Any]
    evidence: Mapping[str, Any]
    task_id: str | None
    position: int
    started_at: datetime
    ended_at: datetime | None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RunView:
    """A whole run: the item of the list, its input, its recipe as pinned, and its steps in the recipe's order."""

    item: RunListItem
    input: Mapping[str, Any]
    recipe: Recipe
    recipe_hash: str
    steps: tuple[RunStepView, ...]


@dataclass(frozen=True, slots=True)
class RunFilter:
    state: str | None = None
    intent: str | None = None
    decision: str | None = None
    label: str | None = None
    batch: str | None = None
    query: str | None = None
    sort: str = "-started_at"


@dataclass(frozen=True, slots=True)
class RunPage:
    items: tuple[RunListItem, ...]
    total: int
    page: int
    size: int


_ITEM = [run.c[name] for name in RunListItem.__slots__]
_SORTS = {"started_at", "updated_at", "subject", "state", "decision", "counterparty"}


def list_runs(
    conn: sa.Connection, wanted: RunFilter, *, page: int = 1, size: int = 50, visible: Visible | None = None
) -> RunPage:
    """Newest first unless `sort` names another column (a leading `-` turns it round).

    `visible` keeps what somebody may see; without it nothing is kept back.
    """
    size = max(1, min(size, MAX_PAGE))
    where = [*_where(wanted), *_seen(visible)]
    total = conn.execute(sa.select(sa.func.count()).select_from(run).where(*where)).scalar_one()
    name = wanted.sort.lstrip("-")
    column = run.c[name if name in _SORTS else "started_at"]
    order = column.desc() if wanted.sort.startswith("-") else column.asc()
    rows = conn.execute(
        sa.select(*_ITEM).where(*where).order_by(order, run.c.id).limit(size).offset((max(page, 1) - 1) * size)
    )
    return RunPage(tuple(_item(row) for row in rows.mappings()), total, max(page, 1), size)


def _where(wanted: RunFilter) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    for name in ("state", "intent", "decision"):
        value = getattr(wanted, name)
        if value:
            where.append(run.c[name] == value)
    if wanted.batch:
        where.append(run.c.batch_id == wanted.batch)
    if wanted.label:
        where.append(sa.cast(run.c.labels, sa.Text).contains(f'"{wanted.label}"', autoescape=True))
    if wanted.query:
        like = sa.or_(
            run.c.subject.icontains(wanted.query, autoescape=True),
            run.c.counterparty.icontains(wanted.query, autoescape=True),
            run.c.id == wanted.query,
        )
        where.append(like)
    return where


def _seen(visible: Visible | None) -> list[sa.ColumnElement[bool]]:
    if visible is None:
        return []
    ways: list[sa.ColumnElement[bool]] = [run.c.intent.in_(visible.intents)]
    if visible.begun:
        ways.append(sa.and_(run.c.intent.in_(visible.begun), run.c.started_by == visible.actor))
    if visible.held:
        ways.append(run.c.id.in_(runs_of_tasks(visible)))
    return [sa.or_(*ways)]


def seen_runs(conn: sa.Connection, run_ids: Sequence[str], visible: Visible) -> set[str]:
    """Which of these runs somebody may see."""
    found: set[str] = set()
    for start in range(0, len(run_ids), MAX_PAGE):
        chunk = run_ids[start : start + MAX_PAGE]
        found |= set(conn.execute(sa.select(run.c.id).where(run.c.id.in_(chunk), *_seen(visible))).scalars())
    return found


def streams_of_runs(intents: Collection[str]) -> sa.Select[str]:
    """The journal streams of all runs of these intents, for those who filter the journal."""
    return sa.select(sa.literal("run:").concat(run.c.id)).where(run.c.intent.in_(intents))


def run_intents(conn: sa.Connection) -> list[str]:
    """The intents that have runs, adopted today or not. Walks the index from one intent to the next."""
    first = sa.select(sa.func.min(run.c.intent).label("intent")).cte("intents", recursive=True)
    following = sa.select(sa.func.min(run.c.intent)).where(run.c.intent > first.c.intent).scalar_subquery()
    walk = first.union_all(sa.select(following).where(first.c.intent.is_not(None)))
    return [intent for intent in conn.execute(sa.select(walk.c.intent)).scalars() if intent is not None]


def run_places(conn: sa.Connection, run_ids: Collection[str]) -> dict[str, RunPlace]:
    """Which of these ids are runs, and where each belongs in the ledger."""
    wanted = sa.select(run.c.id, run.c.intent, run.c.recipe, run.c.team).where(run.c.id.in_(run_ids))
    return {row.id: RunPlace(intent=row.intent, recipe=row.recipe, team=row.team) for row in conn.execute(wanted)}


def run_counts(conn: sa.Connection, *, visible: Visible | None = None) -> dict[str, int]:
    """{state: number of runs}."""
    rows = conn.execute(sa.select(run.c.state, sa.func.count()).where(*_seen(visible)).group_by(run.c.state))
    return {str(state): int(count) for state, count in rows}


def decision_counts(
    conn: sa.Connection, *, intent: str | None = None, visible: Visible | None = None
) -> dict[str, int]:
    """{decision the rules proposed: number of runs}."""
    where = [run.c.decision.is_not(None), *_seen(visible)]
    query = sa.select(run.c.decision, sa.func.count()).where(*where).group_by(run.c.decision)
    if intent is not None:
        query = query.where(run.c.intent == intent)
    return {str(decision): int(count) for decision, count in conn.execute(query)}


def list_items(conn: sa.Connection, run_ids: Collection[str]) -> dict[str, RunListItem]:
    """Some runs as a list shows them, by id; at most a page of them."""
    rows = conn.execute(sa.select(*_ITEM).where(run.c.id.in_(list(run_ids)[:MAX_PAGE])))
    return {row["id"]: _item(row) for row in rows.mappings()}


def family_of(conn: sa.Connection, run_id: str) -> tuple[RunListItem | None, list[RunListItem]]:
    """The run that waits for this one, and those it runs itself, the latest fifty first."""
    above = sa.select(run.c.parent_run_id).where(run.c.id == run_id).scalar_subquery()
    found = conn.execute(sa.select(*_ITEM).where(run.c.id == above)).mappings().first()
    below = sa.select(*_ITEM).where(run.c.parent_run_id == run_id).order_by(run.c.started_at.desc()).limit(50)
    return (None if found is None else _item(found)), [_item(row) for row in conn.execute(below).mappings()]


def run_view(conn: sa.Connection, run_id: str) -> RunView:
    """Raises NotFound."""
    row = conn.execute(sa.select(*_ITEM, run.c.input, run.c.recipe_hash).where(run.c.id == run_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no run {run_id!r}; list them with 'tiebeam runs list'", run=run_id)
    names = RunStepView.__slots__
    steps = conn.execute(
        sa.select(*[run_step.c[name] for name in names])
        .where(run_step.c.run_id == run_id)
        .order_by(run_step.c.position)
    )
    # Instances of one step have its place: they come in the order of their indices.
    found = (_step(row) for row in steps.mappings())
    views = tuple(sorted(found, key=lambda step: (step.position, parts_of(step.step_id)[1], step.step_id)))
    recipe = pinned(conn, row["recipe_hash"])
    return RunView(_item(row), row["input"], recipe, row["recipe_hash"], views)


def _item(row: Mapping[Any, Any]) -> RunListItem:
    values: dict[str, Any] = {name: row[name] for name in RunListItem.__slots__}
    values["state"] = RunState(values["state"])
    return RunListItem(**values)


def _step(row: Mapping[Any, Any]) -> RunStepView:
    values: dict[str, Any] = dict(row)
    values["state"] = StepPhase(values["state"])
    return RunStepView(**values)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A run reduced to what the rules said of its case, for reports and scripts."""

    run: str
    state: RunState
    outcome: str | None
    document: str
    decision: str
    labels: list[str]
    matched_order: str | None
    reason: str


def case_rows(conn: sa.Connection, run_ids: Sequence[str]) -> list[CaseRow]:
    """One row a run, in the given order. A document that could not be read has the decision `unreadable`."""
    found: dict[str, CaseRow] = {}
    for start in range(0, len(run_ids), MAX_PAGE):
        chunk = run_ids[start : start + MAX_PAGE]
        steps: dict[tuple[str, str], Any] = {}
        query = sa.select(run_step.c.run_id, run_step.c.step_id, run_step.c.outcome, run_step.c.output).where(
            run_step.c.run_id.in_(chunk), run_step.c.step_id.in_(["read", "match", "decide"])
        )
        for row in conn.execute(query):
            steps[(row.run_id, row.step_id)] = row
        rows = conn.execute(
            sa.select(run.c.id, run.c.state, run.c.outcome, run.c.reason, run.c.input).where(run.c.id.in_(chunk))
        )
        for row in rows:
            found[row.id] = _case_row(row, {name: steps.get((row.id, name)) for name in ("read", "match", "decide")})
    return [found[run_id] for run_id in run_ids if run_id in found]


def _case_row(row: Any, steps: Mapping[str, Any]) -> CaseRow:
    read, match, decide = steps["read"], steps["match"], steps["decide"]
    if decide is not None and "decision" in decide.output:
        output = decide.output
        decision, labels, reason = output["decision"], list(output["labels"]), output["reason"]
    elif read is not None and read.outcome == "unreadable":
        decision, labels, reason = "unreadable", [], read.output.get("error") or "the document could not be read"
    else:
        decision, labels, reason = "hold", [], row.reason or "not decided yet"
    return CaseRow(
        run=row.id,
        state=RunState(row.state),
        outcome=row.outcome,
        document=str(row.input.get("document") or row.id),
        decision=str(decision),
        labels=labels,
        matched_order=None if match is None else match.output.get("matched_order"),
        reason=str(reason),
    )
