"""Runs in which nothing happens: what the search for stalled runs asks. All bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.workflow.runs.states import PARKED, RunState, StepPhase
from tiebeam.workflow.runs.tables import run, run_step

_WORKED_ON = (RunState.QUEUED, RunState.RUNNING, RunState.UNDOING)
_WAITED_FOR = tuple(phase for phase in StepPhase if phase not in {StepPhase.DONE, StepPhase.SKIPPED, StepPhase.UNDONE})


@dataclass(frozen=True, slots=True)
class StillRun:
    """A run in which nothing has happened since `updated_at`."""

    id: str
    intent: str
    recipe_hash: str
    subject: str
    state: RunState
    updated_at: datetime


_STILL = [run.c[name] for name in StillRun.__slots__]


def versions_at_work(conn: sa.Connection) -> list[str]:
    """The versions open runs are pinned to, paused ones aside."""
    states = (*_WORKED_ON, RunState.WAITING)
    return list(conn.execute(sa.select(run.c.recipe_hash).where(run.c.state.in_(states)).distinct()).scalars())


def still_runs(conn: sa.Connection, version: str, *, before: datetime, limit: int) -> list[StillRun]:
    """Runs of a version that somebody should be working on and nobody has touched since `before`, oldest first."""
    asked = sa.exists().where(run_step.c.run_id == run.c.id, run_step.c.state.in_(PARKED))
    where = (
        run.c.recipe_hash == version,
        run.c.state.in_(_WORKED_ON),
        run.c.updated_at < before,
        # What is taken back may wait for a person, too.
        sa.or_(run.c.state != RunState.UNDOING, ~asked),
    )
    return _found(conn, sa.select(*_STILL).where(*where), limit)


def forsaken_runs(conn: sa.Connection, version: str, *, before: datetime, limit: int) -> list[StillRun]:
    """Runs that say that they wait although nothing in them is waited for, oldest first."""
    open_step = sa.exists().where(run_step.c.run_id == run.c.id, run_step.c.state.in_(_WAITED_FOR))
    where = (run.c.recipe_hash == version, run.c.state == RunState.WAITING, run.c.updated_at < before)
    return _found(conn, sa.select(*_STILL).where(*where, ~open_step), limit)


def _found(conn: sa.Connection, statement: sa.Select[Any], limit: int) -> list[StillRun]:
    rows = conn.execute(statement.order_by(run.c.updated_at).limit(limit)).mappings()
    return [_still(row) for row in rows]


def _still(row: Any) -> StillRun:
    values: dict[str, Any] = dict(row)
    values["state"] = RunState(values["state"])
    return StillRun(**values)
