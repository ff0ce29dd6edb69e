"""Waits and timers are rows (ids: B8, B12)."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tiebeam.engine import Engine, Timer
from tiebeam.kit import FixedClock
from tiebeam.store import Store, Unit


def _open(engine: Engine, *, remind_in: timedelta | None = None) -> str:
    with engine.store.unit() as unit:
        wait_id = engine.open_wait(unit, run_id="r", seq=2, step_id="approve", kind="task", key="task_1", due_at=None)
        if remind_in is not None:
            engine.set_timer(unit, wait_id=wait_id, at=unit.now + remind_in, action="remind", payload={"rung": 1})
    return wait_id


def _close(engine: Engine, wait_id: str, outcome: str = "approve") -> bool:
    with engine.store.unit() as unit:
        return engine.close_wait(unit, wait_id, outcome=outcome)


class Heard:
    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def __call__(self, unit: Unit, timer: Timer) -> None:
        self.timers.append(timer)


@pytest.fixture
def heard(engine: Engine) -> Heard:
    handler = Heard()
    engine.on_timer("remind", handler)
    return handler


def test_the_first_who_closes_a_wait_wins(engine: Engine) -> None:
    wait_id = _open(engine)
    assert _close(engine, wait_id)
    assert not _close(engine, wait_id, outcome="reject")
    assert engine.health()["open_waits"] == 0


def test_a_timer_fires_once_when_its_moment_has_come(engine: Engine, clock: FixedClock, heard: Heard) -> None:
    wait_id = _open(engine, remind_in=timedelta(hours=4))
    assert engine.sweep() == 0
    clock.advance(hours=4)
    assert engine.sweep() == 1
    assert engine.sweep() == 0
    (fired,) = heard.timers
    assert (fired.wait_id, fired.action, fired.payload) == (wait_id, "remind", {"rung": 1})


def test_a_closed_wait_fires_no_timers(engine: Engine, clock: FixedClock, heard: Heard) -> None:
    wait_id = _open(engine, remind_in=timedelta(hours=4))
    _close(engine, wait_id)
    clock.advance(hours=5)
    assert engine.sweep() == 0
    assert heard.timers == []


def test_timers_can_be_cancelled_while_the_wait_stays_open(engine: Engine, clock: FixedClock, heard: Heard) -> None:
    wait_id = _open(engine, remind_in=timedelta(hours=4))
    with engine.store.unit() as unit:
        assert engine.cancel_timers(unit, wait_id) == 1
    clock.advance(hours=5)
    assert engine.sweep() == 0
    assert _close(engine, wait_id)


def test_a_ladder_sets_its_next_rung_in_the_commit_of_the_last(engine: Engine, clock: FixedClock) -> None:
    rungs: list[int] = []

    def climb(unit: Unit, timer: Timer) -> None:
        rung = timer.payload["rung"]
        rungs.append(rung)
        if rung < 3:
            at = unit.now + timedelta(hours=1)
            engine.set_timer(unit, wait_id=timer.wait_id, at=at, action="remind", payload={"rung": rung + 1})
        else:
            assert timer.wait_id is not None
            engine.close_wait(unit, timer.wait_id, outcome="expired")

    engine.on_timer("remind", climb)
    wait_id = _open(engine, remind_in=timedelta(hours=1))
    for _ in range(5):
        clock.advance(hours=1)
        engine.sweep()
    assert rungs == [1, 2, 3]
    assert not _close(engine, wait_id)


def test_a_handler_that_fails_leaves_its_timer_for_later_and_the_others_fire(
    engine: Engine, clock: FixedClock, heard: Heard
) -> None:
    calls: list[str] = []

    def broken(unit: Unit, timer: Timer) -> None:
        calls.append(timer.id)
        raise RuntimeError("mail host away")

    engine.on_timer("mail", broken)
    _open(engine, remind_in=timedelta(hours=1))
    with engine.store.unit() as unit:
        engine.set_timer(unit, wait_id=None, at=unit.now, action="mail", payload={})
    clock.advance(hours=1)
    assert engine.sweep() == 1
    assert len(heard.timers) == 1
    for _ in range(10):
        clock.advance(hours=1)
        engine.sweep()
    assert len(calls) == 5
    assert engine.health()["timers"] == {"pending": 0, "due": 0, "failed": 1}


def test_a_timer_nobody_here_handles_waits_for_a_worker_that_does(store: Store, engine: Engine, heard: Heard) -> None:
    with store.unit() as unit:
        engine.set_timer(unit, wait_id=None, at=unit.now, action="unheard", payload={})
    assert engine.sweep() == 0
    assert engine.health()["timers"]["due"] == 1
    assert engine.idle()
    other = Engine(store)
    calls: list[str] = []
    other.on_timer("unheard", lambda unit, timer: calls.append(timer.id))
    assert not other.idle()
    assert other.sweep() == 1
    assert len(calls) == 1


def test_a_launched_engine_fires_by_itself_and_drain_waits_for_it(
    engine: Engine, clock: FixedClock, heard: Heard
) -> None:
    _open(engine, remind_in=timedelta(hours=4))
    engine.launch()
    assert engine.drain(5)
    assert heard.timers == []
    clock.advance(hours=5)
    assert engine.drain(5)
    assert len(heard.timers) == 1


def test_a_timer_that_is_due_at_once_does_not_wait_for_the_next_tick(engine: Engine, heard: Heard) -> None:
    engine.launch()
    time.sleep(0.1)
    with engine.store.unit() as unit:
        engine.set_timer(unit, wait_id=None, at=unit.now, action="remind", payload={})
    set_at = time.perf_counter()
    while not heard.timers:
        time.sleep(0.002)
    assert time.perf_counter() - set_at < 0.2


def test_two_sweepers_fire_a_timer_once(store: Store, clock: FixedClock, heard: Heard, engine: Engine) -> None:
    other = Engine(store)
    other.on_timer("remind", heard)
    for _ in range(20):
        _open(engine, remind_in=timedelta(minutes=1))
    clock.advance(hours=1)
    threads = [threading.Thread(target=one.sweep) for one in (engine, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(timer.id for timer in heard.timers) == sorted({timer.id for timer in heard.timers})
    assert len(heard.timers) == 20


def test_a_thousand_open_waits_are_a_thousand_rows_and_nothing_else(engine: Engine, store: Store) -> None:
    engine.launch()
    before = threading.active_count()
    with store.unit() as unit:
        for number in range(1000):
            engine.open_wait(unit, run_id=f"r{number}", seq=1, step_id="s", kind="task", key=f"t{number}", due_at=None)
    assert engine.idle()
    assert threading.active_count() == before
    with store.read() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM engine_wait WHERE closed_at IS NULL")).scalar_one() == 1000


def test_a_timer_gives_way_to_a_decision_that_holds_its_wait(
    engine: Engine, store: Store, clock: FixedClock, heard: Heard
) -> None:
    if store.dialect != "postgresql":
        pytest.skip("on SQLite units never overlap")
    wait_id = _open(engine, remind_in=timedelta(minutes=1))
    clock.advance(hours=1)
    swept: list[int] = []
    with store.unit() as unit:
        assert engine.close_wait(unit, wait_id, outcome="approve")
        sweeper = threading.Thread(target=lambda: swept.append(engine.sweep()))
        sweeper.start()
        sweeper.join(5)
        assert swept == [0]
    assert engine.sweep() == 0
    assert heard.timers == []
    assert engine.health()["timers"] == {"pending": 0, "due": 0, "failed": 0}
