"""Rows of promotions; only ever added. Only this sub-room touches them."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

promotion = sa.Table(
    "promotion",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("intent", sa.String(160), nullable=False),
    sa.Column("recipe", sa.String(160), nullable=False),
    sa.Column("recipe_hash", sa.String(64), nullable=False),
    sa.Column("from_state", sa.String(16), nullable=False),
    sa.Column("to_state", sa.String(16), nullable=False),
    sa.Column("gates", JsonText, nullable=False),
    sa.Column("override_reason", sa.Text),
    sa.Column("override_until", sa.String(10)),
    sa.Column("promoted_by", sa.String(160), nullable=False),
    sa.Column("promoted_at", Moment, nullable=False),
    sa.Index("promotion_by_intent", "intent", "seq"),
)
