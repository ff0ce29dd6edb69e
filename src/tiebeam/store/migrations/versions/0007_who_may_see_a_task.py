"""Who may see a task: what its run is for, and who started it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_who_may_see_a_task"
down_revision = "0006_first_release_workflow"


def upgrade() -> None:
    op.add_column("task", sa.Column("intent", sa.Text(), server_default="", nullable=False))
    op.add_column("task", sa.Column("started_by", sa.Text(), server_default="", nullable=False))
    op.execute(
        "UPDATE task SET (intent, started_by) = "
        "(SELECT run.intent, run.started_by FROM run WHERE run.id = task.run_id) "
        "WHERE EXISTS (SELECT 1 FROM run WHERE run.id = task.run_id)"
    )
