"""The event an instance waits for, so that its coming is found by name and key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033_waits_for_events"
down_revision = "0032_runs_in_the_archive"


def upgrade() -> None:
    op.add_column("run_step", sa.Column("wait_key", sa.Text(), nullable=True))
    where = sa.text("wait_key IS NOT NULL")
    op.create_index(
        "run_step_by_event", "run_step", ["wait_key"], unique=False, sqlite_where=where, postgresql_where=where
    )
