"""What people were shown and what they decided on, for evidence."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiebeam.workforce import tables
from tiebeam.workforce.task import load_task

_MOST = 1000


def shown_in_run(conn: sa.Connection, run_id: str) -> list[dict[str, Any]]:
    """The proposed actions of a run's tasks, each version of them, and the context that came along."""
    of_run = sa.select(tables.task.c.context).where(tables.task.c.run_id == run_id).order_by(tables.task.c.id)
    payloads = (
        sa.select(tables.task_payload.c.payload)
        .join(tables.task, tables.task.c.id == tables.task_payload.c.task_id)
        .where(tables.task.c.run_id == run_id)
        .order_by(tables.task_payload.c.task_id, tables.task_payload.c.payload_hash)
    )
    found = [*conn.execute(payloads.limit(_MOST)).scalars(), *conn.execute(of_run.limit(_MOST)).scalars()]
    return [dict(one) for one in found]


def run_of_task(conn: sa.Connection, task_id: str) -> str:
    """The run a task belongs to, empty for none. Raises UnknownTask."""
    return load_task(conn, task_id).run_id
