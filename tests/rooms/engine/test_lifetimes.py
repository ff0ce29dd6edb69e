"""Workers that come, go and sleep, and clocks that are set (ids: B8)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tiebeam.engine import Engine, Enqueued, Segment, SegmentLost
from tiebeam.engine.tables import segment
from tiebeam.store import Store, read_journal


def _enqueue(engine: Engine, *segments: Enqueued) -> None:
    with engine.store.unit() as unit:
        engine.enqueue_many(unit, segments)


def _states(store: Store) -> dict[str, str]:
    with store.read() as conn:
        return {row.key: row.state for row in conn.execute(sa.select(segment.c.key, segment.c.state))}


def _wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


class Gate:
    """A handler that holds each segment until it is opened, and remembers who came."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.most = 0
        self._here = 0
        self._open = threading.Event()
        self._changing = threading.Lock()

    def __call__(self, here: Segment) -> None:
        with self._changing:
            self.came.append(here.key)
            self._here += 1
            self.most = max(self.most, self._here)
        self._open.wait(20)
        with self._changing:
            self._here -= 1

    def open(self) -> None:
        self._open.set()


def test_a_clock_set_back_or_forward_stops_no_delay_and_kills_no_worker(store: Store) -> None:
    moment = [time.time()]
    engine = Engine(store, poll_seconds=0.02, wall=lambda: moment[0] + time.monotonic())
    moment[0] -= time.monotonic()
    seen: list[str] = []
    engine.register("run", lambda here: seen.append(here.key))
    engine.launch()
    _enqueue(engine, Enqueued("run", "later", 1, delay_seconds=1.5))
    moment[0] -= 3600
    _wait_until(lambda: seen == ["later"])
    moment[0] += 7200
    peer = Engine(store, wall=lambda: moment[0] + time.monotonic())
    assert (peer.reap(), peer.reap()) == (0, 0)
    _enqueue(engine, Enqueued("run", "after", 1))
    assert engine.drain(10)
    assert seen == ["later", "after"]
    assert [worker["state"] for worker in engine.health()["workers"]] == ["alive"]
    engine.close()


def test_a_peer_that_slept_takes_nobody_for_dead(store: Store) -> None:
    steady = [0.0]
    peer = Engine(store, steady=lambda: steady[0])
    engine = Engine(store, poll_seconds=0.02, heartbeat_timeout=10_000)
    gate = Gate()
    engine.register("run", gate)
    engine.launch()
    _enqueue(engine, Enqueued("run", "a", 1))
    _wait_until(lambda: gate.came == ["a"])
    assert peer.reap() == 0
    steady[0] += 3600
    assert peer.reap() == 0
    gate.open()
    assert engine.drain(10)
    engine.close()


def test_a_worker_that_is_drained_finishes_what_it_has_and_takes_nothing_more(engine: Engine, store: Store) -> None:
    gate = Gate()
    engine.register("run", gate)
    assert not engine.ready()
    engine.launch()
    _wait_until(engine.ready)
    _enqueue(engine, Enqueued("run", "mine", 1))
    _wait_until(lambda: gate.came == ["mine"])
    drained: list[bool] = []
    thread = threading.Thread(target=lambda: drained.append(engine.drain_worker(10)))
    thread.start()
    _wait_until(lambda: not engine.ready())
    _enqueue(engine, Enqueued("run", "another", 1))
    gate.open()
    thread.join()
    assert drained == [True]
    assert _states(store) == {"mine": "done", "another": "queued"}


def test_what_a_drained_worker_could_not_finish_is_free_at_once(
    engine: Engine, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    lost = threading.Event()

    def run(here: Segment) -> None:
        gate(here)
        try:
            with store.unit() as unit:
                unit.journal(f"run:{here.key}", "written", actor="system:test", payload={})
        except SegmentLost:
            lost.set()
            raise

    engine.register("run", run)
    engine.launch()
    _enqueue(engine, Enqueued("run", "long", 1))
    _wait_until(lambda: gate.came == ["long"])
    with caplog.at_level(logging.CRITICAL, logger="tiebeam.engine"):
        assert not engine.drain_worker(0.1)
        assert _states(store) == {"long": "queued"}
        gate.open()
        assert lost.wait(10)
    with store.read() as conn:
        assert read_journal(conn, "run:long") == []
