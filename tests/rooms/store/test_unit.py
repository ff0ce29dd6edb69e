"""The unit of work is the only commit."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tiebeam.kit import FixedClock
from tiebeam.store import NestedUnit, Store, Unit, UnknownDatabase, list_streams, read_journal, verify_journal


def _append(unit: Unit, number: int = 1) -> None:
    unit.journal("run:1", "noted", actor="person:ann", payload={"number": number})


def test_what_a_unit_wrote_is_there_after_it_and_not_before(store: Store) -> None:
    with store.unit() as unit:
        _append(unit)
        with store.read() as conn:
            assert read_journal(conn, "run:1") == []
    with store.read() as conn:
        assert len(read_journal(conn, "run:1")) == 1


def test_a_unit_that_fails_leaves_nothing_and_calls_nobody(store: Store) -> None:
    called: list[str] = []

    def fail() -> None:
        with store.unit() as unit:
            _append(unit)
            unit.after_commit(lambda: called.append("never"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as conn:
        assert read_journal(conn, "run:1") == []
    assert called == []


def test_units_do_not_nest(store: Store) -> None:
    with store.unit(), pytest.raises(NestedUnit), store.unit():
        pass
    with store.unit() as unit:
        _append(unit)


def test_after_commit_runs_once_the_work_is_visible(store: Store) -> None:
    seen: list[int] = []

    def look() -> None:
        with store.read() as conn:
            seen.append(len(read_journal(conn, "run:1")))

    with store.unit() as unit:
        _append(unit)
        unit.after_commit(look)
        assert seen == []
    assert seen == [1]


def test_an_error_after_the_commit_neither_undoes_it_nor_hides_the_other_callbacks(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def fail() -> None:
        raise RuntimeError("nobody listens")

    store.on_commit(lambda: seen.append("every commit"))
    with store.unit() as unit:
        _append(unit)
        unit.after_commit(fail)
        unit.after_commit(lambda: seen.append("this commit"))
    assert seen == ["every commit", "this commit"]
    assert "nobody listens" in caplog.text


def test_a_unit_has_one_moment(store: Store, clock: FixedClock) -> None:
    with store.unit() as unit:
        began = unit.now
        clock.advance(hours=1)
        _append(unit)
    with store.read() as conn:
        assert read_journal(conn, "run:1")[0].at == began


def test_a_reader_cannot_write(store: Store) -> None:
    with store.read() as conn, pytest.raises(sa.exc.DBAPIError):
        conn.execute(sa.text("DELETE FROM journal_entry"))


def test_a_reader_sees_one_moment_while_others_write(store: Store) -> None:
    with store.read() as conn:
        assert read_journal(conn, "run:1") == []
        with store.unit() as unit:
            _append(unit)
        assert read_journal(conn, "run:1") == []


def test_many_threads_write_without_losing_a_thing(store: Store) -> None:
    def work(name: str) -> None:
        for number in range(20):
            with store.unit() as unit:
                unit.journal("run:shared", "noted", actor=name, payload={"number": number})

    threads = [threading.Thread(target=work, args=(f"thread:{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        entries = read_journal(conn, "run:shared")
    assert [entry.seq for entry in entries] == list(range(1, 121))


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///relative.sqlite"])
def test_a_database_we_do_not_support_is_refused_with_the_form_to_use(url: str, clock: FixedClock, ids: object) -> None:
    with pytest.raises(UnknownDatabase, match="sqlite:////"):
        Store(url, clock=clock, ids=ids)  # pyright: ignore[reportArgumentType]


def test_column_types_bring_back_what_was_stored(store: Store, clock: FixedClock) -> None:
    from tiebeam.store import Amount, JsonText, Moment

    amount = Decimal("123456789012345678901234567890.123456789")
    with store.unit() as unit:
        for kind, value, back in (
            (Amount(), amount, amount),
            (Moment(), clock.now(), clock.now()),
            (JsonText(), {"ö": [1, Decimal("2.50")]}, {"ö": [1, "2.50"]}),
            (JsonText(), None, None),
        ):
            given = sa.bindparam("given", value, type_=kind)
            assert unit.conn.execute(sa.select(sa.cast(given, kind))).scalar_one() == back
        with pytest.raises(sa.exc.StatementError, match="without an offset"):
            unit.conn.execute(sa.select(sa.bindparam("t", clock.now().replace(tzinfo=None), type_=Moment())))


def test_a_part_that_fails_is_undone_alone(store: Store) -> None:
    """A step that fails half-way leaves nothing, and the chain goes on from what stands."""
    with store.unit() as unit:
        _append(unit, 1)

        def fail() -> None:
            with unit.part():
                _append(unit, 2)
                unit.journal("run:2", "noted", actor="person:ann", payload={})
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        with unit.part():
            _append(unit, 3)
    with store.read() as conn:
        assert [entry.payload["number"] for entry in read_journal(conn, "run:1")] == [1, 3]
        assert [head.stream for head in list_streams(conn)] == ["run:1"]
        assert verify_journal(conn) == []


def test_a_connection_in_use_when_the_store_closes_is_closed_when_it_comes_back(store: Store) -> None:
    with store.read() as late, store.unit() as working:
        connections = [conn.connection.driver_connection for conn in (late, working.conn)]
        store.close()
        assert late.execute(sa.text("SELECT 1")).scalar_one() == 1
        _append(working, 1)
    for connection in connections:
        with pytest.raises(Exception, match="closed"):
            connection.execute("SELECT 1")  # pyright: ignore[reportOptionalMemberAccess]
    with store.read() as conn:
        assert [entry.payload["number"] for entry in read_journal(conn, "run:1")] == [1]
