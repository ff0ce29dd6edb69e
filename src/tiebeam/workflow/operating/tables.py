"""Rows of run operations: runs nothing happens in, and where runs were begun from."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Moment, metadata

run_stall = sa.Table(
    "run_stall",
    metadata,
    sa.Column("run_id", sa.String(40), primary_key=True),
    # When something last happened in it; with the run it names one stall, which is told once.
    sa.Column("since", Moment, nullable=False),
    sa.Column("noticed_at", Moment, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Index(None, "noticed_at"),
)

run_fork = sa.Table(
    "run_fork",
    metadata,
    sa.Column("run_id", sa.String(40), primary_key=True),
    sa.Column("from_run", sa.String(40), nullable=False),
    sa.Column("step", sa.String(160)),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "from_run"),
)
