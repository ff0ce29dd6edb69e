"""Rows of evaluations. Only this sub-room touches them."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

evaluation = sa.Table(
    "evaluation",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("recipe", sa.String(160), nullable=False),
    sa.Column("recipe_hash", sa.String(64), nullable=False),
    sa.Column("set_id", sa.String(160), nullable=False),
    sa.Column("set_hash", sa.String(64), nullable=False),
    sa.Column("passed_cases", sa.Integer, nullable=False),
    sa.Column("total_cases", sa.Integer, nullable=False),
    sa.Column("results", JsonText, nullable=False),
    sa.Column("evaluated_by", sa.String(160), nullable=False),
    sa.Column("evaluated_at", Moment, nullable=False),
    sa.Index("evaluation_by_recipe", "recipe", "evaluated_at"),
)
