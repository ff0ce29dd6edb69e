"""A dead worker's segments go to its peers; a zombie commits nothing; what ended is forgotten (ids: B8)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from tiebeam.engine import Engine, Segment
from tiebeam.engine.neighbours import is_gone, worker_name
from tiebeam.engine.tables import segment
from tiebeam.engine.tables import wait as waits
from tiebeam.kit import FixedClock
from tiebeam.store import Store, read_journal


class Steady:
    """A clock that only goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _strand(engine: Engine, key: str, *, worker: str, deaths: int = 0) -> None:
    """Leave a segment as a worker does that dies while it runs it."""
    with engine.store.unit() as unit:
        engine.enqueue(unit, kind="run", key=key, seq=1)
    with engine.store.unit() as unit:
        running = {"state": "running", "worker": worker, "claim": 1, "deaths": deaths}
        unit.conn.execute(sa.update(segment).where(segment.c.key == key).values(**running))


def _reap_after_silence(peer: Engine, steady: Steady) -> int:
    """What a peer resumes that watched for longer than the timeout, in the steps in which it looks."""
    resumed = peer.reap()
    for _ in range(4):
        steady.seconds += 5
        resumed += peer.reap()
    return resumed


def test_segments_of_a_worker_nobody_knows_are_resumed(engine: Engine) -> None:
    seen: list[str] = []
    engine.register("run", lambda segment: seen.append(segment.key))
    for number in range(5):
        _strand(engine, f"s{number}", worker="gone-1")
    assert engine.reap() == 5
    assert engine.reap() == 0
    engine.launch()
    assert engine.drain(10)
    assert sorted(seen) == [f"s{number}" for number in range(5)]


def test_a_worker_silent_for_too_long_is_taken_for_dead(store: Store) -> None:
    engine = Engine(store, poll_seconds=0.02, heartbeat_timeout=10_000)
    begun, go_on = threading.Event(), threading.Event()

    def slow(segment: Segment) -> None:
        begun.set()
        go_on.wait(10)

    engine.register("run", slow)
    engine.launch()
    with store.unit() as unit:
        engine.enqueue(unit, kind="run", key="a", seq=1)
    assert begun.wait(10)
    steady = Steady()
    peer = Engine(store, steady=steady)
    assert peer.reap() == 0
    assert _reap_after_silence(peer, steady) == 1
    go_on.set()
    assert engine.drain(10)
    engine.close()


def test_a_zombie_commits_nothing(store: Store) -> None:
    """runtime: dbos#742."""
    engine = Engine(store, poll_seconds=0.02, heartbeat_timeout=10_000)
    begun, go_on = threading.Event(), threading.Event()
    attempts: list[int] = []

    def write(segment: Segment) -> None:
        attempts.append(len(attempts))
        mine = attempts[-1]
        if mine == 0:
            begun.set()
            go_on.wait(10)
        with segment.engine.store.unit() as unit:
            unit.journal(f"run:{segment.key}", "written", actor="system:test", payload={"attempt": mine})

    engine.register("run", write)
    engine.launch()
    with store.unit() as unit:
        engine.enqueue(unit, kind="run", key="a", seq=1)
    assert begun.wait(10)
    steady = Steady()
    assert _reap_after_silence(Engine(store, steady=steady), steady) == 1
    go_on.set()
    assert engine.drain(20)
    engine.close()
    with store.read() as conn:
        entries = read_journal(conn, "run:a")
    assert [entry.payload for entry in entries] == [{"attempt": 1}]


def test_a_segment_that_kills_every_worker_is_put_aside(engine: Engine) -> None:
    told: list[tuple[str, int, str]] = []
    engine.on_poison("run", lambda unit, key, seq, error: told.append((key, seq, error)))
    _strand(engine, "bomb", worker="gone-4", deaths=24)
    assert engine.reap() == 0
    assert told == [("bomb", 1, "25 workers died while they ran this segment")]
    assert engine.idle()
    assert engine.health()["poisoned"] == 1


def test_two_reapers_resume_a_segment_once(engine: Engine, store: Store) -> None:
    for number in range(30):
        _strand(engine, f"s{number}", worker="gone-1")
    resumed: list[int] = []
    threads = [threading.Thread(target=lambda: resumed.append(Engine(store).reap())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(resumed) == 30


def test_more_segments_than_one_batch_are_all_resumed(engine: Engine) -> None:
    with engine.store.unit() as unit:
        for number in range(450):
            engine.enqueue(unit, kind="run", key=f"s{number}", seq=1)
        unit.conn.execute(sa.update(segment).values(state="running", worker="gone", claim=1))
    assert engine.reap() == 450


def test_health_shows_workers_queues_and_their_age(engine: Engine, clock: FixedClock) -> None:
    engine.launch(queues=["human"])
    with engine.store.unit() as unit:
        engine.enqueue(unit, kind="run", key="a", seq=1, queue="work")
        engine.enqueue(unit, kind="run", key="b", seq=1, queue="work", delay_seconds=3600)
    clock.advance(seconds=3)
    health = engine.health()
    (worker,) = health["workers"]
    assert (worker["id"], worker["state"], worker["queues"]) == (engine.executor_id, "alive", ["human"])
    assert worker["heartbeat_age_seconds"] == 3
    assert (health["queues"]["work"]["queued"], health["queues"]["work"]["delayed"]) == (1, 1)
    engine.close()
    assert engine.health()["workers"][0]["state"] == "closed"


def test_pruning_forgets_what_ended_and_keeps_what_is_open(store: Store, clock: FixedClock) -> None:
    from datetime import UTC, datetime, timedelta

    engine = Engine(store)
    engine.register("run", lambda segment: None)
    engine.launch()
    with store.unit() as unit:
        for number in range(10):
            engine.enqueue(unit, kind="run", key=f"k{number}", seq=1)
        closed = engine.open_wait(unit, run_id="r", seq=1, step_id="s", kind="task", key="t", due_at=None)
        engine.set_timer(unit, wait_id=closed, at=unit.now, action="remind", payload={})
        engine.close_wait(unit, closed, outcome="approve")
        engine.open_wait(unit, run_id="r", seq=2, step_id="s", kind="task", key="u", due_at=None)
    assert engine.drain(10)
    engine.close()
    with store.unit() as unit:
        engine.enqueue(unit, kind="run", key="still-queued", seq=1)
    # The dispatcher stamps its rows by the real time.
    later = datetime.now(UTC) + timedelta(days=1)
    clock.advance(days=(later - clock.now()).days + 1)
    assert engine.prune(later, limit=4) == 4 + 1 + 1 + 1
    assert engine.prune(later, limit=100) == 6
    assert engine.prune(later, limit=100) == 0
    assert engine.health()["open_waits"] == 1
    assert engine.health()["queues"]["work"]["queued"] == 1
    engine.close()


@pytest.mark.parametrize("name", [None, "worker-a"])
def test_no_two_engines_ever_share_an_id(store: Store, name: str | None) -> None:
    assert Engine(store, executor_id=name).executor_id != Engine(store, executor_id=name).executor_id


def test_the_observer_hears_every_boundary(store: Store) -> None:
    from tiebeam.spec import Effect

    heard: list[str] = []
    engine = Engine(store, observer=heard.append)

    def pay(segment: Segment) -> None:
        segment.engine.effects.begin(run_id="r", step_id="s", mode=Effect.IDEMPOTENT, key="k", request={})
        with store.unit() as unit:
            segment.engine.effects.confirm(unit, run_id="r", step_id="s", result={})

    engine.register("run", pay)
    engine.on_timer("remind", lambda unit, timer: None)
    engine.launch()
    with store.unit() as unit:
        engine.enqueue(unit, kind="run", key="a", seq=1)
        engine.set_timer(unit, wait_id=None, at=unit.now, action="remind", payload={})
    assert engine.drain(10)
    engine.close()
    assert [name for name in heard if name.startswith(("segment", "effect"))] == [
        "segment:start",
        "effect:intent",
        "effect:called",
        "effect:confirmed",
        "segment:end",
    ]
    assert "timer:fired" in heard
    assert "unit:committed" in heard


def test_a_worker_whose_process_ended_here_is_not_waited_for() -> None:
    """ids: B8. A batch that is started again after a crash goes on at once, not after the heartbeat's timeout."""
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    mine = worker_name()
    assert not is_gone(f"{mine}-0123abcd")
    home = mine.rpartition("-")[0]
    assert is_gone(f"{home}-{ended.stdout.strip()}-0123abcd")
    assert not is_gone(f"another-host~01234567-{ended.stdout.strip()}-0123abcd")
    assert not is_gone("gone")


def test_a_launched_worker_forgets_what_ended_long_ago(engine: Engine, clock: FixedClock) -> None:
    """Retention runs by itself; what tells of the work (journal, effects, runs) is not the engine's to forget."""
    engine.register("run", lambda _segment: None)
    with engine.store.unit() as unit:
        wait = engine.open_wait(unit, run_id="r", seq=1, step_id="s", kind="task", key="t")
        engine.close_wait(unit, wait, outcome="done")
    clock.advance(days=31)
    engine.launch()
    deadline = time.monotonic() + 10
    count = sa.select(sa.func.count()).select_from(waits)
    while time.monotonic() < deadline:
        with engine.store.read() as conn:
            if conn.execute(count).scalar() == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the closed wait of a month ago is still there")
