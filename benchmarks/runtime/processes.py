"""Programs of the benchmark as children: started with JSON, read for one line of JSON, measured through /proc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Failed(Exception):
    """A program of the benchmark ended without a result."""


class Child:
    """A program that prints lines of JSON; it is ended by its own id."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._log = log
        self._errors = log.open("ab")
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths, **(environment or {})},
        )

    @property
    def id(self) -> int:
        return self.process.pid

    def line(self) -> dict[str, Any]:
        """The next line it says. Raises Failed with the end of its log when it says nothing more."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            self.close()
            end = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise Failed(f"{' '.join(self.process.args[:4])} ended with {self.process.returncode}: {end}")  # type: ignore[index]
        return json.loads(said)

    def tell(self, word: str = "go") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self, timeout: float = 60) -> int:
        """Let it end; after `timeout` seconds it is killed."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()
        return code


def ours(scene: str, given: Mapping[str, Any], *, scratch: Path) -> Child:
    """A program of Tiebeam's side; see `ours.py`."""
    command = [sys.executable, "-m", "benchmarks.runtime.ours", scene, json.dumps(dict(given))]
    return Child(command, scratch / f"ours-{scene}.log")


def result(child: Child) -> dict[str, Any]:
    """Its first line, once it has ended."""
    said = child.line()
    child.close()
    return said


def cpu_of(process_id: int) -> float:
    """Seconds on a core of a process's threads, and of children it has waited for."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    words = text.rpartition(")")[2].split()
    return sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")


def own_memory(process_id: int) -> float:
    """Megabytes of memory that are this process's alone and not of a file."""
    for line in Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0
