"""The same recipes through LangGraph with a checkpoint after every step; run by the peers' own Python.

    python peer_langgraph.py SCENE '{"url": ..., "steps": 5, "runs": 100, "at_once": 16}'

Scenes: `threads` and `events` (its two forms of going through many runs), `latency`.
It says `ready` in a line of JSON, waits for a line, and says what it saw. It knows nothing of Tiebeam and is not
installed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypedDict


def be_ready() -> None:
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def graph_of(steps: int, *, asks_after: int | None = None) -> Any:
    """A line of `steps` nodes, each with a channel of its own for what it gives; one of them may ask a person."""
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import interrupt

    names = [f"s{place}" for place in range(1, steps + 1)]
    # The functional form, since the names are made here.
    state = TypedDict("state", dict.fromkeys(["subject", *names], dict), total=False)  # type: ignore[misc]
    graph = StateGraph(state)

    def work(name: str) -> Any:
        def node(_state: dict[str, Any]) -> dict[str, Any]:
            return {name: {"value": 1, "text": "x" * 40}}

        return node

    def ask(_state: dict[str, Any]) -> dict[str, Any]:
        return {names[asks_after or 0]: {"verb": interrupt({"question": "go on?"})}}

    for place, name in enumerate(names):
        graph.add_node(name, ask if place == asks_after else work(name))
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph


@contextlib.asynccontextmanager
async def saver_of(url: str, at_once: int) -> AsyncIterator[Any]:
    """The peer's own checkpointer: SQLite in WAL mode with synchronous=FULL, or a pool of PostgreSQL connections."""
    if url.startswith("sqlite:"):
        import aiosqlite
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        async with aiosqlite.connect(url.removeprefix("sqlite:///")) as conn:
            saver = AsyncSqliteSaver(conn)
            await saver.setup()
            await conn.execute("PRAGMA synchronous=FULL")
            yield saver
        return
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    settings = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=at_once, max_size=at_once, kwargs=settings) as pool:
        saver = AsyncPostgresSaver(pool)  # pyright: ignore
        await saver.setup()
        yield saver


@contextlib.contextmanager
def plain_saver(url: str, at_once: int) -> Iterator[Any]:
    """The same without an event loop."""
    if url.startswith("sqlite:"):
        from langgraph.checkpoint.sqlite import SqliteSaver

        conn = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)
        saver = SqliteSaver(conn)
        saver.setup()
        conn.execute("PRAGMA synchronous=FULL")
        yield saver
        conn.close()
        return
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    settings = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    with ConnectionPool(url, min_size=at_once, max_size=at_once, kwargs=settings) as pool:
        found = PostgresSaver(pool)  # pyright: ignore
        found.setup()
        yield found


def threads(given: dict[str, Any]) -> dict[str, float]:
    """Threads instead of an event loop; with one of them, one run after the other."""
    at_once = given["at_once"]
    with plain_saver(given["url"], at_once) as saver, ThreadPoolExecutor(at_once) as pool:
        runner = graph_of(given["steps"]).compile(checkpointer=saver)

        def one(name: str) -> None:
            runner.invoke(_first(name), {"configurable": {"thread_id": name}}, durability="sync")

        list(pool.map(one, [f"warm-{given.get('names', 'run')}-{place}" for place in range(5)]))
        be_ready()
        wall, cpu = time.perf_counter(), cpu_seconds()
        list(pool.map(one, [f"{given.get('names', 'run')}-{place}" for place in range(given["runs"])]))
        return {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def _first(name: str) -> dict[str, Any]:
    return {"subject": {"case": name}}


async def throughput(given: dict[str, Any]) -> dict[str, float]:
    at_once = given["at_once"]
    async with saver_of(given["url"], at_once) as saver:
        runner = graph_of(given["steps"]).compile(checkpointer=saver)
        free = asyncio.Semaphore(at_once)

        async def one(name: str) -> None:
            async with free:
                await runner.ainvoke(_first(name), {"configurable": {"thread_id": name}}, durability="sync")

        await asyncio.gather(*(one(f"warm-{place}") for place in range(5)))
        be_ready()
        wall, cpu = time.perf_counter(), cpu_seconds()
        await asyncio.gather(*(one(f"run-{place}") for place in range(given["runs"])))
        return {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


async def latency(given: dict[str, Any]) -> dict[str, Any]:
    """Runs that wait for a person; each is told to go on and is timed until its next step is done."""
    from langgraph.types import Command

    seen: list[float] = []
    async with saver_of(given["url"], 4) as saver:
        runner = graph_of(3, asks_after=1).compile(checkpointer=saver)
        places = [{"configurable": {"thread_id": f"run-{place}"}} for place in range(given["parked"])]
        for place in places:
            await runner.ainvoke(_first("case"), place, durability="sync")
        be_ready()
        for place in places[: given["decisions"]]:
            begun = time.perf_counter()
            await runner.ainvoke(Command(resume="approve"), place, durability="sync")
            seen.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.02)
    return {"p50_ms": statistics.median(seen), "p95_ms": sorted(seen)[int(len(seen) * 0.95)], "all_ms": seen}


SCENES = {"events": throughput, "latency": latency}


def main() -> None:
    os.environ["LANGSMITH_TRACING"] = "false"
    scene, given = sys.argv[1], json.loads(sys.argv[2])
    found: dict[str, Any] = threads(given) if scene == "threads" else asyncio.run(SCENES[scene](given))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
