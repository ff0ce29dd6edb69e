"""The same recipes through DBOS with a checkpoint for every step; run by the peers' own Python.

    python peer_dbos.py SCENE '{"url": ..., "steps": 12, "runs": 100, "at_once": 16}'

Scenes: `threads`, `fill` (runs that wait in `recv`), `boot` (a restart with them), `decide`. It says `ready` in a line
of JSON, waits for a line, and says what it saw. It knows nothing of Tiebeam and is not installed with it.
"""

from __future__ import annotations

import json
import logging
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID  # pyright: ignore


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def wait_for_word() -> str:
    return sys.stdin.readline().strip()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def engine_of(url: str) -> sa.Engine | None:
    """SQLite in WAL mode with synchronous=FULL, as the others have it; its own default has no write-ahead log."""
    if not url.startswith("sqlite:"):
        return None
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    def prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    sa.event.listen(engine, "connect", prepare)
    return engine


def open_dbos(given: dict[str, Any]) -> None:
    config: dict[str, Any] = {"name": "bench", "log_level": "ERROR", "max_executor_threads": given.get("threads", 64)}
    engine = engine_of(given["url"])
    config |= {"system_database_url": given["url"]} if engine is None else {"system_database_engine": engine}
    config |= {"application_version": "one", "executor_id": "bench"}
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS(config=config)  # pyright: ignore


@DBOS.step()
def work(place: int) -> dict[str, Any]:
    return {"value": place, "text": "x" * 40}


@DBOS.workflow()
def line(steps: int) -> int:
    for place in range(steps):
        work(place)
    return steps


@DBOS.workflow()
def asks() -> str:
    work(0)
    said = DBOS.recv("decision", timeout_seconds=86_400)
    work(1)
    return str(said)


def threads(given: dict[str, Any]) -> None:
    """So many runs at once, each with its steps."""
    open_dbos(given)
    DBOS.launch()

    def one(_place: int) -> None:
        DBOS.start_workflow(line, given["steps"]).get_result()

    with ThreadPoolExecutor(given["at_once"]) as pool:
        list(pool.map(one, range(10)))
        say(ready=True)
        wait_for_word()
        wall, cpu = time.perf_counter(), cpu_seconds()
        list(pool.map(one, range(given["runs"])))
        say(wall=time.perf_counter() - wall, cpu=cpu_seconds() - cpu)
    DBOS.destroy()


def fill(given: dict[str, Any]) -> None:
    """Runs that wait for a word, and stay so when this process ends."""
    open_dbos(given | {"threads": given["runs"] + 50})
    DBOS.launch()
    say(ready=True)
    wait_for_word()
    wall = time.perf_counter()
    for place in range(given["runs"]):
        with SetWorkflowID(f"run-{place}"):
            DBOS.start_workflow(asks)
    until_waiting(given["url"], given["runs"])
    say(wall=time.perf_counter() - wall)
    leave()


def until_waiting(url: str, runs: int, *, seconds: float = 300) -> None:
    """Every run has done its first step and waits: that step's row is there."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    inside = sa.inspect(engine)
    schema = "dbos." if "dbos" in inside.get_schema_names() else ""
    deadline = time.perf_counter() + seconds
    with engine.connect() as conn:
        while time.perf_counter() < deadline:
            text = f"SELECT count(*) FROM {schema}operation_outputs WHERE function_id = 1"
            if conn.exec_driver_sql(text).scalar_one() >= runs:
                return
            conn.rollback()
            time.sleep(0.2)
    raise SystemExit("the runs did not come to wait")


def boot(given: dict[str, Any]) -> None:
    """A restart; ready once every run waits again."""
    begun, cpu = time.perf_counter(), cpu_seconds()
    open_dbos(given | {"threads": given["runs"] + 50})
    DBOS.launch()
    if given["runs"]:
        while DBOS.list_workflows(status="PENDING", limit=1) and not _all_wait(given["runs"]):
            time.sleep(0.1)
    say(ready=True, seconds=time.perf_counter() - begun, cpu=cpu_seconds() - cpu)
    wait_for_word()
    leave()


def _all_wait(runs: int) -> bool:
    """By the threads that wait: each run that was recovered has one."""
    import threading

    return sum(thread.name.startswith("dbos-executor") for thread in threading.enumerate()) >= runs


def decide(given: dict[str, Any]) -> None:
    """Words to runs that wait; each is timed until the run has ended."""
    open_dbos(given | {"threads": given["runs"] + 50})
    DBOS.launch()
    while given["runs"] and not _all_wait(given["runs"]):
        time.sleep(0.1)
    time.sleep(2)
    say(ready=True)
    wait_for_word()
    seen: list[float] = []
    for place in range(given["decisions"]):
        begun = time.perf_counter()
        DBOS.send(f"run-{place}", "approve", "decision")
        DBOS.retrieve_workflow(f"run-{place}").get_result(polling_interval_sec=0.005)
        seen.append((time.perf_counter() - begun) * 1000)
    say(p50_ms=statistics.median(seen), p95_ms=sorted(seen)[int(len(seen) * 0.95)], all_ms=seen)
    leave()


def leave() -> None:
    """Threads that wait would keep the process; its rows are all that counts."""
    import os

    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    {one.__name__: one for one in (threads, fill, boot, decide)}[sys.argv[1]](json.loads(sys.argv[2]))
