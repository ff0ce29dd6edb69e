"""The snapshots of applied graphs."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

graph_snapshot = sa.Table(
    "graph_snapshot",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("applied_at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("files", JsonText, nullable=False),
)
