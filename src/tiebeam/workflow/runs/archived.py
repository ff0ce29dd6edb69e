"""Which runs may leave the database for the archive, and which tables of this sub-room go with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tiebeam.store import ArchivedTable, Unit
from tiebeam.workflow.runs.states import RunState
from tiebeam.workflow.runs.tables import run, run_step

ARCHIVED_WITH_RUNS = (ArchivedTable(run, "id"), ArchivedTable(run_step, "run_id"))
_LEAVING = [RunState.DONE.value, RunState.STOPPED.value, RunState.CANCELLED.value]
"""Not those that failed: somebody still has to look at them."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    id: str
    intent: str
    recipe: str
    state: str
    started_at: datetime
    ended_at: datetime
    updated_at: datetime


def ended_runs(
    conn: sa.Connection,
    *,
    before: datetime,
    keep: Collection[str] = (),
    after: tuple[datetime, str] | None = None,
    limit: int = 500,
) -> list[EndedRun]:
    """Runs that ended before that moment, those that started first at the front; none of the intents `keep`.

    A run that a waiting one has started stays as long as that one is open. For the next page pass (started_at, id) of
    the last as `after`.
    """
    parent = run.alias("parent")
    is_waited_for = sa.exists().where(parent.c.id == run.c.parent_run_id, parent.c.ended_at.is_(None))
    statement = (
        sa.select(*[run.c[name] for name in EndedRun.__slots__])
        .where(run.c.state.in_(_LEAVING), run.c.ended_at < before, run.c.intent.not_in(list(keep)), ~is_waited_for)
        .order_by(run.c.started_at, run.c.id)
        .limit(limit)
    )
    if after is not None:
        last = sa.tuple_(sa.literal(after[0], run.c.started_at.type), sa.literal(after[1]))
        statement = statement.where(sa.tuple_(run.c.started_at, run.c.id) > last)
    return [EndedRun(*row) for row in conn.execute(statement)]


def still_ended(unit: Unit, runs: Collection[EndedRun]) -> set[str]:
    """Those that nobody has taken up again since they were read; locked until the unit ends."""
    known = {one.id: one.updated_at for one in runs}
    statement = sa.select(run.c.id, run.c.updated_at).where(run.c.id.in_(known), run.c.state.in_(_LEAVING))
    return {row.id for row in unit.conn.execute(statement.with_for_update()) if known[row.id] == row.updated_at}


def ended_of(conn: sa.Connection, among: sa.Select[str], *, before: datetime, limit: int) -> list[str]:
    """Which of the runs that `among` selects ended before that moment."""
    statement = sa.select(run.c.id).where(run.c.id.in_(among), run.c.ended_at < before).limit(limit)
    return list(conn.execute(statement).scalars())
