"""Runs a second and what a run costs, beside the peers; two workers; bytes."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.runtime.bench import Bench, Row, did, measured, median_of, place_of
from benchmarks.runtime.databases import Databases, size_of
from benchmarks.runtime.peers import peer
from benchmarks.runtime.processes import Child, ours

KINDS = ("sqlite", "postgresql")
AT_ONCE = 16
STEPS = {"five": 5, "five-db": 5, "twelve": 12, "one": 1}


def contenders(bench: Bench, recipe: str) -> dict[str, Any]:
    """How each is started on a database; ours first. Bulk is fifty starts in one unit of work."""

    def ourselves(in_one: int, name: str = recipe) -> Any:
        return lambda url, runs: ours(
            "throughput", place_of(bench, url, recipe=name, runs=runs, in_one=in_one), scratch=bench.scratch
        )

    def far(name: str, scene: str, at_once: int) -> Any:
        given = {"steps": STEPS[recipe], "at_once": at_once}
        return lambda url, runs: peer(
            bench.python, name, scene, {**given, "url": url, "runs": runs}, scratch=bench.scratch
        )  # type: ignore[arg-type]

    found = {"tiebeam": ourselves(1), "tiebeam, bulk": ourselves(50)}
    if recipe == "five":
        found["tiebeam, db effects"] = ourselves(1, "five-db")
    if bench.python is not None:
        found["langgraph, threads"] = far("langgraph", "threads", AT_ONCE)
        found["langgraph, asyncio"] = far("langgraph", "events", AT_ONCE)
        found["langgraph, one by one"] = far("langgraph", "threads", 1)
        found["dbos"] = far("dbos", "threads", AT_ONCE)
    return found


def speed(bench: Bench, recipe: str) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by database and contender; in each round every contender once, so that they saw the same machine."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    runs = bench.amount(400, 100)
    for kind in KINDS:
        with bench.databases(kind) as databases:
            seen: dict[str, list[dict[str, float]]] = {}
            for _ in range(bench.rounds):
                for name, start in contenders(bench, recipe).items():
                    seen.setdefault(name, []).append(measured(start(databases.fresh(), runs), databases))
            found[kind] = {name: median_of(rounds, runs) for name, rounds in seen.items()}
    return found


def best(figures: dict[str, dict[str, float]], name: str) -> float:
    """The fastest form of a peer, sixteen runs at once; without the peer 0."""
    forms = [
        one["runs_per_second"] for form, one in figures.items() if form.startswith(name) and "one by one" not in form
    ]
    return max(forms, default=0.0)


def _times(figures: dict[str, dict[str, float]], name: str, ours_as: str = "tiebeam") -> float | None:
    far = best(figures, name)
    return figures[ours_as]["runs_per_second"] / far if far else None


def _text(found: dict[str, dict[str, dict[str, float]]], ratios: dict[str, float | None]) -> str:
    mine = ", ".join(f"{kind} {one['tiebeam']['runs_per_second']:.0f} runs/s" for kind, one in found.items())
    return mine + "".join(f"; {value:.2f}x {name}" for name, value in ratios.items() if value is not None)


def five(bench: Bench) -> Row:
    found = speed(bench, "five")
    musts = {"sqlite": 2.5, "postgresql": 1.5}
    ratios = {f"LangGraph on {kind}": _times(found[kind], "langgraph") for kind in KINDS}
    kept = None
    if bench.python is not None:
        kept = all((ratios[f"LangGraph on {kind}"] or 0) >= least for kind, least in musts.items())
    must = ">= 2.5x LangGraph sync on SQLite, >= 1.5x on PostgreSQL"
    return Row("5 steps, all effects", must, _text(found, ratios), kept, {"by": found, "ratios": ratios})


def twelve(bench: Bench) -> Row:
    found = speed(bench, "twelve")
    ratios = {
        f"{shown} on {kind}": _times(found[kind], name)
        for kind in KINDS
        for name, shown in (("dbos", "DBOS"), ("langgraph", "LangGraph"))
    }
    kept = None if bench.python is None else all((value or 0) >= 2 for value in ratios.values())
    must = ">= 2x DBOS (a checkpoint a step) and LangGraph sync, both databases"
    return Row("12 steps, 4 with effects", must, _text(found, ratios), kept, {"by": found, "ratios": ratios})


def storage(bench: Bench) -> Row:
    """What a run of five steps leaves in all tables and indexes, vacuumed, by the difference of two sizes."""
    runs = bench.amount(1000, 300)
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        with bench.databases(kind) as databases:
            found[kind] = {name: _bytes(bench, databases, name, runs) for name in ("five", "five-db")}
            if bench.python is not None:
                found[kind]["langgraph"] = _far_bytes(bench, databases, runs)
    ratios = {kind: one["five"] / one["langgraph"] if "langgraph" in one else None for kind, one in found.items()}
    kept = None if bench.python is None else all(value is not None and value <= 0.5 for value in ratios.values())
    seen = "; ".join(
        f"{kind} " + ", ".join(f"{name} {value:,.0f}" for name, value in one.items()) for kind, one in found.items()
    )
    return Row("bytes stored per 5-step run", "<= 1/2 of LangGraph's", seen, kept, {"by": found, "ratios": ratios})


def _bytes(bench: Bench, databases: Databases, recipe: str, runs: int) -> float:
    given = place_of(bench, databases.fresh(), recipe=recipe, work=True)
    did(bench, "fill", given | {"runs": 20})
    before = size_of(given["url"])
    did(bench, "fill", given | {"runs": runs})
    return (size_of(given["url"]) - before) / runs


def _far_bytes(bench: Bench, databases: Databases, runs: int) -> float:
    assert bench.python is not None
    url = databases.fresh()
    sizes: list[int] = []
    for part, number in (("first", 20), ("second", runs)):
        given = {"url": url, "steps": 5, "runs": number, "at_once": 4, "names": part}
        measured(peer(bench.python, "langgraph", "threads", given, scratch=bench.scratch))
        sizes.append(size_of(url))
    return (sizes[1] - sizes[0]) / runs


def two_workers(bench: Bench) -> Row:
    """The same backlog on PostgreSQL by one worker process and by two."""
    runs = bench.amount(600, 200)
    seen: dict[int, list[float]] = {1: [], 2: []}
    with bench.databases("postgresql") as databases:
        for _ in range(bench.rounds):
            for number, rates in seen.items():
                rates.append(runs / _drained(bench, databases.fresh(), number, runs))
    one, two = (sorted(rates)[len(rates) // 2] for rates in seen.values())
    text = f"{one:.0f} and {two:.0f} runs/s: {two / one:.2f}x"
    return Row("two workers on PostgreSQL", ">= 1.3x one", text, two / one >= 1.3, {"one": one, "two": two})


def _drained(bench: Bench, url: str, number: int, runs: int) -> float:
    given = place_of(bench, url, recipe="five")
    did(bench, "fill", given | {"runs": runs})
    workers = [ours("worker", given, scratch=bench.scratch) for _ in range(number)]
    for one in workers:
        one.line()
    begun = time.perf_counter()
    for one in workers:
        one.tell()
    wait_until_ended(url, runs)
    took = time.perf_counter() - begun
    stop(workers)
    return took


def stop(workers: list[Child]) -> None:
    for one in workers:
        one.tell("stop")
    for one in workers:
        one.close()


def wait_until_ended(url: str, runs: int, *, seconds: float = 300) -> None:
    """Until so many runs of a database are done, looked at from outside."""
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    deadline = time.perf_counter() + seconds
    with engine.connect() as conn:
        while conn.exec_driver_sql("SELECT count(*) FROM run WHERE state = 'done'").scalar_one() < runs:
            conn.rollback()
            if time.perf_counter() > deadline:
                raise SystemExit(f"the runs did not end in {seconds} seconds")
            time.sleep(0.05)
    engine.dispose()
