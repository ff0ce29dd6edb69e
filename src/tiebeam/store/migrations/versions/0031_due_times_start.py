"""From when the due time of a task is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031_due_times_start"
down_revision = "0030_own_dispatcher"


def upgrade() -> None:
    op.add_column("task", sa.Column("due_start", sa.Text(), nullable=True))
