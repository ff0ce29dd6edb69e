"""Own dispatcher: segments in a table of ours; what DBOS still had to run is carried over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030_own_dispatcher"
down_revision = "0029_stalls_and_forks"


def upgrade() -> None:
    _make_engine_segment()
    _make_engine_started()
    _carry_over()
    op.drop_table("engine_setup")
    op.drop_table("engine_turn")
    op.add_column("engine_worker", sa.Column("beat", sa.Integer(), server_default="0", nullable=False))


def _make_engine_segment() -> None:
    op.create_table(
        "engine_segment",
        sa.Column("turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("claim", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("deaths", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("turn", name=op.f("pk_engine_segment")),
    )
    op.create_index("ix_engine_segment_id", "engine_segment", ["kind", "key", "seq"], unique=True)
    _some("queued", ["queue", "team", "priority", "turn"], where="state = 'queued'")
    _some("due", ["due"], where="due IS NOT NULL")
    _some("running", ["worker"], where="worker IS NOT NULL")
    _some("ended", ["ended"], where="ended IS NOT NULL")


def _some(name: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"ix_engine_segment_{name}", "engine_segment", columns, sqlite_where=condition, postgresql_where=condition
    )


def _make_engine_started() -> None:
    op.create_table(
        "engine_started",
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team", "second", name=op.f("pk_engine_started")),
    )


def _carry_over() -> None:
    """Take over what waits or runs, and withdraw it there, so that a worker of the former version loses it."""
    conn = op.get_bind()
    schema = "dbos" if conn.dialect.name == "postgresql" else None
    if not sa.inspect(conn).has_table("workflow_status", schema=schema):
        return
    names = ("workflow_uuid", "status", "name", "queue_name", "queue_partition_key", "priority", "created_at")
    old = sa.table("workflow_status", *(sa.column(one) for one in (*names, "delay_until_epoch_ms")), schema=schema)
    aside = sa.select(sa.text("segment_id")).select_from(sa.text("engine_failure"))
    is_aside = old.c.workflow_uuid.in_(aside)
    is_open = old.c.status.in_(["ENQUEUED", "PENDING", "DELAYED"])
    rows = conn.execute(
        sa.select(old, is_aside.label("is_aside"))
        .where(old.c.name == "segment", sa.or_(is_open, is_aside))
        .order_by(old.c.priority, old.c.created_at, old.c.workflow_uuid)
    ).mappings()
    values = [_carried(row) for row in rows]
    if values:
        columns = ("kind", "key", "seq", "queue", "team", "priority", "state", "since", "due", "ended")
        op.bulk_insert(sa.table("engine_segment", *(sa.column(one) for one in columns)), values)
    conn.execute(sa.update(old).where(old.c.name == "segment", is_open).values(status="CANCELLED", queue_name=None))


def _carried(row: Any) -> dict[str, Any]:
    kind, rest = row["workflow_uuid"].split(":", 1)
    key, seq = rest.rsplit(":", 1)
    queue = row["queue_name"] or "work"
    delayed = row["status"] == "DELAYED" and not row["is_aside"]
    return {
        "kind": kind,
        "key": key,
        "seq": int(seq),
        "queue": queue,
        # A queue that is worked in order knows no teams.
        "team": "" if queue == "intake" else row["queue_partition_key"] or "default",
        "priority": 5,
        "state": "failed" if row["is_aside"] else "delayed" if delayed else "queued",
        "since": row["created_at"],
        "due": row["delay_until_epoch_ms"] if delayed else None,
        "ended": row["created_at"] if row["is_aside"] else None,
    }
