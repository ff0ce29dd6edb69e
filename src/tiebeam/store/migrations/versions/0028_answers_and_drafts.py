"""Schemas of what may be answered, and drafts of what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028_answers_and_drafts"
down_revision = "0027_instances_and_parents"


def upgrade() -> None:
    op.add_column("task", sa.Column("answer_schema", sa.Text(), nullable=True))
    op.create_table(
        "task_draft",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_draft_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "person_id", name=op.f("pk_task_draft")),
    )
