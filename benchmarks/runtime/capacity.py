"""What each part of a run costs, and where that puts the first limit; checked against a recipe it was not made from.

    python -m benchmarks.runtime.capacity [--runs 300] [--rounds 3] [--json FILE]

Four recipes give the cost of a run, of a step inside (in the database), of a call outside and of a person's task: CPU
of a worker and of the database's server, and bytes. The model then says what twelve steps with four calls cost, and
what two workers make of one; both are measured too, and the script fails where it misses the twelve steps by too much.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.runtime.bench import Bench, measured, median_of, place_of
from benchmarks.runtime.databases import size_of
from benchmarks.runtime.processes import ours
from benchmarks.runtime.speed import two_workers

MAY_BE_OFF = 0.35
"""Share by which the model may miss what is measured beside it: runs of a few seconds on a shared machine."""
RECIPES = ("one", "five-db", "five", "asks", "twelve")
RATES = (1, 10, 1000)


@dataclass(frozen=True)
class Costs:
    """Of one thing: milliseconds of CPU in the worker and in the server, and bytes kept."""

    worker_ms: float
    server_ms: float
    kept: float

    def plus(self, other: Costs, times: float) -> Costs:
        return Costs(
            self.worker_ms + other.worker_ms * times,
            self.server_ms + other.server_ms * times,
            self.kept + other.kept * times,
        )


def seen(bench: Bench, kind: str, recipe: str, runs: int) -> Costs:
    with bench.databases(kind) as databases:
        rounds: list[dict[str, float]] = []
        kept: list[float] = []
        for _ in range(bench.rounds):
            given = place_of(bench, databases.fresh(), recipe=recipe, runs=runs)
            child = ours("throughput", given, scratch=bench.scratch)
            rounds.append(measured(child, databases))
            kept.append(float(size_of(given["url"])))
        empty = place_of(bench, databases.fresh(), recipe=recipe, runs=1)
        measured(ours("throughput", empty, scratch=bench.scratch), databases)
        # Both did twenty runs before they were measured.
        size = (sorted(kept)[len(kept) // 2] - size_of(empty["url"])) / (runs - 1)
    found = median_of(rounds, runs)
    return Costs(found["cpu_ms"], found["server_cpu_ms"], size)


def parts(by: dict[str, Costs]) -> dict[str, Costs]:
    """From what whole runs cost, what their parts do."""
    step = by["five-db"].plus(by["one"], -1)
    inside = Costs(step.worker_ms / 4, step.server_ms / 4, step.kept / 4)
    run = by["one"].plus(inside, -1)
    calls = by["five"].plus(run, -1)
    outside = Costs(calls.worker_ms / 5, calls.server_ms / 5, calls.kept / 5)
    return {"run": run, "inside": inside, "outside": outside, "person": by["asks"].plus(by["one"], -1)}


def predicted(of: dict[str, Costs], *, inside: int, outside: int) -> Costs:
    return of["run"].plus(of["inside"], inside).plus(of["outside"], outside)


def two_of_one(costs: Costs, cores: int) -> float:
    """What two workers make of one where they share cores with the database: bound by the cores, at most double."""
    alone = max(costs.worker_ms, (costs.worker_ms + costs.server_ms) / cores)
    both = max(costs.worker_ms / 2, (costs.worker_ms + costs.server_ms) / cores)
    return alone / both


def limits(costs: Costs) -> list[dict[str, Any]]:
    """What a rate of such runs asks for: cores of workers and of the database at 70 % use, and gigabytes a day."""
    return [
        {
            "runs_per_second": rate,
            "worker_cores": rate * costs.worker_ms / 1000 / 0.7,
            "database_cores": rate * costs.server_ms / 1000 / 0.7,
            "gigabytes_a_day": rate * costs.kept * 86_400 / 1e9,
        }
        for rate in RATES
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    kept = True
    with tempfile.TemporaryDirectory(prefix="tiebeam-capacity-") as folder:
        bench = Bench(Path(folder), quick=True, rounds=given.rounds, python=None)
        bench.scratch.chmod(0o755)
        for kind in ("sqlite", "postgresql"):
            by = {recipe: seen(bench, kind, recipe, given.runs) for recipe in RECIPES}
            of = parts(by)
            says, is_so = predicted(of, inside=8, outside=4), by["twelve"]
            off = says.worker_ms / is_so.worker_ms - 1
            kept = kept and abs(off) <= MAY_BE_OFF
            found[kind] = {
                "parts": {name: asdict(one) for name, one in of.items()},
                "twelve": {"says": asdict(says), "is": asdict(is_so), "off": off},
                "limits": limits(predicted(of, inside=3, outside=2)),
            }
            show(kind, of, says, is_so, found[kind]["limits"])
            if kind == "postgresql":
                says_two = two_of_one(by["five"], os.cpu_count() or 1)
                is_two = two_workers(bench).figures
                ratio = is_two["two"] / is_two["one"]
                found["two_workers"] = {"says": says_two, "is": ratio}
                print(f"two workers on these cores: the model says {says_two:.2f}x, measured {ratio:.2f}x; ", end="")
                print("with the database on cores of its own it says 2.00x")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
    raise SystemExit(0 if kept else 1)


def show(kind: str, of: dict[str, Costs], says: Costs, is_so: Costs, rates: list[dict[str, Any]]) -> None:
    print(f"{kind}: CPU-ms of the worker, of the server, bytes kept")
    for name, one in of.items():
        print(f"  {name:8}{one.worker_ms:8.2f}{one.server_ms:8.2f}{one.kept:10,.0f}")
    print(f"  12 steps, 4 calls: the model says {says.worker_ms:.1f} ms, measured {is_so.worker_ms:.1f} ms")
    for one in rates:
        print(
            f"  {one['runs_per_second']:5} runs/s of 5 steps, 2 calls: {one['worker_cores']:8.2f} cores of workers, "
            f"{one['database_cores']:8.2f} of the database, {one['gigabytes_a_day']:8.2f} GB a day"
        )


if __name__ == "__main__":
    main()
