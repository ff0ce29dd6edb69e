"""Rows of runs and their steps. Only this sub-room touches them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiebeam.store import Amount, JsonText, Moment, metadata


def _where(condition: str) -> dict[str, Any]:
    """An index of the rows for which the condition holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


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
    # The run that waits for this one, and the instance in it that does.
    sa.Column("parent_run_id", sa.String(40)),
    sa.Column("parent_step", sa.String(160)),
    # {recipe: hash} of the recipes it may run, as they were when it started.
    sa.Column("pins", JsonText),
    # What started it by itself, and which open run later events of a stateful trigger mean.
    sa.Column("trigger_id", sa.String(160)),
    sa.Column("trigger_key", sa.Text),
    # The state it ends in once its effects are taken back.
    sa.Column("ends_as", sa.String(16)),
    # The segment whose calls outside are under way.
    sa.Column("held_by", sa.String(160)),
    sa.Column("deadline_at", Moment),
    sa.Column("deadline_wait", sa.String(60)),
    sa.Index("run_by_state", "state", "started_at"),
    sa.Index("run_by_intent", "intent", "started_at"),
    sa.Index("run_by_batch", "batch_id", **_where("batch_id IS NOT NULL")),
    sa.Index("run_by_parent", "parent_run_id", **_where("parent_run_id IS NOT NULL")),
    # A stateful trigger has one open run for each key: the second of two that start at once is refused here.
    sa.Index(
        "run_open_by_key",
        "recipe",
        "trigger_id",
        "trigger_key",
        unique=True,
        **_where("trigger_key IS NOT NULL AND ended_at IS NULL"),
    ),
)

run_step = sa.Table(
    "run_step",
    metadata,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
    # The instance: the step's id, with indices in the body of a map or loop: `check[2.0]`.
    sa.Column("step_id", sa.String(160), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(40)),
    sa.Column("summary", sa.Text),
    sa.Column("output", JsonText, nullable=False),
    sa.Column("evidence", JsonText, nullable=False),
    sa.Column("task_id", sa.String(40)),
    # The open wait of a timer, an event, another run or a further attempt.
    sa.Column("wait_id", sa.String(60)),
    # The name and the key of the event it waits for.
    sa.Column("wait_key", sa.Text),
    # Counts the run's steps in the order in which they ended: they are undone backwards.
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("run_step_by_task", "task_id", **_where("task_id IS NOT NULL")),
    sa.Index("run_step_by_event", "wait_key", **_where("wait_key IS NOT NULL")),
)
