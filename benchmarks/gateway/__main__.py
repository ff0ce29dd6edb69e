"""What the gateway adds to a call: calls a second, CPU, time, memory; beside peers and beside no gateway at all.

    python -m benchmarks.gateway --peers litellm,portkey --seconds 10

The gateway runs on one core, the load and the provider on the other. Each round starts every contender anew, so figures
of one round saw the same machine; medians of the rounds are printed. Correctness comes first: no overspend when
processes are killed, no row lost. See the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.gateway.contenders import CONTENDERS, Bench
from benchmarks.gateway.correctness import lost_rows, overspend
from benchmarks.gateway.measuring import SCENES, measure
from benchmarks.gateway.processes import Upstream
from benchmarks.gateway.report import print_correctness, print_figures

PEERS = Path.home() / ".cache" / "tiebeam-peers"


def rounds(bench: Bench, names: list[str], given: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(given.rounds):
        for name in names:
            print(f"round {number + 1} of {given.rounds}: {name}", file=sys.stderr, flush=True)
            try:
                found[name].append(measure(bench, name, seconds=given.seconds))
            except SystemExit as problem:
                print(f"  {problem}", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="litellm,portkey; none unless told")
    parser.add_argument("--peer-folder", type=Path, default=PEERS, help=f"where they are installed [default: {PEERS}]")
    parser.add_argument("--seconds", type=float, default=10, help="for each of the scenes")
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 11))
    parser.add_argument("--only", choices=("correctness", "speed"))
    parser.add_argument("--race-usd", default="0.5", help="the ceiling that 200 writers race for")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    names = ["direct", "tiebeam", *(one for one in given.peers.split(",") if one)]
    for name in names:
        if name not in CONTENDERS:
            raise SystemExit(f"there is no peer {name!r}; the peers are litellm and portkey")
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_before": os.getloadavg(),
    }
    with tempfile.TemporaryDirectory(prefix="tiebeam-gateway-bench-") as folder:
        scratch = Path(folder)
        upstream = Upstream(scratch / "upstream.log")
        try:
            if given.only != "speed":
                found["correctness"] = {
                    "overspend": overspend(scratch, upstream, usd=given.race_usd),
                    "lost_rows": lost_rows(scratch, upstream),
                }
                print_correctness(found["correctness"])
            if given.only != "correctness":
                bench = Bench.of(scratch, upstream, given.peer_folder)
                found["rounds"] = rounds(bench, names, given)
                print_figures(found["rounds"], scenes=list(SCENES))
        finally:
            upstream.stop()
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
