"""Lists of tasks read their rows in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035_lists_of_tasks"
down_revision = "0034_events_and_triggers"


def upgrade() -> None:
    is_open, is_closed = sa.text("closed_at IS NULL"), sa.text("closed_at IS NOT NULL")
    op.drop_index(op.f("ix_task_role_state"), table_name="task")
    op.drop_index(op.f("ix_task_state_due_at"), table_name="task")
    for name, columns, rows in (
        ("task_open", ["due_at", "id"], is_open),
        ("task_open_of_role", ["role", "due_at", "id"], is_open),
        ("task_closed", ["closed_at", "id"], is_closed),
    ):
        op.create_index(name, "task", columns, unique=False, sqlite_where=rows, postgresql_where=rows)
