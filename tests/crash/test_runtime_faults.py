"""Whole business processes under faults of the machine: of the database, the disk, the clock, and a deploy.

Each run has six steps, of every kind of effect, and a receiver outside counts what reaches it.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders.databases import PostgresServer
from tests.builders.runtime_work import LINES, begin_many, open_bench, recipe_of
from tiebeam.app import App
from tiebeam.kit import SystemClock
from tiebeam.store import DatabaseAway, DatabaseFull, verify_journal

pytestmark = pytest.mark.crash

# ids: WF-15, B8

RUNS = 40


class JumpingClock:
    """The machine's clock, which somebody sets."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.off = timedelta()

    def now(self) -> datetime:
        return self._real.now() + self.off

    def monotonic(self) -> float:
        return time.monotonic()


@contextmanager
def bench(tmp_path: Path, url: str, **more: Any) -> Iterator[App]:
    app = open_bench(tmp_path / "workspace", url, receiver=tmp_path / "calls", **more)
    try:
        yield app
    finally:
        app.close()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tiebeam.sqlite'}"


def states(app: App) -> Counter[str]:
    with app.store.read() as conn:
        return Counter(conn.execute(sa.text("SELECT state FROM run")).scalars())


def until(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def check_nothing_lost_or_doubled(app: App, tmp_path: Path, runs: int) -> None:
    """All ended, but for those whose payment may have left; and everything took place once."""
    with app.store.read() as conn:

        def one(text: str) -> int:
            return int(conn.execute(sa.text(text)).scalar_one())

        done = one("SELECT count(*) FROM run WHERE state = 'done'")
        in_doubt = one("SELECT count(*) FROM engine_effect WHERE state = 'intent'")
        asked = one("SELECT count(*) FROM task WHERE state = 'open'")
        written = Counter(conn.execute(sa.text("SELECT key FROM bench_written")).scalars())
        assert verify_journal(conn) == []
    assert done + in_doubt == runs
    assert asked == in_doubt
    assert set(written.values()) == {1}
    calls = Counter((tmp_path / "calls").read_text(encoding="utf-8").split())
    paid = {key: number for key, number in calls.items() if key.endswith(f":s{LINES['mixed'].index('a') + 1}")}
    assert set(paid.values()) == {1}
    assert len(paid) >= done
    assert len(calls) >= 2 * done


# runtime: dbos#716
def test_a_database_that_is_stopped_and_started_under_load_loses_nothing(tmp_path: Path) -> None:
    with PostgresServer() as server:
        url = server.create()
        with bench(tmp_path, url, before=lambda _call: time.sleep(0.02), heartbeat_timeout=3.0) as app:
            begin_many(app, recipe_of("mixed"), RUNS, in_one=10)
            app.engine.launch()
            until(lambda: states(app)["done"] >= 2)
            for _ in range(2):
                server.stop()
                with pytest.raises(DatabaseAway), app.store.unit() as unit:
                    unit.journal("a", "b", actor="c", payload={})
                time.sleep(1.5)
                server.start()
                time.sleep(0.5)
            # What the worker itself could not write while the database was away it takes up again.
            until(lambda: not states(app)["queued"] and not states(app)["running"])
            check_nothing_lost_or_doubled(app, tmp_path, RUNS)


def test_a_full_disk_stops_the_work_with_a_named_error_and_corrupts_nothing(tmp_path: Path, file_url: str) -> None:
    with bench(tmp_path, file_url, heartbeat_timeout=3.0) as app:
        begin_many(app, recipe_of("mixed"), RUNS, in_one=10)
        with sqlite3.connect(file_url.removeprefix("sqlite:///")) as plain:
            pages = int(plain.execute("PRAGMA page_count").fetchone()[0])

        def fill(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.execute(f"PRAGMA max_page_count={pages + limit['more']}")

        limit = {"more": 12}
        sa.event.listen(app.store.engine, "checkout", fill)
        app.engine.launch()
        with pytest.raises(DatabaseFull, match=r"(?i)full"):
            begin_many(app, recipe_of("five"), 10_000, in_one=20)
        limit["more"] = 1_000_000
        assert app.engine.drain(60)
        until(lambda: not states(app)["queued"] and not states(app)["running"])
        with app.store.read() as conn:
            assert conn.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert verify_journal(conn) == []
            assert app.engine.health()["poisoned"] == 0
        assert set(states(app)) <= {"done", "waiting"}


@pytest.mark.parametrize("hours", [26, -26], ids=["forward", "back"])
def test_a_clock_that_is_set_neither_stops_nor_repeats_work(tmp_path: Path, file_url: str, hours: int) -> None:
    clock = JumpingClock()
    with bench(tmp_path, file_url, clock=clock, before=lambda _call: time.sleep(0.01), heartbeat_timeout=2.0) as app:
        app.engine.launch()
        begin_many(app, recipe_of("mixed"), RUNS, in_one=10)
        until(lambda: states(app)["done"] >= 2)
        clock.off += timedelta(hours=hours)
        begin_many(app, recipe_of("mixed"), RUNS, in_one=10)
        begun = time.monotonic()
        assert app.engine.drain(60)
        # Twice the heartbeat's timeout would be the price of taking this very worker for dead.
        assert time.monotonic() - begun < 30
        check_nothing_lost_or_doubled(app, tmp_path, 2 * RUNS)
        assert states(app) == {"done": 2 * RUNS}


# ids: WF-07
def test_a_deploy_strands_none_of_a_thousand_open_waits(tmp_path: Path, file_url: str) -> None:
    # runtime: druks#619, studio#4143, dbos-golang#479
    waits, asks = 1000, recipe_of("asks-long")
    with bench(tmp_path, file_url) as app:
        app.engine.launch()
        begin_many(app, asks, waits, in_one=200)
        assert app.engine.drain(120)
        assert states(app) == {"waiting": waits}
    # The version after it has another recipe under the same name, of which most steps are gone.
    asking = asks.step[2].model_copy(update={"after": (asks.step[0].id,)})
    later = asks.model_copy(update={"step": (asks.step[0], asking)})
    with bench(tmp_path, file_url) as app:
        app.engine.launch()
        begin_many(app, later, 3)
        assert app.engine.drain(60)
        by, decided = app.principal(), 0
        while decided < waits + 3:
            with app.store.read() as conn:
                tasks = app.workforce.tasks(conn, state="active", size=100).rows
            for task in tasks:
                app.workforce.decide(by, task.id, verb="approve")
            decided += len(tasks)
            assert tasks
        assert app.engine.drain(120)
        assert states(app) == {"done": waits + 3}
        with app.store.read() as conn:
            steps = Counter(
                conn.execute(sa.text("SELECT count(*) FROM run_step WHERE state = 'done' GROUP BY run_id")).scalars()
            )
        assert steps == {len(asks.step): waits, len(later.step): 3}


# runtime: dbos#761
def test_a_file_that_others_hold_for_a_while_ends_no_run(tmp_path: Path, file_url: str) -> None:
    with bench(tmp_path, file_url, heartbeat_timeout=3.0) as app:
        begin_many(app, recipe_of("mixed"), RUNS, in_one=10)
        app.engine.launch()
        other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
        for _ in range(3):
            other.execute("BEGIN IMMEDIATE")
            time.sleep(1.0)
            other.execute("COMMIT")
            time.sleep(0.1)
        other.close()
        assert app.engine.drain(60)
        check_nothing_lost_or_doubled(app, tmp_path, RUNS)
        assert app.engine.health()["poisoned"] == 0
