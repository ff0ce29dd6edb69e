"""Processes that are killed, and a neighbour with a very long queue."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tests.builders.runtime_work import EFFECTS, LINES

from benchmarks.runtime.bench import Bench, Row, did, place_of
from benchmarks.runtime.processes import Child, ours

HEARTBEAT = 3.0
"""Seconds of silence after which a worker counts as dead in these rows."""
OPEN = ("queued", "running")


def started(worker: Child) -> Child:
    """Past its opening and told to work."""
    worker.line()
    worker.tell()
    worker.line()
    return worker


def states(bench: Bench, given: dict[str, Any]) -> Counter[str]:
    return Counter({name: int(number) for name, number in did(bench, "counts", given).items()})


def wait_until_idle(bench: Bench, given: dict[str, Any], *, seconds: float = 120) -> Counter[str]:
    """Until no run is queued or running; how many are in each state then."""
    deadline = time.perf_counter() + seconds
    while True:
        found = states(bench, given)
        if not any(found[name] for name in OPEN) or time.perf_counter() > deadline:
            return found


def kills(bench: Bench) -> Row:
    """A worker at eight runs at once is killed by SIGKILL at twenty moments; then a last one ends the work."""
    times, runs = bench.amount(20, 5), bench.amount(600, 250)
    found: dict[str, Any] = {}
    for kind in ("sqlite", "postgresql"):
        with bench.databases(kind) as databases:
            calls = bench.folder() / "calls"
            given = place_of(bench, databases.fresh(), recipe="mixed", receiver=str(calls))
            given |= {"heartbeat_timeout": HEARTBEAT, "pause": 0.01, "pause_after": 0.1}
            did(bench, "fill", given | {"runs": runs})
            found[kind] = _killed(bench, given, times) | _outcome(bench, given, calls, runs)
    sound = all(
        not any(one[name] for name in ("lost", "db_twice", "at_most_once_twice", "calls_of_other_keys", "unasked"))
        for one in found.values()
    )
    seen = "; ".join(
        f"{kind}: {one['kills']} kills, lost {one['lost']}, db twice {one['db_twice']}, at most once twice "
        f"{one['at_most_once_twice']}, ambiguous {one['ambiguous']} all asked about: {not one['unasked']}, "
        f"idempotent calls repeated under their key {one['idempotent_repeated']}"
        for kind, one in found.items()
    )
    must = "0 lost, 0 duplicated db or idempotent effects, every ambiguous effect in review"
    return Row(f"{times} x kill -9", must, seen, sound, found)


def _killed(bench: Bench, given: dict[str, Any], times: int) -> dict[str, int]:
    dice, killed = random.Random(20260302), 0
    for _ in range(times):
        worker = started(ours("worker", given, scratch=bench.scratch))
        time.sleep(dice.uniform(0.2, 0.8))
        worker.kill()
        killed += 1
    last = started(ours("worker", given, scratch=bench.scratch))
    wait_until_idle(bench, given)
    last.tell("stop")
    last.close()
    return {"kills": killed}


def _outcome(bench: Bench, given: dict[str, Any], calls: Path, runs: int) -> dict[str, int]:
    """What the receiver counted, beside what our rows say."""
    seen = Counter(calls.read_text(encoding="utf-8").split())
    letters = {f"s{place}": letter for place, letter in enumerate(LINES["mixed"], start=1)}
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for key, number in seen.items():
        by_kind[letters.get(key.rpartition(":")[2], "?")][key] = number
    told = did(bench, "audit", given)
    return {
        "runs": runs,
        "lost": runs - told["done"] - told["asked"],
        "db_twice": told["db_twice"],
        "idempotent_repeated": sum(number - 1 for number in by_kind["i"].values()),
        "at_most_once_twice": sum(number > 1 for number in by_kind["a"].values()),
        "calls_of_other_keys": sum(by_kind["?"].values()),
        "ambiguous": told["ambiguous"],
        "unasked": told["ambiguous"] - told["asked"],
    }


def takeover(bench: Bench) -> Row:
    """Two workers share a backlog; one is killed, and each run it held must go on elsewhere."""
    runs = bench.amount(300, 150)
    found: dict[str, dict[str, float]] = {}
    for kind in ("sqlite", "postgresql"):
        with bench.databases(kind) as databases:
            log = bench.folder() / "steps"
            given = place_of(bench, databases.fresh(), recipe="five", log=str(log))
            given |= {"heartbeat_timeout": HEARTBEAT, "pause": 0.2}
            did(bench, "fill", given | {"runs": runs})
            first, second = [started(ours("worker", given, scratch=bench.scratch)) for _ in range(2)]
            time.sleep(1.5)
            first.kill()
            killed_at = time.monotonic()
            left = wait_until_idle(bench, given, seconds=60)
            second.tell("stop")
            second.close()
            found[kind] = _resumed(log, first.id, killed_at) | {"pending": sum(left[name] for name in OPEN)}
    kept = all(one["slowest"] <= 2 * HEARTBEAT and not one["pending"] for one in found.values())
    seen = "; ".join(
        f"{kind}: {one['held']} held, resumed within {one['slowest']:.1f} s, pending {one['pending']}"
        for kind, one in found.items()
    )
    must = f"all its runs resumed within 2x heartbeat timeout ({2 * HEARTBEAT:.0f} s), 0 pending after 60 s"
    return Row("kill one of two workers", must, seen, kept, found)


def _resumed(log: Path, killed: int, killed_at: float) -> dict[str, float]:
    """By the log of steps: what the killed worker held, and when the next step of each began elsewhere."""
    last: dict[str, tuple[int, str]] = {}
    after: dict[str, float] = {}
    for line in log.read_text(encoding="ascii").splitlines():
        moment, process, run, step = line.split()
        if float(moment) <= killed_at:
            last[run] = (int(process), step)
        else:
            after.setdefault(run, float(moment))
    final = f"s{len(LINES['five'])}"
    held = [run for run, (process, step) in last.items() if process == killed and (step != final or run in after)]
    waits = [after.get(run, killed_at + 999) - killed_at for run in held]
    return {"held": len(held), "slowest": max(waits, default=0.0)}


def fairness(bench: Bench) -> Row:
    """How soon another team's run begins, on an empty queue and behind a backlog of one team."""
    backlog, probes = bench.amount(50_000, 3000), bench.amount(30, 10)
    found: dict[str, Any] = {"backlog": backlog}
    for kind in ("sqlite", "postgresql"):
        with bench.databases(kind) as databases:
            log = bench.folder() / "steps"
            given = place_of(bench, databases.fresh(), recipe="one", log=str(log), pause=0.01)
            empty = _probed(bench, given, probes, log)
            did(bench, "fill", given | {"runs": backlog, "team": "team-busy"})
            found[kind] = {"empty_ms": empty, "behind_ms": _probed(bench, given, probes, log)}
    ratios = {kind: found[kind]["behind_ms"] / found[kind]["empty_ms"] for kind in ("sqlite", "postgresql")}
    seen = "; ".join(
        f"{kind} {found[kind]['empty_ms']:.0f} -> {found[kind]['behind_ms']:.0f} ms: {ratio:.1f}x"
        for kind, ratio in ratios.items()
    )
    kept = all(ratio < 2 for ratio in ratios.values())
    return Row(f"one team enqueues {backlog:,} runs", "another team's run starts < 2x slower", seen, kept, found)


def _probed(bench: Bench, given: dict[str, Any], probes: int, log: Path) -> float:
    """Median milliseconds from the commit of a start to the begin of its step; `pause` stands for a step's work."""
    worker = started(ours("worker", given, scratch=bench.scratch))
    time.sleep(1)
    begun = did(bench, "probe", given | {"runs": probes, "team": "team-small", "rest": 2.0})["started"]
    worker.kill()
    first: dict[str, float] = {}
    for line in log.read_text(encoding="ascii").splitlines():
        moment, _, run, _ = line.split()
        first.setdefault(run, float(moment))
    waits = sorted((first.get(run, moment + 99) - moment) * 1000 for run, moment in begun.items())
    return waits[len(waits) // 2]


assert set(LINES["mixed"]) == set(EFFECTS)  # every kind of effect is killed
