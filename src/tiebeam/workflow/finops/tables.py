"""Which tasks are about budgets, so that none is opened twice."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Moment, metadata

finops_task = sa.Table(
    "finops_task",
    metadata,
    sa.Column("task_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("budget", sa.Text, nullable=False),
    # What is open or was decided once: of a request its budget's window while it is open, of a review its month.
    sa.Column("key", sa.Text, unique=True),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "budget", "at"),
)
