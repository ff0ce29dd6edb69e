"""The text of every set of policies a decision was made under. Only this sub-room touches it."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

pinned_policy = sa.Table(
    "pinned_policy",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("pinned_at", Moment, nullable=False),
)
