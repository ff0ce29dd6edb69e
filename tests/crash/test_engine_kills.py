"""Kill -9 at every boundary: nothing lost, nothing twice, and doubt goes to a person (ids: B8).

Run as a program this file is the worker that gets killed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tiebeam.engine import Engine, Segment, Timer
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.spec import Effect
from tiebeam.store import Store, Unit, read_journal, verify_journal

pytestmark = pytest.mark.crash

BOUNDARIES = [
    "unit:committed",
    "segment:start",
    "segment:end",
    "effect:intent",
    "effect:called",
    "effect:confirmed",
    "timer:fired",
]
RUNS = 6
TIMEOUT = 1.5
"""Seconds of silence after which a worker counts as dead here."""


class Receiver:
    """The world outside: a file that takes down every call it gets."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def call(self, key: str) -> None:
        handle = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        os.write(handle, f"{key}\n".encode())
        os.close(handle)

    def calls(self) -> Counter[str]:
        return Counter(self._path.read_text().split()) if self._path.exists() else Counter()


def _is_done(unit: Unit, segment: Segment, kind: str) -> bool:
    return any(entry.kind == kind for entry in read_journal(unit.conn, f"run:{segment.key}"))


def _finish(unit: Unit, segment: Segment, kind: str) -> None:
    """What a step leaves behind, and the next segment, in one commit."""
    unit.journal(f"run:{segment.key}", kind, actor="system:test", payload={})
    if segment.seq < 3:
        segment.engine.enqueue(unit, kind="run", key=segment.key, seq=segment.seq + 1)
    else:
        segment.engine.set_timer(unit, wait_id=None, at=unit.now, action="note", payload={"key": segment.key})


def _call_out(segment: Segment, receiver: Receiver, *, mode: Effect, kind: str) -> None:
    key = f"{segment.key}:{segment.seq}"
    engine, step = segment.engine, f"step-{segment.seq}"
    state = engine.effects.begin(run_id=segment.key, step_id=step, mode=mode, key=key, request={"key": key})
    if state.state == "new":
        receiver.call(key)
    with engine.store.unit() as unit:
        if _is_done(unit, segment, kind) or _is_done(unit, segment, "asked-a-person"):
            return
        if state.state == "ambiguous":
            _finish(unit, segment, "asked-a-person")
            return
        if state.state == "new":
            engine.effects.confirm(unit, run_id=segment.key, step_id=step, result={"key": key})
        _finish(unit, segment, kind)


def _worker(database_url: str, calls: Path, *, kill_at: str, nth: int, pause: float) -> None:
    heard: Counter[str] = Counter()

    def observe(name: str) -> None:
        heard[name] += 1
        if name == kill_at and heard[name] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SystemClock()
    store = Store(database_url, clock=clock, ids=RandomIds(clock))
    engine = Engine(store, observer=observe, poll_seconds=0.02, heartbeat_timeout=TIMEOUT)
    receiver = Receiver(calls)

    def run(segment: Segment) -> None:
        time.sleep(pause)
        if segment.seq == 2:
            return _call_out(segment, receiver, mode=Effect.IDEMPOTENT, kind="step-2")
        if segment.seq == 3:
            return _call_out(segment, receiver, mode=Effect.AT_MOST_ONCE, kind="step-3")
        with store.unit() as unit:
            if not _is_done(unit, segment, "step-1"):
                _finish(unit, segment, "step-1")
        return None

    def note(unit: Unit, timer: Timer) -> None:
        unit.journal(f"run:{timer.payload['key']}", "noted", actor="system:test", payload={})

    engine.register("run", run)
    engine.on_timer("note", note)
    engine.launch()
    print("ready", flush=True)
    engine.drain()
    engine.close()


def _start(url: str, calls: Path, *, kill_at: str = "never", nth: int = 1, pause: float = 0) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "error", __file__, url, str(calls), kill_at, str(nth), str(pause)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _wait_until_ready(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"


def _end(child: subprocess.Popen[str]) -> int:
    code = child.wait(timeout=60)
    assert child.stdout is not None
    child.stdout.close()
    return code


@pytest.fixture
def engine(database_url: str) -> Engine:
    """Only enqueues and looks: the work is done in other processes."""
    clock = SystemClock()
    store = Store(database_url, clock=clock, ids=RandomIds(clock))
    engine = Engine(store, heartbeat_timeout=TIMEOUT)
    with store.unit() as unit:
        for number in range(RUNS):
            engine.enqueue(unit, kind="run", key=f"r{number}", seq=1, team=f"t{number % 2}")
    return engine


def _check(engine: Engine, calls: Path) -> int:
    """Every run ended properly, every effect is where it belongs; returns how many went to a person."""
    received = Receiver(calls).calls()
    asked = 0
    with engine.store.read() as conn:
        assert verify_journal(conn) == []
        for number in range(RUNS):
            kinds = Counter(entry.kind for entry in read_journal(conn, f"run:r{number}"))
            assert (kinds["step-1"], kinds["step-2"], kinds["noted"]) == (1, 1, 1), (number, kinds)
            assert kinds["step-3"] + kinds["asked-a-person"] == 1, (number, kinds)
            # The receiver of an idempotent call sees one key; of an at-most-once call never a second one.
            assert received[f"r{number}:2"] >= 1
            assert received[f"r{number}:3"] <= 1
            states = {effect.step_id: effect.state for effect in engine.effects.list(conn, f"r{number}")}
            assert states["step-2"] == "confirmed"
            assert states["step-3"] == ("intent" if kinds["asked-a-person"] else "confirmed")
            asked += kinds["asked-a-person"]
    assert engine.idle()
    assert engine.health()["poisoned"] == 0
    return asked


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_worker_killed_at_a_boundary_loses_and_repeats_nothing(
    engine: Engine, database_url: str, tmp_path: Path, boundary: str
) -> None:
    calls = tmp_path / "calls"
    assert _end(_start(database_url, calls, kill_at=boundary, nth=3)) == -signal.SIGKILL
    assert _end(_start(database_url, calls)) == 0
    asked = _check(engine, calls)
    assert asked <= RUNS
    engine.close()
    engine.store.close()


def test_a_payment_that_may_have_left_goes_to_a_person(engine: Engine, database_url: str, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    # The first calls out are idempotent ones; the last of all is certainly an at-most-once one.
    assert _end(_start(database_url, calls, kill_at="effect:called", nth=2 * RUNS)) == -signal.SIGKILL
    assert _end(_start(database_url, calls)) == 0
    assert _check(engine, calls) >= 1
    engine.close()
    engine.store.close()


def test_ten_kills_at_random_moments_lose_and_repeat_nothing(engine: Engine, database_url: str, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    dice = random.Random(20260302)
    kills = 0
    for _ in range(10):
        child = _start(database_url, calls, pause=0.05)
        _wait_until_ready(child)
        time.sleep(dice.uniform(0.0, 0.15))
        child.kill()
        kills += _end(child) == -signal.SIGKILL
    assert kills >= 3
    assert _end(_start(database_url, calls)) == 0
    _check(engine, calls)
    engine.close()
    engine.store.close()


def test_a_peer_takes_over_within_twice_the_heartbeat_timeout(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    first = _start(database_url, calls, pause=10)
    _wait_until_ready(first)
    second = _start(database_url, calls)
    _wait_until_ready(second)
    running = [worker for worker in engine.health()["workers"] if worker["state"] == "alive"]
    assert len(running) == 2
    first.kill()
    killed_at = time.monotonic()
    _end(first)
    assert engine.drain(30)
    taken = time.monotonic() - killed_at
    _end(second)
    _check(engine, calls)
    # The work itself takes a moment beside the time until the silence is noticed.
    assert taken < 2 * TIMEOUT + 1
    engine.close()
    engine.store.close()


if __name__ == "__main__":
    _worker(sys.argv[1], Path(sys.argv[2]), kill_at=sys.argv[3], nth=int(sys.argv[4]), pause=float(sys.argv[5]))
