"""Units that queue for SQLite's one writer are committed together, and fail alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tiebeam.kit import CountingIds, FixedClock
from tiebeam.store import Store


@pytest.fixture
def notes(tmp_path: Path, clock: FixedClock, ids: CountingIds) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'notes.sqlite'}", clock=clock, ids=ids)
    with store.unit() as unit:
        unit.conn.execute(sa.text("create table note (name text primary key)"))
    yield store
    store.close()


def note(store: Store, name: str, *, before: Callable[[], object] = lambda: None) -> None:
    with store.unit() as unit:
        unit.conn.execute(sa.text("insert into note values (:name)"), {"name": name})
        before()


def names(store: Store) -> set[str]:
    with store.read() as conn:
        return set(conn.execute(sa.text("select name from note")).scalars())


def queued(store: Store, *works: Callable[[], None]) -> list[BaseException | None]:
    """Do the first work, and the others once they queue behind it; what each raised."""
    raised: list[BaseException | None] = [None] * len(works)
    begun, go = threading.Event(), threading.Event()

    def first() -> None:
        note(store, "first", before=lambda: (begun.set(), go.wait(10)))

    def other(place: int) -> None:
        try:
            works[place]()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised[place] = error

    threads = [threading.Thread(target=first)]
    threads[0].start()
    begun.wait(10)
    for place in range(len(works)):
        threads.append(threading.Thread(target=other, args=(place,)))
        threads[-1].start()
    threading.Event().wait(0.2)
    go.set()
    for thread in threads:
        thread.join(20)
    return raised


def commits(store: Store) -> list[str]:
    made: list[str] = []
    sa.event.listen(store.engine, "commit", lambda _conn: made.append("commit"))
    return made


def test_units_that_queue_share_a_commit(notes: Store) -> None:
    made = commits(notes)
    assert queued(notes, *(lambda name=name: note(notes, name) for name in "abcdef")) == [None] * 6
    assert names(notes) == {"first", *"abcdef"}
    assert len(made) < 7


def test_one_that_fails_takes_back_its_own_work_alone(notes: Store) -> None:
    def fails() -> None:
        with notes.unit() as unit:
            unit.conn.execute(sa.text("insert into note values ('never')"))
            raise KeyError("half way")

    raised = queued(notes, lambda: note(notes, "a"), fails, lambda: note(notes, "b"))
    assert [type(error) for error in raised] == [type(None), KeyError, type(None)]
    assert names(notes) == {"first", "a", "b"}


def test_nothing_is_told_before_it_is_durable(notes: Store) -> None:
    seen: list[set[str]] = []

    def told() -> None:
        with notes.unit() as unit:
            unit.conn.execute(sa.text("insert into note values ('told')"))
            unit.after_commit(lambda: seen.append(names(notes)))

    assert queued(notes, told, lambda: note(notes, "a")) == [None, None]
    assert all("told" in one for one in seen)


def test_a_commit_that_fails_fails_for_all_it_would_have_served(notes: Store) -> None:
    made: list[str] = []

    def breaks_at_the_second(_conn: sa.Connection) -> None:
        made.append("commit")
        if len(made) == 2:
            raise OSError("the disk is gone")

    sa.event.listen(notes.engine, "commit", breaks_at_the_second)
    raised = queued(notes, lambda: note(notes, "a"), lambda: note(notes, "b"))
    assert [type(error) for error in raised] == [OSError, OSError]
    assert names(notes) == {"first"}
    note(notes, "after")
    assert names(notes) == {"first", "after"}
