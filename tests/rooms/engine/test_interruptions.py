"""The database goes away for a moment, or is busy: the engine goes on by itself (ids: B8)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from tiebeam.engine import Engine, Segment
from tiebeam.store import Store, read_journal


def _count(store: Store, stream: str) -> int:
    with store.read() as conn:
        return len(read_journal(conn, stream))


def test_dropped_connections_are_opened_again(engine: Engine, store: Store) -> None:
    if store.dialect != "postgresql":
        pytest.skip("SQLite has no connections that a server could drop")

    def run(segment: Segment) -> None:
        with store.unit() as unit:
            unit.journal("run:shared", "ran", actor="system:test", payload={"key": segment.key})

    engine.register("run", run)
    engine.launch()

    for batch in range(3):
        with store.unit() as unit:
            for number in range(5):
                engine.enqueue(unit, kind="run", key=f"{batch}-{number}", seq=1)
        assert engine.drain(30)
        outside = sa.create_engine(store.url, poolclass=sa.NullPool)
        with outside.connect() as conn:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            conn.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        # A connection that was used a moment ago is not asked whether it still lives.
        time.sleep(1.2)
    assert _count(store, "run:shared") == 15


def test_a_file_that_another_process_keeps_busy_costs_time_and_nothing_else(engine: Engine, store: Store) -> None:
    program = (
        "import sys, time\n"
        "from tiebeam.kit import RandomIds, SystemClock\n"
        "from tiebeam.store import Store\n"
        "clock = SystemClock()\n"
        f"store = Store({store.url.render_as_string(hide_password=False)!r}, clock=clock, ids=RandomIds(clock))\n"
        "for number in range(60):\n"
        "    with store.unit() as unit:\n"
        "        unit.journal('run:other', 'noted', actor='system:other', payload={'n': number})\n"
        "        time.sleep(0.01)\n"
    )
    done: list[str] = []
    engine.register("run", lambda segment: done.append(segment.key))
    engine.launch()
    other = subprocess.Popen([sys.executable, "-c", program])
    for number in range(30):
        with store.unit() as unit:
            engine.enqueue(unit, kind="run", key=f"k{number}", seq=1)
            unit.journal("run:mine", "noted", actor="system:test", payload={"n": number})
    assert engine.drain(60)
    assert other.wait(timeout=60) == 0
    assert len(done) == 30
    assert (_count(store, "run:mine"), _count(store, "run:other")) == (30, 60)


def test_threads_that_decide_while_segments_run_lose_nothing(engine: Engine, store: Store) -> None:
    def run(segment: Segment) -> None:
        with store.unit() as unit:
            unit.journal(f"run:{segment.key}", "ran", actor="system:test", payload={"seq": segment.seq})

    def decide(name: str) -> None:
        for number in range(10):
            with store.unit() as unit:
                engine.enqueue(unit, kind="run", key=f"{name}{number}", seq=1, queue="human")

    engine.register("run", run)
    engine.launch()
    threads = [threading.Thread(target=decide, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.drain(60)
    for name in "abcd":
        for number in range(10):
            assert _count(store, f"run:{name}{number}") == 1
