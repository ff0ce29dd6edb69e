"""Reading and writing the rows of runs, inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import NotFound
from tiebeam.spec import Recipe, essence, fingerprint
from tiebeam.store import Prepared, Unit
from tiebeam.workflow.runs.states import SETTLED, RunState, StepPhase, StepState
from tiebeam.workflow.runs.tables import pinned_recipe, run, run_step

SEQ_STEP = 2
"""How far a run's number moves when one is taken."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the interpreter sees it."""

    id: str
    intent: str
    recipe: str
    recipe_hash: str
    team: str
    state: RunState
    outcome: str | None
    document_id: str | None
    input: Mapping[str, Any]
    seq: int
    started_by: str
    started_at: datetime
    reason: str | None = None
    parent_run_id: str | None = None
    parent_step: str | None = None
    pins: Mapping[str, str] | None = None
    trigger_id: str | None = None
    trigger_key: str | None = None
    ends_as: RunState | None = None
    """What it ends as once its effects are taken back."""
    held_by: str | None = None
    """The segment whose calls outside are under way."""
    deadline_at: datetime | None = None
    deadline_wait: str | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a list of runs shows of one, made from its steps' outputs."""

    subject: str
    decision: str | None = None
    labels: tuple[str, ...] = ()
    counterparty: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


# Built once: every segment asks these, and putting a statement together costs more than running it.
_THIS_RUN = run.c.id == sa.bindparam("of_run")
_SELECT_RUN = sa.select(*(run.c[name] for name in RunRow.__slots__)).where(_THIS_RUN)
_RUN, _LOCKED_RUN = Prepared(_SELECT_RUN), Prepared(_SELECT_RUN.with_for_update())
_INSERT_RUN = Prepared(sa.insert(run))
_CHANGE_RUN = Prepared(sa.update(run).where(_THIS_RUN))
_TAKE_SEQ = sa.update(run).where(_THIS_RUN).values(seq=run.c.seq + SEQ_STEP).returning(run.c.seq)
_STATES = Prepared(
    sa.select(*(run_step.c[name] for name in ("step_id", "state", "outcome", "output", "seq", "task_id", "wait_id")))
    .where(run_step.c.run_id == sa.bindparam("of_run"))
    .order_by(run_step.c.position)
)
_PINNED = Prepared(sa.select(pinned_recipe.c.hash).where(pinned_recipe.c.hash == sa.bindparam("digest")))
_INSERT_STEPS = Prepared(sa.insert(run_step))
_THIS_STEP = sa.and_(run_step.c.run_id == sa.bindparam("of_run"), run_step.c.step_id == sa.bindparam("of_step"))
_CHANGE_STEP = Prepared(sa.update(run_step).where(_THIS_STEP))
_SEQ = sa.select(run.c.seq).where(_THIS_RUN)
_WAITING_FOR_EVENT = (
    sa.select(run_step.c.run_id, run_step.c.step_id, run_step.c.wait_id, run.c.recipe_hash)
    .join(run, run.c.id == run_step.c.run_id)
    .where(run_step.c.wait_key == sa.bindparam("of_key"), run_step.c.state == StepPhase.WAITING.value)
    .order_by(run_step.c.started_at, run_step.c.run_id, run_step.c.step_id)
    .limit(sa.bindparam("most"))
)
_CHILDREN = (
    sa.select(run.c.id, run.c.parent_step, run.c.state, run.c.outcome)
    .where(run.c.parent_run_id == sa.bindparam("of_run"))
    .order_by(run.c.id)
)
_LAST_DONE = (
    sa.select(run_step.c.outcome, run_step.c.output)
    .where(run_step.c.run_id == sa.bindparam("of_run"), run_step.c.state == StepPhase.DONE.value)
    .order_by(run_step.c.seq.desc())
    .limit(1)
)


def pin_recipe(unit: Unit, recipe: Recipe, *, digest: str | None = None) -> str:
    """Keep the recipe's content under its hash, so that a run goes on as it began whatever is deployed later.

    `digest` is that hash where the caller knows it.
    """
    digest = digest or fingerprint(recipe)
    if _PINNED.first(unit.conn, {"digest": digest}) is None:
        values = {"hash": digest, "recipe": recipe.id, "content": essence(recipe), "pinned_at": unit.now}
        unit.conn.execute(sa.insert(pinned_recipe).values(**values))
    return digest


def pinned(conn: sa.Connection, digest: str) -> Recipe:
    return Recipe.model_validate(pinned_content(conn, digest))


def pinned_content(conn: sa.Connection, digest: str) -> dict[str, Any]:
    """A recipe as it was pinned, JSON-ready; `digest` is its hash."""
    return conn.execute(sa.select(pinned_recipe.c.content).where(pinned_recipe.c.hash == digest)).scalar_one()


def insert_run(  # one argument a column, all of them named
    unit: Unit,
    *,
    run_id: str,
    recipe: Recipe,
    recipe_hash: str,
    team: str,
    subject: str,
    run_input: Mapping[str, Any],
    document_id: str | None,
    batch_id: str | None,
    actor: str,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns the columns as written; `more` are further ones, by their names. The id is a fresh one."""
    values = {
        "id": run_id,
        "intent": recipe.intent,
        "recipe": recipe.id,
        "recipe_hash": recipe_hash,
        "team": team,
        "state": RunState.QUEUED,
        "subject": subject,
        "labels": [],
        "input": dict(run_input),
        "document_id": document_id,
        "batch_id": batch_id,
        "seq": 0,
        "started_by": actor,
        "started_at": unit.now,
        "updated_at": unit.now,
        **(more or {}),
    }
    _INSERT_RUN.run(unit.conn, values)
    unit.journal(
        f"run:{run_id}",
        "run.started",
        actor=actor,
        payload={"intent": recipe.intent, "recipe": recipe.id, "recipe_hash": recipe_hash, "subject": subject},
        is_new=True,
    )
    return values


def row_of_new_run(values: Mapping[str, Any]) -> RunRow:
    """A run as it was just written."""
    columns: dict[str, Any] = {name: values.get(name) for name in RunRow.__slots__}
    return RunRow(**columns)


def load_run(conn: sa.Connection, run_id: str, *, for_update: bool = False) -> RunRow:
    """Raises NotFound. `for_update` holds the row against other segments of the same run on PostgreSQL."""
    row = (_LOCKED_RUN if for_update else _RUN).first(conn, {"of_run": run_id})
    if row is None:
        raise NotFound(f"there is no run {run_id!r}; list them with 'tiebeam runs list'", run=run_id)
    values = row._asdict()
    values["state"] = RunState(values["state"])
    if values["ends_as"] is not None:
        values["ends_as"] = RunState(values["ends_as"])
    return RunRow(**values)


def load_states(conn: sa.Connection, run_id: str) -> dict[str, StepState]:
    rows = _STATES.all(conn, {"of_run": run_id})
    return {
        row.step_id: StepState(
            step_id=row.step_id,
            phase=StepPhase(row.state),
            outcome=row.outcome or row.state,
            output=row.output,
            seq=row.seq,
            task_id=row.task_id,
            wait_id=row.wait_id,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class StepRow:
    """An instance's row as it is first written, or moved on from waiting.

    `seq` is given when it has ended, by whoever keeps the row.
    """

    step_id: str
    phase: StepPhase
    outcome: str | None
    position: int
    seq: int = 0
    summary: str | None = None
    output: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    task_id: str | None = None
    wait_id: str | None = None
    wait_key: str | None = None

    @property
    def state(self) -> StepState:
        outcome = self.outcome or self.phase
        return StepState(self.step_id, self.phase, outcome, self.output, self.seq, self.task_id, self.wait_id)

    def values(self, now: datetime) -> dict[str, Any]:
        return {
            "state": self.phase,
            "outcome": self.outcome,
            "summary": self.summary,
            "output": dict(self.output),
            "evidence": dict(self.evidence),
            "task_id": self.task_id,
            "wait_id": self.wait_id,
            "wait_key": self.wait_key,
            "seq": self.seq,
            "ended_at": now if self.phase in SETTLED else None,
        }


def insert_steps(unit: Unit, run_id: str, rows: Sequence[StepRow]) -> None:
    """Write steps that had no row. A second writer of the same step fails and loses its whole unit."""
    if not rows:
        return
    values = [
        {
            "run_id": run_id,
            "step_id": row.step_id,
            "position": row.position,
            "started_at": unit.now,
            **row.values(unit.now),
        }
        for row in rows
    ]
    _INSERT_STEPS.run_each(unit.conn, values)


def move_steps(unit: Unit, run_id: str, rows: Iterable[StepRow]) -> None:
    """Move steps on that had a row."""
    values = [{"of_run": run_id, "of_step": row.step_id, **row.values(unit.now)} for row in rows]
    if values:
        _CHANGE_STEP.run_each(unit.conn, values)


def mark_steps(unit: Unit, run_id: str, phases: Mapping[str, StepPhase]) -> None:
    """Give instances another phase and leave everything else of their rows as it is."""
    if phases:
        values = [{"of_run": run_id, "of_step": instance, "state": phase} for instance, phase in phases.items()]
        _CHANGE_STEP.run_each(unit.conn, values)


def forget_steps(unit: Unit, run_id: str, instances: Collection[str]) -> None:
    """Take instances back so that they run again; what happened stays in the journal."""
    if instances:
        unit.conn.execute(sa.delete(run_step).where(run_step.c.run_id == run_id, run_step.c.step_id.in_(instances)))


def step_of_task(conn: sa.Connection, task_id: str) -> tuple[str, StepPhase, Mapping[str, Any]] | None:
    """(step id, phase, output) of the step that waits for a task."""
    row = conn.execute(
        sa.select(run_step.c.step_id, run_step.c.state, run_step.c.output).where(run_step.c.task_id == task_id)
    ).first()
    return None if row is None else (row.step_id, StepPhase(row.state), row.output)


@dataclass(frozen=True, slots=True)
class Child:
    """A run that another one waits for, at this instance."""

    id: str
    parent_step: str
    state: RunState
    outcome: str | None


def children_of(conn: sa.Connection, run_id: str) -> list[Child]:
    """The runs a run has started, oldest first."""
    rows = conn.execute(_CHILDREN, {"of_run": run_id})
    return [Child(row.id, row.parent_step, RunState(row.state), row.outcome) for row in rows]


def last_output(conn: sa.Connection, run_id: str) -> dict[str, Any]:
    """The output of the step that was done last; empty when none was."""
    row = conn.execute(_LAST_DONE, {"of_run": run_id}).first()
    return {} if row is None else dict(row.output)


def row_of_step(conn: sa.Connection, run_id: str, instance: str) -> Any:
    """Summary, evidence and everything else of an instance; None when it has not begun."""
    where = (run_step.c.run_id == run_id, run_step.c.step_id == instance)
    return conn.execute(sa.select(run_step).where(*where)).first()


def seq_of(conn: sa.Connection, run_id: str) -> int:
    """The run's present number; it changes with everything that others do to the run."""
    return int(conn.execute(_SEQ, {"of_run": run_id}).scalar_one())


def waiting_for_event(conn: sa.Connection, wait_key: str, *, most: int = 1000) -> Sequence[Any]:
    """Run, instance, wait and version of those that wait for an event of this name and key, the oldest first."""
    return conn.execute(_WAITING_FOR_EVENT, {"of_key": wait_key, "most": most}).all()


def lock_key(conn: sa.Connection, text: str) -> None:
    """Let one unit at a time go on with this key. SQLite's write lock does this already."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(text, 0))))


def take_seq(unit: Unit, run_id: str) -> int:
    """The next number of this run; one wait or continuation has one number, never used twice."""
    return int(unit.conn.execute(_TAKE_SEQ, {"of_run": run_id}).scalar_one())


def change_run(unit: Unit, run_id: str, **values: Any) -> None:
    """Write columns of the run's row."""
    _CHANGE_RUN.run(unit.conn, {"of_run": run_id, **values, "updated_at": unit.now})


def in_state(unit: Unit, state: RunState, *, outcome: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """The columns of a run that is in this state from now on; what is None stays as it is."""
    values: dict[str, Any] = {"state": state}
    if outcome is not None:
        values["outcome"] = outcome
    if reason is not None:
        values["reason"] = reason
    if state.is_final:
        values["ended_at"] = unit.now
    return values


def set_state(
    unit: Unit, run_id: str, *, state: RunState, outcome: str | None = None, reason: str | None = None
) -> None:
    change_run(unit, run_id, **in_state(unit, state, outcome=outcome, reason=reason))


def as_columns(facts: RunFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in RunFacts.__slots__} | {"labels": list(facts.labels)}
