"""The few columns of DBOS's tables that are read or changed together with ours, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tiebeam.engine.tables import failure
from tiebeam.store import Store

WORKFLOW = "segment"
APPLICATION = "tiebeam"
CONTRACT = "1"
"""The version of the segment's own contract, not of recipes: a recipe is data, so that no deploy strands a run."""


def segment_id(*, kind: str, key: str, seq: int) -> str:
    return f"{kind}:{key}:{seq}"


def parts_of(segment: str) -> tuple[str, str, int]:
    """The kind, key and seq that make up a segment's id."""
    kind, rest = segment.split(":", 1)
    key, seq = rest.rsplit(":", 1)
    return kind, key, int(seq)


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class DispatchRows:
    """`workflow_status` as DBOS 3.4 keeps it: in a schema of its own on PostgreSQL, beside our tables on SQLite."""

    def __init__(self, store: Store) -> None:
        self.status = sa.table(
            "workflow_status",
            sa.column("workflow_uuid", sa.Text),
            sa.column("status", sa.Text),
            sa.column("queue_name", sa.Text),
            sa.column("executor_id", sa.Text),
            sa.column("owner_xid", sa.Text),
            sa.column("error", sa.Text),
            sa.column("recovery_attempts", sa.BigInteger),
            sa.column("created_at", sa.BigInteger),
            sa.column("updated_at", sa.BigInteger),
            sa.column("started_at_epoch_ms", sa.BigInteger),
            sa.column("delay_until_epoch_ms", sa.BigInteger),
            sa.column("completed_at", sa.BigInteger),
            schema="dbos" if store.dialect == "postgresql" else None,
        )

    @property
    def in_flight(self) -> sa.ColumnElement[bool]:
        """Written out so that SQLite recognises its partial index."""
        return self.status.c.status.in_([sa.literal_column("'ENQUEUED'"), sa.literal_column("'PENDING'")])

    def owner(self, segment: str) -> sa.Select[str]:
        """The token of the claim that a segment runs under; none when it was taken away from its worker."""
        columns = self.status.c
        return sa.select(columns.owner_xid).where(columns.workflow_uuid == segment, columns.status == "PENDING")

    def end(self, segment: str, token: str, *, now_millis: int) -> sa.Update:
        columns = self.status.c
        return (
            sa.update(self.status)
            .where(columns.workflow_uuid == segment, columns.status == "PENDING", columns.owner_xid == token)
            .values(status="SUCCESS", updated_at=now_millis, completed_at=now_millis)
        )

    def let_go_again(self, prefix: str) -> sa.Update:
        """Put back into their queues the segments of a key that were put aside."""
        columns = self.status.c
        return (
            sa.update(self.status)
            .where(columns.status.in_(["SUCCESS", "ERROR"]))
            .where(sa.func.substr(columns.workflow_uuid, 1, len(prefix)) == prefix)
            .where(columns.workflow_uuid.in_(sa.select(failure.c.segment_id)))
            .values(status="ENQUEUED", owner_xid=None, started_at_epoch_ms=None, completed_at=None, recovery_attempts=0)
            .values(queue_name=sa.func.coalesce(columns.queue_name, "work"))
        )

    def waiting_queues(self, names: Sequence[str]) -> sa.CompoundSelect[str]:
        """Those of the queues that hold a segment nobody has taken yet: one look into the index each, however many."""
        columns = self.status.c
        return sa.union_all(
            *(
                sa.select(sa.literal(name).label("queue")).where(
                    sa.exists().where(self.in_flight, columns.status == "ENQUEUED", columns.queue_name == name)
                )
                for name in names
            )
        )

    def counts(self) -> sa.Select[str, str, int, int]:
        """Segments not finished, per queue and status, with the time in milliseconds since when the oldest is there."""
        columns = self.status.c
        return (
            sa.select(
                columns.queue_name,
                columns.status,
                sa.func.count().label("number"),
                sa.func.min(columns.created_at).label("oldest"),
            )
            .where(columns.status.in_([sa.literal_column(f"'{name}'") for name in ("ENQUEUED", "PENDING", "DELAYED")]))
            .group_by(columns.queue_name, columns.status)
        )

    def is_busy(self, *, now_millis: int) -> sa.Select[bool]:
        columns = self.status.c
        delayed = sa.and_(columns.status == sa.literal_column("'DELAYED'"), columns.delay_until_epoch_ms <= now_millis)
        return sa.select(sa.or_(sa.exists().where(self.in_flight), sa.exists().where(delayed)))

    def cancel(self, prefix: str, *, now_millis: int) -> sa.Update:
        """Take back every segment of a key that has not begun."""
        columns = self.status.c
        return (
            sa.update(self.status)
            .where(columns.status.in_(["ENQUEUED", "DELAYED"]))
            .where(sa.func.substr(columns.workflow_uuid, 1, len(prefix)) == prefix)
            .values(status="CANCELLED", owner_xid=None, queue_name=None, updated_at=now_millis, completed_at=now_millis)
        )

    def finished(self, *, before_millis: int, limit: int) -> sa.Select[str]:
        columns = self.status.c
        return (
            sa.select(columns.workflow_uuid)
            .where(columns.completed_at.is_not(None), columns.completed_at < before_millis)
            .order_by(columns.completed_at)
            .limit(limit)
        )
