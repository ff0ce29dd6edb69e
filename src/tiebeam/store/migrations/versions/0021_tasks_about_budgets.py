"""Tasks about budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_tasks_about_budgets"
down_revision = "0020_emptied_months_summed"


def upgrade() -> None:
    _make_finops_task()


def _make_finops_task() -> None:
    op.create_table(
        "finops_task",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_finops_task")),
        sa.UniqueConstraint("key", name=op.f("uq_finops_task_key")),
    )
    op.create_index(op.f("ix_finops_task_budget_at"), "finops_task", ["budget", "at"], unique=False)
