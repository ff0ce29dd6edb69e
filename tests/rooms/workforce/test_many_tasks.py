"""A person's own list costs the same whether ten or ten thousand tasks wait for others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.rooms.workforce.company import Office
from tiebeam.workforce import tables

# ids: WF-07

MANY = 10_000


def crowd(office: Office, role: str) -> None:
    """Copies of one open task."""
    made = office.open(role=role)
    with office.store.engine.begin() as conn:
        row = dict(conn.execute(sa.select(tables.task).where(tables.task.c.id == made)).mappings().one())
        copies = [{**row, "id": f"copy{n:05}", "wait_id": f"wait{n}"} for n in range(MANY)]
        conn.execute(sa.insert(tables.task), copies)


def work_of(office: Office, read: Callable[[sa.Connection], object]) -> int:
    """How many thousand instructions SQLite takes for it."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with office.store.read() as conn:
        read(conn)
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(count, 1000)
        try:
            read(conn)
        finally:
            raw.set_progress_handler(None, 0)
    return steps[0]


def test_other_peoples_tasks_cost_nothing_in_ones_own_list(office: Office) -> None:
    if office.store.dialect != "sqlite":
        pytest.skip("counts the instructions of SQLite; the indexes are the same")
    for _ in range(5):
        office.open()
    workforce, ada = office.workforce, office.workforce.principal("ada")

    def mine(conn: sa.Connection) -> object:
        return workforce.tasks(conn, state="active", person="ada")

    def everyone(conn: sa.Connection) -> object:
        return workforce.tasks(conn, state="active")

    before = work_of(office, mine)
    crowd(office, "finance-director")

    assert work_of(office, mine) <= before + 1
    # The page itself is read in order; what grows is the count, up to its bound.
    assert work_of(office, everyone) < 150
    assert work_of(office, lambda conn: workforce.counts(conn, ada)) < 150


def test_counts_and_totals_stop_at_their_bound(office: Office) -> None:
    crowd(office, "finance-director")
    with office.store.read() as conn:
        page = office.workforce.tasks(conn, state="active", person="dan", page=200, size=50)
        counts = office.workforce.counts(conn, office.workforce.principal("dan"))
    assert (page.total, len(page.rows)) == (MANY, 50)
    assert (counts.mine, counts.active) == (MANY, MANY)
