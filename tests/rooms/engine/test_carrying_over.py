"""An update from the former dispatcher loses nothing that waited (ids: B8)."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.engine import Engine, Segment
from tiebeam.kit import Clock, Ids
from tiebeam.store import Store
from tiebeam.store.migration import run, versions

_OLD = [
    # id, status, queue, team, priority, delay
    ("run:waits:3", "ENQUEUED", "work", "payables", 0, None),
    ("run:runs:1", "PENDING", "effects", "legal", 0, None),
    ("run:a:b|c:2", "DELAYED", "human", None, 0, 9_000_000_000_000),
    ("intake:second:0", "ENQUEUED", "intake", None, 2, None),
    ("intake:first:0", "PENDING", "intake", None, 1, None),
    ("run:done:1", "SUCCESS", "work", "payables", 0, None),
    ("run:aside:1", "SUCCESS", "work", "payables", 0, None),
]


def _former(store: Store) -> None:
    """A database as the release before left it, with the columns of DBOS that matter here."""
    schema = "dbos." if store.dialect == "postgresql" else ""
    with store.engine.begin() as conn:
        run(conn, [version for version in versions() if version < "0030"])
        if schema:
            conn.execute(sa.text("CREATE SCHEMA dbos"))
        conn.execute(
            sa.text(
                f"CREATE TABLE {schema}workflow_status (workflow_uuid TEXT PRIMARY KEY, status TEXT, name TEXT,"
                " queue_name TEXT, queue_partition_key TEXT, priority INTEGER, created_at BIGINT,"
                " delay_until_epoch_ms BIGINT)"
            )
        )
        for name, status, queue, team, priority, delay in _OLD:
            conn.execute(
                sa.text(
                    f"INSERT INTO {schema}workflow_status VALUES (:id, :status, 'segment', :queue, :team, :priority,"
                    " 1700000000000, :delay)"
                ),
                {"id": name, "status": status, "queue": queue, "team": team, "priority": priority, "delay": delay},
            )
        conn.execute(sa.text("INSERT INTO engine_failure VALUES ('run:aside:1', '2026-03-01T00:00:00.000000Z', 'no')"))


def test_what_waited_ran_or_was_put_aside_is_carried_over(empty_database_url: str, clock: Clock, ids: Ids) -> None:
    store = Store(empty_database_url, clock=clock, ids=ids)
    _former(store)
    store.migrate()
    with store.read() as conn:
        rows = conn.execute(sa.text("SELECT kind, key, seq, queue, team, state FROM engine_segment"))
        found = [tuple(row) for row in rows]
        table = "dbos.workflow_status" if store.dialect == "postgresql" else "workflow_status"
        left = conn.execute(sa.text(f"SELECT count(*) FROM {table} WHERE status = 'CANCELLED'")).scalar()
    assert sorted(found) == [
        ("intake", "first", 0, "intake", "", "queued"),
        ("intake", "second", 0, "intake", "", "queued"),
        ("run", "a:b|c", 2, "human", "default", "delayed"),
        ("run", "aside", 1, "work", "payables", "failed"),
        ("run", "runs", 1, "effects", "legal", "queued"),
        ("run", "waits", 3, "work", "payables", "queued"),
    ]
    # A worker of the former release finds nothing there any more.
    assert left == 5
    order: list[str] = []
    engine = Engine(store, poll_seconds=0.02)

    def note(here: Segment) -> None:
        order.append(here.key)

    engine.register("intake", note)
    engine.register("run", note)
    engine.launch()
    assert engine.drain(10)
    engine.close()
    assert [key for key in order if key in ("first", "second")] == ["first", "second"]
    assert sorted(order) == ["first", "runs", "second", "waits"]
    store.close()
