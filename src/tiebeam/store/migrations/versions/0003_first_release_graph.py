"""First release graph."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_first_release_graph"
down_revision = "0002_first_release_engine"


def upgrade() -> None:
    _make_graph_snapshot()


def _make_graph_snapshot() -> None:
    op.create_table(
        "graph_snapshot",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_graph_snapshot")),
    )
