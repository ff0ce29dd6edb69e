"""The guide to scaling out, really run: workers and console replicas as their own processes on one PostgreSQL.

    python -m benchmarks.runtime.scale_out [--workers 3] [--consoles 2] [--runs 300]

Starts a PostgreSQL that flushes, a workspace whose steps come from an installed package, `tiebeam worker` and `tiebeam
serve --no-worker` processes with their probes; gives them runs; kills one worker by SIGKILL and ends another by SIGTERM
while they work; and checks that every run ended once, that all consoles answered meanwhile, and what the probes say.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.builders.databases import PostgresServer
from tests.builders.runtime_work import begin_many, open_bench, recipe_of

from benchmarks.gateway.processes import free_port
from benchmarks.runtime.databases import DURABLE
from benchmarks.runtime.processes import ROOT

PLUGIN = """
import time
from pathlib import Path
from tests.builders.runtime_work import Receiver, step_codes
codes = step_codes(Receiver(Path({calls!r})), before=lambda call: time.sleep(0.02), writes=True)
"""

_TIEBEAM = "from tiebeam.cli import main; main()"


@dataclass
class Part:
    """A process of the installation and where its probes are."""

    name: str
    process: subprocess.Popen[bytes]
    probes: int

    def ask(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.probes}{path}", timeout=10) as answer:
            return answer.read().decode()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.ask("/ready")
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.name} ended with {self.process.returncode}") from None
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"{self.name} is not ready after a minute")

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)


def install_steps(folder: Path, calls: Path) -> None:
    """A package as pip would leave it: a module, and beside it what says which steps it brings."""
    folder.mkdir()
    (folder / "bench_steps.py").write_text(PLUGIN.format(calls=str(calls)), encoding="utf-8")
    known = folder / "bench_steps-1.0.dist-info"
    known.mkdir()
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-steps\nVersion: 1.0\n", encoding="utf-8")
    (known / "entry_points.txt").write_text("[tiebeam.steps]\nbench = bench_steps:codes\n", encoding="utf-8")


def begin_part(name: str, words: list[str], environment: dict[str, str], scratch: Path) -> Part:
    probes = free_port()
    with (scratch / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _TIEBEAM, *words, "--health-port", str(probes)],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    return Part(name, process, probes)


def states(url: str) -> Counter[str]:
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        found = Counter(conn.exec_driver_sql("SELECT state FROM run").scalars())
    engine.dispose()
    return found


def installation(
    given: argparse.Namespace, workspace: Path, environment: dict[str, str], scratch: Path
) -> tuple[list[Part], list[Part]]:
    where = ["--workspace", str(workspace)]
    workers = [begin_part(f"worker-{n}", ["worker", *where], environment, scratch) for n in range(given.workers)]
    serve = ["serve", "--no-worker", *where]
    consoles = [
        begin_part(f"console-{n}", [*serve, "--port", str(free_port())], environment, scratch)
        for n in range(given.consoles)
    ]
    for part in [*workers, *consoles]:
        part.wait_until_ready()
    return workers, consoles


def work_through(given: argparse.Namespace, url: str, workers: list[Part], consoles: list[Part]) -> dict[str, Any]:
    """Kill one, end one, and watch the rest until nothing is left."""
    begun, asked = time.monotonic(), 0
    time.sleep(1.0)
    workers[0].end(signal.SIGKILL)
    ended = workers[1].end(signal.SIGTERM) if len(workers) > 2 else None
    while time.monotonic() - begun < 180:
        for console in consoles:
            json.loads(console.ask("/ready"))
            asked += 1
        left = states(url)
        if not left["queued"] and not left["running"]:
            return {"seconds": time.monotonic() - begun, "states": dict(left), "answers": asked, "sigterm_exit": ended}
        time.sleep(0.2)
    raise SystemExit(f"not finished after three minutes: {states(url)}")


def checked(url: str, calls: Path) -> dict[str, int]:
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        twice = "SELECT count(*) FROM (SELECT key FROM bench_written GROUP BY key HAVING count(*) > 1) AS twice"
        found = {
            "db_twice": conn.exec_driver_sql(twice).scalar_one(),
            "in_doubt": conn.exec_driver_sql("SELECT count(*) FROM engine_effect WHERE state = 'intent'").scalar_one(),
            "asked": conn.exec_driver_sql("SELECT count(*) FROM task WHERE state = 'open'").scalar_one(),
        }
    engine.dispose()
    seen = Counter(calls.read_text(encoding="utf-8").split())
    return {**found, "paid_twice": sum(number > 1 for key, number in seen.items() if key.endswith(":s4"))}


def scale_out(given: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    calls, plugin, workspace = scratch / "calls", scratch / "site", scratch / "workspace"
    install_steps(plugin, calls)
    with PostgresServer(DURABLE) as server:
        url = server.create()
        app = open_bench(workspace, url, receiver=calls)
        paths = os.pathsep.join([str(plugin), str(ROOT / "src"), str(ROOT)])
        environment = {"TIEBEAM_DATABASE_URL": url, "PYTHONPATH": paths}
        workers, consoles = installation(given, workspace, environment, scratch)
        try:
            begin_many(app, recipe_of("mixed"), given.runs, in_one=50)
            app.close()
            found = work_through(given, url, workers, consoles) | checked(url, calls)
            found["metrics"] = [
                line for line in consoles[0].ask("/metrics").splitlines() if line.startswith("tiebeam_")
            ]
        finally:
            for part in [*workers, *consoles]:
                if part.process.poll() is None:
                    part.end(signal.SIGTERM)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=3, choices=range(2, 9))
    parser.add_argument("--consoles", type=int, default=2, choices=range(1, 5))
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebeam-scale-out-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        found = scale_out(given, scratch)
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(f"{given.workers} workers, {given.consoles} consoles, one PostgreSQL; one worker killed, one ended:")
    print(f"  {found['states']} after {found['seconds']:.1f} s; consoles answered {found['answers']} times")
    print(f"  written twice {found['db_twice']}, paid twice {found['paid_twice']}")
    print(f"  payments in doubt {found['in_doubt']}, asked about {found['asked']}")
    print(f"  the worker ended by SIGTERM left with {found['sigterm_exit']}")
    for line in found["metrics"][:12]:
        print(f"    {line}")
    sound = not found["db_twice"] and not found["paid_twice"] and sum(found["states"].values()) == given.runs
    raise SystemExit(0 if sound else 1)


if __name__ == "__main__":
    main()
