"""Whether anything about runs has changed, cheap enough to ask several times a second."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.workflow.runs.tables import run


def runs_pulse(conn: sa.Connection) -> str:
    """A text that changes with every change of a run, whichever process made it."""
    row = conn.execute(sa.select(sa.func.max(run.c.updated_at), sa.func.count())).one()
    return f"{row[0]}/{row[1]}"
