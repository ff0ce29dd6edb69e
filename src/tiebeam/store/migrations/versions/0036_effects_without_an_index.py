"""Effects without an index."""

from __future__ import annotations

from alembic import op

revision = "0036_effects_without_an_index"
down_revision = "0035_lists_of_tasks"


def upgrade() -> None:
    op.drop_index(op.f("ix_engine_effect_state_begun_at"), table_name="engine_effect")
