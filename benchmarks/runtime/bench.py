"""What a row of the benchmark is given, and what it gives back."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.runtime.databases import Databases, databases_of
from benchmarks.runtime.processes import Child, ours


@dataclass(frozen=True)
class Bench:
    """`quick` asks for fewer and smaller scenes; `python` is the peers', None when they are left out."""

    scratch: Path
    quick: bool
    rounds: int
    python: Path | None

    @contextmanager
    def databases(self, kind: str) -> Iterator[Databases]:
        with databases_of(kind, self.folder()) as found:
            yield found

    def folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def amount(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole


@dataclass
class Row:
    """A line of the table. `kept` is None where nothing could be compared."""

    name: str
    must: str
    seen: str
    kept: bool | None
    figures: dict[str, Any] = field(default_factory=dict[str, Any])


def place_of(bench: Bench, url: str, **more: Any) -> dict[str, Any]:
    """What a scene of ours needs: a folder for its workspace and the database."""
    return {"folder": str(bench.folder() / "workspace"), "url": url, **more}


def measured(child: Child, databases: Databases | None = None) -> dict[str, float]:
    """Let a program that is ready do its work; with what the database's server used meanwhile."""
    child.line()
    before = 0.0 if databases is None else databases.cpu_seconds()
    child.tell()
    found = child.line()
    if databases is not None:
        found["server_cpu"] = databases.cpu_seconds() - before
    child.close()
    return found


def did(bench: Bench, scene: str, given: dict[str, Any]) -> dict[str, Any]:
    """A scene of ours from its start to its end."""
    return measured(ours(scene, given, scratch=bench.scratch))


def median_of(rounds: list[dict[str, float]], runs: int) -> dict[str, float]:
    """Runs a second, and milliseconds of CPU a run: the program's, and the database server's."""
    return {
        "runs_per_second": runs / statistics.median(one["wall"] for one in rounds),
        "cpu_ms": statistics.median(one["cpu"] for one in rounds) / runs * 1000,
        "server_cpu_ms": statistics.median(one.get("server_cpu", 0.0) for one in rounds) / runs * 1000,
    }


Make = Callable[[Bench], Row]
