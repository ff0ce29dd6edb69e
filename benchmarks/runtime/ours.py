"""Tiebeam's side, a process to each scene: `python -m benchmarks.runtime.ours SCENE JSON`.

Every scene says `ready` in a line of JSON, waits for a line, does its work and says what it saw.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.builders.runtime_work import Heard, begin, begin_many, open_bench, recipe_of

from tiebeam.app import App
from tiebeam.workflow.runs import run_counts
from tiebeam.workflow.steps import StepCall


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def wait_for_word() -> str:
    return sys.stdin.readline().strip()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def opened(given: dict[str, Any], *, before: Heard | None = None, after: Heard | None = None) -> App:
    receiver = given.get("receiver")
    return open_bench(
        Path(given["folder"]),
        given["url"],
        receiver=None if receiver is None else Path(receiver),
        before=before,
        after=after,
        heartbeat_timeout=given.get("heartbeat_timeout", 15.0),
    )


def throughput(given: dict[str, Any]) -> None:
    """Runs started one after the other (`in_one` in a unit) and carried out by this same process."""
    app, recipe = opened(given), recipe_of(given["recipe"])
    app.engine.launch()
    begin_many(app, recipe, 20)
    app.engine.drain(60)
    say(ready=True)
    wait_for_word()
    wall, cpu = time.perf_counter(), cpu_seconds()
    begin_many(app, recipe, given["runs"], in_one=given.get("in_one", 1))
    if not app.engine.drain(300):
        raise SystemExit("the runs did not end in five minutes")
    say(wall=time.perf_counter() - wall, cpu=cpu_seconds() - cpu)
    app.close()


def fill(given: dict[str, Any]) -> None:
    """Runs are started; with `work` they are also carried on until they wait or end."""
    app, recipe = opened(given), recipe_of(given["recipe"])
    if given.get("work"):
        app.engine.launch()
    say(ready=True)
    wait_for_word()
    wall = time.perf_counter()
    begin_many(app, recipe, given["runs"], team=given.get("team", "accounts-payable"), in_one=200)
    if given.get("work") and not app.engine.drain(900):
        raise SystemExit("the runs did not come to rest in fifteen minutes")
    say(wall=time.perf_counter() - wall)
    app.close()


def worker(given: dict[str, Any]) -> None:
    """Works until it is told to stop. With `log` each step's begin is taken down: moment, process, run, step.

    `pause` are seconds within each step, `pause_after` more of them between a call outside and its confirmation.
    """
    log = None if "log" not in given else os.open(given["log"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    pause, me = given.get("pause", 0), os.getpid()

    def before(call: StepCall) -> None:
        if log is not None:
            os.write(log, f"{time.monotonic()} {me} {call.run.id} {call.step_id}\n".encode())
        if pause:
            time.sleep(pause)

    def after(_call: StepCall) -> None:
        time.sleep(given.get("pause_after", 0))

    begun = time.perf_counter()
    app = opened(given, before=before, after=after)
    say(ready=True)
    wait_for_word()
    resumed = time.perf_counter()
    app.engine.launch()
    say(launched=True, opened=resumed - begun, launch=time.perf_counter() - resumed)
    wait_for_word()
    app.close()


def boot(given: dict[str, Any]) -> None:
    """A restart: from nothing to a worker that has looked for work and found none."""
    begun, cpu = time.perf_counter(), cpu_seconds()
    app = opened(given)
    app.engine.launch()
    app.engine.drain(120)
    say(ready=True, seconds=time.perf_counter() - begun, cpu=cpu_seconds() - cpu)
    wait_for_word()
    app.close()


def decide(given: dict[str, Any]) -> None:
    """Decisions on runs that wait: from before the verb is called until the run's end can be read.

    With `launched` this process is the worker as well; otherwise another one is.
    """
    app = opened(given)
    if given["launched"]:
        app.engine.launch()
        app.engine.drain(60)
    by = app.principal()
    with app.store.read() as conn:
        tasks = app.workforce.tasks(conn, state="active", size=given["decisions"]).rows
    say(ready=True)
    wait_for_word()
    seen: list[float] = []
    for task in tasks:
        begun = time.perf_counter()
        app.workforce.decide(by, task.id, verb="approve")
        until_done(app, task.run_id)
        seen.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.05)
    say(p50_ms=statistics.median(seen), p95_ms=sorted(seen)[int(len(seen) * 0.95)], all_ms=seen)
    app.close()


def until_done(app: App, run_id: str, *, seconds: float = 30) -> None:
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        with app.store.read() as conn:
            row = conn.exec_driver_sql(f"SELECT state FROM run WHERE id = '{run_id}'").one()
        if row.state == "done":
            return
        time.sleep(0.002)
    raise SystemExit(f"run {run_id} did not end in {seconds} seconds")


def probe(given: dict[str, Any]) -> None:
    """Starts single runs of a team while others work; the workers' log says when each began."""
    app, recipe = opened(given), recipe_of(given["recipe"])
    say(ready=True)
    wait_for_word()
    started: dict[str, float] = {}
    for _ in range(given["runs"]):
        with app.store.unit() as unit:
            run_id = begin(app, unit, recipe, team=given["team"])
        started[run_id] = time.monotonic()
        time.sleep(0.1)
    time.sleep(given.get("rest", 1.0))
    say(started=started)
    app.close()


def counts(given: dict[str, Any]) -> None:
    """How many runs are in each state."""
    app = opened(given)
    say(ready=True)
    wait_for_word()
    with app.store.read() as conn:
        say(**run_counts(conn))
    app.close()


def audit(given: dict[str, Any]) -> None:
    """After kills: ended and asked runs, steps with effect `db` that were written twice, effects in doubt.

    `asked` are runs in doubt for which a person has a task.
    """
    app = opened(given)
    say(ready=True)
    wait_for_word()
    with app.store.read() as conn:

        def one(text: str) -> int:
            return int(conn.exec_driver_sql(text).scalar_one())

        say(
            done=one("SELECT count(*) FROM run WHERE state = 'done'"),
            asked=one(
                "SELECT count(*) FROM run WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM task "
                "WHERE task.run_id = run.id AND task.state IN ('open', 'claimed'))"
            ),
            ambiguous=one("SELECT count(*) FROM engine_effect WHERE state = 'intent'"),
            db_twice=one(
                "SELECT count(*) FROM (SELECT key FROM bench_written GROUP BY key HAVING count(*) > 1) AS twice"
            ),
        )
    app.close()


SCENES: dict[str, Callable[[dict[str, Any]], None]] = {
    one.__name__: one for one in (throughput, fill, worker, boot, decide, probe, counts, audit)
}

if __name__ == "__main__":
    SCENES[sys.argv[1]](json.loads(sys.argv[2]))
