"""A leaner journal: hashes as bytes, and no index of what is written in masses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037_a_leaner_journal"
down_revision = "0036_effects_without_an_index"

_RARE_KIND = "kind NOT IN ('run.done', 'step.done', 'steps.done')"
_RARE_ACTOR = "actor <> 'system:tiebeam'"


def upgrade() -> None:
    op.drop_index(op.f("ix_journal_entry_kind_position"), table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_actor_position"), table_name="journal_entry")
    for name, column, rows in (("kind", "kind", _RARE_KIND), ("actor", "actor", _RARE_ACTOR)):
        op.create_index(
            f"journal_entry_by_{name}",
            "journal_entry",
            [column, "position"],
            sqlite_where=sa.text(rows),
            postgresql_where=sa.text(rows),
        )
    if op.get_bind().dialect.name != "postgresql":
        # SQLite keeps bytes in the same column; rows that hold digits are read as they are.
        return
    for table, column in (
        ("journal_entry", "hash"),
        ("journal_entry", "previous_hash"),
        ("journal_stream", "head_hash"),
    ):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea USING decode({column}, 'hex')")
