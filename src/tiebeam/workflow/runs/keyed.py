"""The open run that later events of a stateful trigger mean."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.workflow.runs.tables import run


def keyed_run(conn: sa.Connection, *, recipe: str, trigger: str, key: str) -> str | None:
    """The id of the open run of this recipe, trigger and key; there is one at most."""
    statement = sa.select(run.c.id).where(
        run.c.recipe == recipe, run.c.trigger_id == trigger, run.c.trigger_key == key, run.c.ended_at.is_(None)
    )
    return conn.execute(statement).scalar_one_or_none()
