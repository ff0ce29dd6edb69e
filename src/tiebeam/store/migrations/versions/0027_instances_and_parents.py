"""Steps run more than once, runs that wait for runs, and what a run takes back before it ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_instances_and_parents"
down_revision = "0026_corrections_found"


def upgrade() -> None:
    op.add_column("run", sa.Column("parent_run_id", sa.String(length=40), nullable=True))
    op.add_column("run", sa.Column("parent_step", sa.String(length=160), nullable=True))
    op.add_column("run", sa.Column("pins", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("trigger_id", sa.String(length=160), nullable=True))
    op.add_column("run", sa.Column("trigger_key", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("ends_as", sa.String(length=16), nullable=True))
    op.add_column("run", sa.Column("held_by", sa.String(length=160), nullable=True))
    op.add_column("run", sa.Column("deadline_at", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("deadline_wait", sa.String(length=60), nullable=True))
    op.create_index(
        "run_by_parent",
        "run",
        ["parent_run_id"],
        unique=False,
        sqlite_where=sa.text("parent_run_id IS NOT NULL"),
        postgresql_where=sa.text("parent_run_id IS NOT NULL"),
    )
    op.create_index(
        "run_open_by_key",
        "run",
        ["recipe", "trigger_id", "trigger_key"],
        unique=True,
        sqlite_where=sa.text("trigger_key IS NOT NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("trigger_key IS NOT NULL AND ended_at IS NULL"),
    )
    # SQLite changes no column in place; the table is made anew.
    with op.batch_alter_table("run_step") as step:
        step.add_column(sa.Column("wait_id", sa.String(length=60), nullable=True))
        step.alter_column("step_id", existing_type=sa.String(length=80), type_=sa.String(length=160))
    _only_where("run_by_batch", "run", "batch_id")
    _only_where("run_step_by_task", "run_step", "task_id")


def _only_where(name: str, table: str, column: str) -> None:
    """Index the rows that have a value, and no others."""
    op.drop_index(name, table_name=table)
    where = sa.text(f"{column} IS NOT NULL")
    op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)
