"""How far the trace of an open run has been told. Only this sub-room touches it, and only where traces are on."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

run_trace = sa.Table(
    "run_trace",
    metadata,
    sa.Column("run_id", sa.String(40), primary_key=True),
    # Everything that ended before is told; of what ended since, the names.
    sa.Column("told_until", Moment, nullable=False),
    sa.Column("told", JsonText, nullable=False),
)
