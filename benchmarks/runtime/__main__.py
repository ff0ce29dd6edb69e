"""What the runtime costs and survives, beside LangGraph and DBOS in the same run.

    python -m benchmarks.runtime [--quick] [--json FILE] [--only ROW]

Peers live in a virtual environment of their own, which is made when it is missing; `--no-peers` leaves them out. See
the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.runtime import faults, speed, waiting
from benchmarks.runtime.bench import Bench, Make
from benchmarks.runtime.peers import prepared, versions
from benchmarks.runtime.report import print_row

PEERS = Path.home() / ".cache" / "tiebeam-peers" / "runtime"
ROWS: dict[str, Make] = {
    "five": speed.five,
    "twelve": speed.twelve,
    "bytes": speed.storage,
    "two-workers": speed.two_workers,
    "decision": waiting.latency,
    "parked": waiting.parked,
    "kills": faults.kills,
    "takeover": faults.takeover,
    "fairness": faults.fairness,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller scenes, one round: about five minutes")
    parser.add_argument("--only", action="append", choices=list(ROWS), help="a row; may be given several times")
    parser.add_argument("--rounds", type=int, choices=range(1, 10), help="medians of so many [default: 3; quick: 1]")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peer-folder", type=Path, default=PEERS, help=f"[default: {PEERS}]")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    python = None if given.no_peers else prepared(given.peer_folder)
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load_before": os.getloadavg(),
        "peers": {} if python is None else versions(python),
        "rows": {},
    }
    with tempfile.TemporaryDirectory(prefix="tiebeam-runtime-bench-") as folder:
        bench = Bench(Path(folder), given.quick, given.rounds or (1 if given.quick else 3), python)
        bench.scratch.chmod(0o755)
        for name in given.only or ROWS:
            print(f"{name} …", file=sys.stderr, flush=True)
            row = ROWS[name](bench)
            found["rows"][name] = asdict(row)
            print_row(row)
            if given.json is not None:
                given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
