"""Rows of runs and their steps. Only this sub-room touches them."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, JsonText, Moment, metadata

pinned_recipe = sa.Table(
    "pinned_recipe",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("recipe", sa.String(160), nullable=False),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("pinned_at", Moment, nullable=False),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("intent", sa.String(160), nullable=False),
    sa.Column("recipe", sa.String(160), nullable=False),
    sa.Column("recipe_hash", sa.String(64), sa.ForeignKey("pinned_recipe.hash"), nullable=False),
    sa.Column("team", sa.String(160), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(40)),
    sa.Column("reason", sa.Text),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("document_id", sa.String(40)),
    sa.Column("batch_id", sa.String(40)),
    sa.Column("decision", sa.String(40)),
    sa.Column("labels", JsonText, nullable=False),
    sa.Column("counterparty", sa.Text),
    sa.Column("amount", Amount),
    sa.Column("currency", sa.String(3)),
    sa.Column("input", JsonText, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("started_by", sa.String(160), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("run_by_state", "state", "started_at"),
    sa.Index("run_by_intent", "intent", "started_at"),
    sa.Index("run_by_batch", "batch_id"),
)

run_step = sa.Table(
    "run_step",
    metadata,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("step_id", sa.String(80), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(40)),
    sa.Column("summary", sa.Text),
    sa.Column("output", JsonText, nullable=False),
    sa.Column("evidence", JsonText, nullable=False),
    sa.Column("task_id", sa.String(40)),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("run_step_by_task", "task_id"),
)
