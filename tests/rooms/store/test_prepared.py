"""Statements that are put together once mean what SQLAlchemy's own mean, on both databases."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.store import Amount, JsonText, Moment, NotPreparable, Prepared, Store, Unit

THING = sa.Table(
    "prepared_thing",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, unique=True),
    sa.Column("at", Moment),
    sa.Column("amount", Amount),
    sa.Column("data", JsonText),
)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADD = Prepared(sa.insert(THING))
READ = Prepared(sa.select(THING).where(THING.c.name == sa.bindparam("wanted")))
RENAME = Prepared(sa.update(THING).where(THING.c.name == sa.bindparam("old")))


@pytest.fixture
def things(store: Store) -> Store:
    with store.unit() as unit:
        THING.metadata.create_all(unit.conn)
    return store


def test_values_keep_their_types_both_ways(things: Store) -> None:
    with things.unit() as unit:
        ADD.run(unit.conn, {"name": "a", "at": AT, "amount": Decimal("1.50"), "data": {"n": [1]}})
        ADD.run_each(unit.conn, [{"name": name, "at": None, "amount": None, "data": None} for name in "bc"])
        assert RENAME.run(unit.conn, {"old": "b", "name": "d"}) == 1
    with things.read() as conn:
        row = READ.first(conn, {"wanted": "a"})
        assert row is not None
        assert (row.at, row.amount, row.data) == (AT, Decimal("1.50"), {"n": [1]})
        assert conn.execute(sa.select(THING).where(THING.c.name == "a")).one()._asdict() == row._asdict()
        assert READ.first(conn, {"wanted": "b"}) is None
        assert [found.name for found in READ.all(conn, {"wanted": "d"})] == ["d"]


def test_many_rows_answer_which_of_them_were_new(things: Store) -> None:
    insert = sqlite.insert if things.dialect == "sqlite" else postgresql.insert
    add = Prepared(insert(THING).on_conflict_do_nothing(index_elements=["name"]).returning(THING.c.name))
    with things.unit() as unit:
        ADD.run(unit.conn, {"name": "n7"})
        new = add.answers(unit.conn, [{"name": f"n{place}"} for place in range(120)])
    assert len(new) == 119
    assert "n7" not in {row.name for row in new}


def test_errors_are_the_ones_everybody_catches(things: Store) -> None:
    with things.unit() as unit:
        ADD.run(unit.conn, {"name": "a"})
    with pytest.raises(sa.exc.IntegrityError), things.unit() as unit:
        ADD.run(unit.conn, {"name": "a"})
    with pytest.raises(sa.exc.IntegrityError), things.unit() as unit:
        ADD.run_each(unit.conn, [{"name": "b"}, {"name": "b"}])
    with things.read() as conn:
        assert READ.first(conn, {"wanted": "b"}) is None


def fail_half_way(unit: Unit) -> None:
    ADD.run(unit.conn, {"name": "inner"})
    raise RuntimeError("half-way")


def test_a_part_that_fails_takes_only_its_own_writes_back_even_within_another(things: Store) -> None:
    with things.unit() as unit:
        with unit.part():
            ADD.run(unit.conn, {"name": "outer"})
            with pytest.raises(RuntimeError, match="half-way"), unit.part():
                fail_half_way(unit)
        ADD.run(unit.conn, {"name": "after"})
    with things.read() as conn:
        assert {row.name for row in conn.execute(sa.select(THING.c.name))} == {"outer", "after"}


def test_a_reader_sees_one_moment_from_its_first_question_on(things: Store) -> None:
    with things.read() as conn:
        assert READ.first(conn, {"wanted": "late"}) is None
        with things.unit() as unit:
            ADD.run(unit.conn, {"name": "late"})
        assert READ.first(conn, {"wanted": "late"}) is None


def test_a_list_of_changing_length_is_refused(things: Store) -> None:
    with things.read() as conn, pytest.raises(NotPreparable):
        Prepared(sa.select(THING).where(THING.c.name.in_(sa.bindparam("names", expanding=True)))).all(
            conn, {"names": ["a"]}
        )


def test_a_transaction_that_the_database_undid_is_lost_for_everybody_in_it(
    things: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy the machine is, the second joins the first.
    monkeypatch.setattr("tiebeam.store.together.SECONDS", 5.0)
    if things.dialect != "sqlite":
        pytest.skip("PostgreSQL never undoes more than what failed")
    told: list[str] = []
    inside, queued = threading.Event(), threading.Event()

    def first() -> None:
        try:
            with things.unit() as unit:
                ADD.run(unit.conn, {"name": "first"})
                inside.set()
                assert queued.wait(5)
                # Until the other thread stands in the queue.
                time.sleep(0.1)
        except sa.exc.OperationalError:
            told.append("first")

    def second() -> None:
        assert inside.wait(5)
        queued.set()
        try:
            with things.unit() as unit:
                ADD.run(unit.conn, {"name": "second"})
                # What SQLite does by itself where the disk is full.
                unit.conn.exec_driver_sql("ROLLBACK")
                raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
        except sa.exc.OperationalError:
            told.append("second")

    workers = [threading.Thread(target=work) for work in (first, second)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with things.unit() as unit:
        ADD.run(unit.conn, {"name": "later"})
    with things.read() as conn:
        kept = set(conn.execute(sa.select(THING.c.name)).scalars())
    assert (set(told), kept) == ({"first", "second"}, {"later"})
