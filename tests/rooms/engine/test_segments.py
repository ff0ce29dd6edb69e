"""Segments run once what enqueued them is committed (ids: B8)."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from tiebeam.engine import Engine, EngineBusy, Segment, UnknownQueue
from tiebeam.engine.segment_rows import SegmentRows
from tiebeam.kit import Clock, Ids
from tiebeam.store import Store, Unit, read_journal


def _enqueue(engine: Engine, *keys: str, seq: int = 1, queue: str = "work", team: str = "default") -> None:
    with engine.store.unit() as unit:
        for key in keys:
            engine.enqueue(unit, kind="run", key=key, seq=seq, queue=queue, team=team)


class Log:
    """A handler that remembers which segments it ran, and journals each."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def __call__(self, segment: Segment) -> None:
        with segment.engine.store.unit() as unit:
            unit.journal(f"run:{segment.key}", "ran", actor="system:test", payload={"seq": segment.seq})
        self.seen.append((segment.key, segment.seq))


@pytest.fixture
def log(engine: Engine) -> Log:
    handler = Log()
    engine.register("run", handler)
    return handler


def test_a_committed_segment_runs_once(engine: Engine, log: Log) -> None:
    engine.launch()
    _enqueue(engine, "a", "b")
    assert engine.drain(10)
    assert sorted(log.seen) == [("a", 1), ("b", 1)]


def test_what_is_enqueued_before_any_worker_exists_runs_when_one_comes(engine: Engine, log: Log) -> None:
    _enqueue(engine, "early")
    assert not engine.idle()
    engine.launch()
    assert engine.drain(10)
    assert log.seen == [("early", 1)]


def test_a_unit_that_fails_enqueues_nothing(engine: Engine, log: Log) -> None:
    engine.launch()

    def fail() -> None:
        with engine.store.unit() as unit:
            engine.enqueue(unit, kind="run", key="never", seq=1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert engine.drain(10)
    assert log.seen == []


def test_the_same_segment_twice_is_a_no_op(engine: Engine, log: Log) -> None:
    engine.launch()
    _enqueue(engine, "a")
    assert engine.drain(10)
    _enqueue(engine, "a")
    _enqueue(engine, "a", queue="human")
    assert engine.drain(10)
    assert log.seen == [("a", 1)]


def test_a_segment_continues_its_run_in_the_commit_that_ends_it(engine: Engine) -> None:
    seen: list[int] = []

    def chain(segment: Segment) -> None:
        seen.append(segment.seq)
        with segment.engine.store.unit() as unit:
            unit.journal("run:r", "ran", actor="system:test", payload={})
            if segment.seq < 5:
                segment.engine.enqueue(unit, kind="run", key=segment.key, seq=segment.seq + 1)

    engine.register("run", chain)
    engine.launch()
    _enqueue(engine, "r")
    assert engine.drain(10)
    assert seen == [1, 2, 3, 4, 5]


def test_a_decision_starts_its_segment_within_fifty_milliseconds(engine: Engine) -> None:
    started: dict[str, float] = {}
    engine.register("run", lambda segment: started.setdefault(segment.key, time.perf_counter()))
    engine.launch()
    delays: list[float] = []
    for number in range(20):
        _enqueue(engine, f"d{number}", queue="human")
        committed = time.perf_counter()
        while f"d{number}" not in started:
            time.sleep(0.001)
        delays.append(started[f"d{number}"] - committed)
    # The median, for this machine may be busy with other things.
    assert sorted(delays)[10] < 0.05


def test_intake_runs_one_at_a_time_and_in_order(engine: Engine) -> None:
    running: list[str] = []
    order: list[str] = []
    together: list[int] = []

    def intake(segment: Segment) -> None:
        running.append(segment.key)
        together.append(len(running))
        order.append(segment.key)
        running.remove(segment.key)

    engine.register("intake", intake)
    keys = [f"doc:{number}" for number in (9, 3, 7, 1, 8, 2, 6, 4, 5, 0)]
    with engine.store.unit() as unit:
        for key in keys[:5]:
            engine.enqueue(unit, kind="intake", key=key, seq=1, queue="intake")
    with engine.store.unit() as unit:
        for key in keys[5:]:
            engine.enqueue(unit, kind="intake", key=key, seq=1, queue="intake")
    engine.launch()
    assert engine.drain(20)
    assert order == keys
    assert set(together) == {1}


def test_a_team_with_a_backlog_leaves_room_for_others(engine: Engine) -> None:
    done: list[str] = []
    lock = threading.Lock()

    def work(segment: Segment) -> None:
        time.sleep(0.01)
        with lock:
            done.append(segment.key)

    engine.register("run", work)
    _enqueue(engine, *(f"big{number}" for number in range(120)), team="big")
    _enqueue(engine, "small", team="small")
    engine.launch()
    assert engine.drain(30)
    assert done.index("small") < 30


def test_a_delayed_segment_starts_later(engine: Engine, log: Log) -> None:
    engine.launch()
    with engine.store.unit() as unit:
        engine.enqueue(unit, kind="run", key="later", seq=1, delay_seconds=0.3)
    assert engine.idle()
    deadline = time.monotonic() + 10
    while not log.seen and time.monotonic() < deadline:
        time.sleep(0.05)
    assert log.seen == [("later", 1)]


def test_a_cancelled_segment_does_not_run(engine: Engine, log: Log) -> None:
    _enqueue(engine, "gone", "GONE", "stays", "gone_too")
    with engine.store.unit() as unit:
        assert engine.cancel(unit, "run", "gone") == 1
    engine.launch()
    assert engine.drain(10)
    assert sorted(log.seen) == [("GONE", 1), ("gone_too", 1), ("stays", 1)]


def test_a_segment_that_fails_twice_is_tried_until_it_succeeds(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[int] = []

    def flaky(segment: Segment) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise OSError("the disk is shy")

    engine.register("run", flaky)
    engine.launch()
    with caplog.at_level(logging.CRITICAL, logger="tiebeam.engine"):
        _enqueue(engine, "shaky")
        assert engine.drain(10)
    assert len(attempts) == 3
    assert engine.health()["poisoned"] == 0


def test_a_segment_that_always_fails_is_put_aside_and_its_owner_told(engine: Engine) -> None:
    def broken(segment: Segment) -> None:
        raise RuntimeError("no such column")

    def tell(unit: Unit, key: str, seq: int, error: str) -> None:
        last = error.strip().splitlines()[-1]
        unit.journal(f"run:{key}", "run-failed", actor="system:engine", payload={"seq": seq, "error": last})

    engine.register("run", broken)
    engine.on_poison("run", tell)
    engine.launch()
    _enqueue(engine, "bad", seq=4)
    assert engine.drain(20)
    with engine.store.read() as conn:
        entries = read_journal(conn, "run:bad")
    assert [entry.payload for entry in entries] == [{"seq": 4, "error": "RuntimeError: no such column"}]
    assert engine.health()["poisoned"] == 1


def test_a_kind_without_a_handler_is_put_aside(engine: Engine) -> None:
    told: list[str] = []
    engine.on_poison("run", lambda unit, key, seq, error: told.append(error))
    engine.launch()
    _enqueue(engine, "orphan")
    assert engine.drain(20)
    assert "register it before launch" in told[0]


def test_an_unknown_queue_is_refused_by_name(engine: Engine) -> None:
    with engine.store.unit() as unit, pytest.raises(UnknownQueue, match="'fast' does not exist"):
        engine.enqueue(unit, kind="run", key="a", seq=1, queue="fast")


def test_an_engine_is_launched_once_at_a_time(engine: Engine) -> None:
    engine.launch()
    with pytest.raises(EngineBusy):
        engine.launch()
    engine.close()
    engine.launch()


def test_two_engines_of_one_process_share_the_work(store: Store, engine: Engine) -> None:
    seen: list[str] = []
    second = Engine(store, poll_seconds=0.02)
    for each in (engine, second):
        each.register("run", lambda segment: seen.append(segment.key))
        each.launch()
    _enqueue(engine, *(f"k{number}" for number in range(50)))
    assert engine.drain(10)
    assert sorted(seen) == sorted(f"k{number}" for number in range(50))
    second.close()


def test_many_engines_one_after_the_other_leave_no_thread_behind(store: Store) -> None:
    before = threading.active_count()
    for number in range(3):
        engine = Engine(store, poll_seconds=0.02)
        log = Log()
        engine.register("run", log)
        engine.launch()
        _enqueue(engine, f"k{number}")
        assert engine.drain(10)
        engine.close()
        assert log.seen == [(f"k{number}", 1)]
    assert threading.active_count() == before


def test_closing_waits_for_the_segment_that_runs(engine: Engine) -> None:
    begun = threading.Event()
    ended: list[str] = []

    def slow(segment: Segment) -> None:
        begun.set()
        time.sleep(0.3)
        ended.append(segment.key)

    engine.register("run", slow)
    engine.launch()
    _enqueue(engine, "slow")
    assert begun.wait(10)
    engine.close()
    assert ended == ["slow"]
    assert engine.idle()


def test_closing_waits_until_the_end_of_a_segment_is_written_down(
    engine: Engine, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threading.active_count()
    run_many = SegmentRows.change_each
    begun = threading.Event()

    def noted_slowly(self: SegmentRows, conn: Any, name: str, values: Any) -> None:
        if name == "end" and values:
            begun.set()
            time.sleep(0.3)
        run_many(self, conn, name, values)

    monkeypatch.setattr(SegmentRows, "change_each", noted_slowly)
    engine.register("run", log)
    engine.launch()
    _enqueue(engine, "a")
    assert begun.wait(10)
    engine.close()
    assert engine.idle()
    assert threading.active_count() == before


def test_only_the_queues_asked_for_are_worked_on(engine: Engine, log: Log) -> None:
    engine.launch(queues=["human"])
    _enqueue(engine, "here", queue="human")
    _enqueue(engine, "elsewhere", queue="work")
    assert not engine.drain(1)
    assert log.seen == [("here", 1)]


def test_a_long_queue_drains_and_says_how_much_is_left(engine: Engine, log: Log) -> None:
    _enqueue(engine, *(f"n{number}" for number in range(200)))
    heard: list[int] = []
    engine.launch()
    assert engine.drain(60, on_progress=heard.append)
    assert len(log.seen) == 200
    assert heard[-1] == 0


def test_a_segment_is_kept_as_plain_columns(engine: Engine) -> None:
    """runtime: dbos#485. Nothing is pickled: any tool can read what waits."""
    _enqueue(engine, "a", team="payables")
    with engine.store.read() as conn:
        row = conn.execute(sa.text("SELECT kind, key, seq, queue, team, priority, state FROM engine_segment")).one()
    assert tuple(row) == ("run", "a", 1, "work", "payables", 5, "queued")


def test_several_processes_may_migrate_at_once(empty_database_url: str, clock: Clock, ids: Ids) -> None:
    errors: list[Exception] = []

    def migrate() -> None:
        store = Store(empty_database_url, clock=clock, ids=ids)
        try:
            store.migrate()
        except sa.exc.SQLAlchemyError as error:
            errors.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_what_has_not_ended_for_a_key_is_told(engine: Engine, log: Log) -> None:
    _enqueue(engine, "a", "b")

    def pending() -> dict[str, str]:
        with engine.store.read() as conn:
            return engine.pending(conn, "run", ["a", "b", "c"])

    assert pending() == {"a": "queued", "b": "queued"}
    engine.launch()
    assert engine.drain(10)
    assert pending() == {}
