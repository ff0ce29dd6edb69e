"""Runs that wait: what they cost an idle process and a restart, and how soon a decision is acted on."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.runtime.bench import Bench, Row, did, measured, place_of
from benchmarks.runtime.peers import peer
from benchmarks.runtime.processes import Child, cpu_of, ours, own_memory

IDLE_SECONDS = 8.0
FAR_PARKED = 1000
KINDS = ("sqlite", "postgresql")


def idle(child: Child, seconds: float = IDLE_SECONDS) -> dict[str, float]:
    """A program that said it is ready: how long that took it, and what it costs to be idle."""
    said = child.line()
    time.sleep(1)
    before, begun = cpu_of(child.id), time.perf_counter()
    time.sleep(seconds)
    used = (cpu_of(child.id) - before) / (time.perf_counter() - begun)
    found = {
        "restart_seconds": said["seconds"],
        "restart_cpu": said["cpu"],
        "idle_cpu_percent": used * 100,
        "own_mb": own_memory(child.id),
    }
    child.tell("stop")
    child.close()
    return found


def parked(bench: Bench) -> Row:
    runs = bench.amount(10_000, 500)
    found: dict[str, Any] = {"runs": runs}
    for kind in KINDS:
        with bench.databases(kind) as databases:
            given = place_of(bench, databases.fresh(), recipe="asks", work=True, runs=0)
            did(bench, "fill", given)
            empty = _medians([idle(ours("boot", given, scratch=bench.scratch)) for _ in range(bench.rounds)])
            did(bench, "fill", given | {"runs": runs})
            full = _medians([idle(ours("boot", given, scratch=bench.scratch)) for _ in range(bench.rounds)])
            found[kind] = {"empty": empty, "parked": full}
    if bench.python is not None:
        found["dbos recv, sqlite"] = _far_parked(bench)
    shares = {kind: _shares(found[kind]) for kind in KINDS}
    kept = all(one["cpu"] < 5 and one["memory"] < 5 and one["restart"] < 2 for one in shares.values())
    seen = "; ".join(
        f"{kind} CPU +{one['cpu']:.1f} points of a core, memory +{one['memory']:.1f} %, restart {one['restart']:.2f}x"
        for kind, one in shares.items()
    )
    if (far := found.get("dbos recv, sqlite")) is not None:
        seen += f"; DBOS recv at {far['runs']}: {far['parked']['idle_cpu_percent']:.0f} % of a core, restart "
        seen += f"{far['parked']['restart_seconds']:.1f} s"
    must = "idle CPU, memory < 5 % over an empty process; restart < 2x an empty one"
    return Row(f"{runs:,} parked runs", must, seen, kept, {**found, "over_empty": shares})


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: sorted(one[name] for one in rounds)[len(rounds) // 2] for name in rounds[0]}


def _shares(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    empty, full = figures["empty"], figures["parked"]
    return {
        "cpu": full["idle_cpu_percent"] - empty["idle_cpu_percent"],
        "memory": (full["own_mb"] / empty["own_mb"] - 1) * 100,
        "restart": full["restart_seconds"] / empty["restart_seconds"],
    }


def _far_parked(bench: Bench) -> dict[str, Any]:
    """DBOS with runs that wait in `recv`, on SQLite."""
    assert bench.python is not None
    runs = bench.amount(FAR_PARKED, 200)
    with bench.databases("sqlite") as databases:
        given = {"url": databases.fresh(), "runs": 0}
        empty = idle(peer(bench.python, "dbos", "boot", given, scratch=bench.scratch))
        given["runs"] = runs
        measured(peer(bench.python, "dbos", "fill", given, scratch=bench.scratch))
        full = idle(peer(bench.python, "dbos", "boot", given, scratch=bench.scratch))
    return {"runs": runs, "empty": empty, "parked": full}


def latency(bench: Bench) -> Row:
    """Decisions while many more wait: within the worker's process, and from another as a console makes them."""
    waiting, decisions = bench.amount(1000, 100), bench.amount(60, 15)
    found: dict[str, Any] = {"parked": waiting}
    for kind in KINDS:
        with bench.databases(kind) as databases:
            given = place_of(bench, databases.fresh(), recipe="asks", work=True)
            did(bench, "fill", given | {"runs": waiting})
            given |= {"decisions": decisions}
            found[f"{kind}, same process"] = did(bench, "decide", given | {"launched": True})
            found[f"{kind}, other process"] = _from_outside(bench, given)
    if bench.python is not None:
        found["dbos recv, sqlite"] = _far_latency(bench, waiting, bench.amount(10, 5))
        with bench.databases("sqlite") as databases:
            given = {"url": databases.fresh(), "parked": decisions, "decisions": decisions}
            found["langgraph, sqlite"] = measured(
                peer(bench.python, "langgraph", "latency", given, scratch=bench.scratch)
            )
    mine = {name: one["p50_ms"] for name, one in found.items() if name.startswith(KINDS)}
    seen = "; ".join(f"{name} p50 {value:.0f} ms" for name, value in mine.items())
    kept: bool | None = all(value <= 50 for value in mine.values())
    if "dbos recv, sqlite" in found:
        theirs = found["dbos recv, sqlite"]["p50_ms"]
        times = theirs / mine["sqlite, same process"]
        seen += f"; DBOS recv {theirs:.0f} ms: 1/{times:.0f}"
        kept = kept and times >= 20
    return Row("decision to next step done", "p50 <= 50 ms on both, <= 1/20 of DBOS recv on SQLite", seen, kept, found)


def _from_outside(bench: Bench, given: dict[str, Any]) -> dict[str, float]:
    """One process decides, another works."""
    worker = ours("worker", given, scratch=bench.scratch)
    worker.line()
    worker.tell()
    worker.line()
    found = did(bench, "decide", given | {"launched": False})
    worker.tell("stop")
    worker.close()
    return found


def _far_latency(bench: Bench, waiting: int, decisions: int) -> dict[str, float]:
    assert bench.python is not None
    with bench.databases("sqlite") as databases:
        given = {"url": databases.fresh(), "runs": waiting, "decisions": decisions}
        measured(peer(bench.python, "dbos", "fill", given, scratch=bench.scratch))
        return measured(peer(bench.python, "dbos", "decide", given, scratch=bench.scratch))
