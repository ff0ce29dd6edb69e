"""A million calls through one gateway: does its memory stay flat, and is every call in the ledger?

    python -m benchmarks.gateway.soak [--requests 1000000] [--json OUT]

Memory is read every second. The slope is that of a straight line through the second half, when caches are full; a leak
of one small object a call (64 bytes) would be 64 MB for a million.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.gateway.contenders import gateway_of
from benchmarks.gateway.load import Seen
from benchmarks.gateway.processes import Upstream, start_load
from benchmarks.gateway.workspaces import make_key, make_workspace, totals

FLAT_MB = 5.0
"""More than this by a straight line over the second half, and memory is not flat."""


def soak(scratch: Path, *, requests: int, concurrency: int) -> dict[str, Any]:
    upstream = Upstream(scratch / "upstream.log")
    try:
        workspace = make_workspace(scratch / "workspace", port=upstream.port)
        gateway = gateway_of(workspace, make_key(workspace), log=scratch / "gateway.log")
        gateway.wait()
        first = upstream.counts()["begun"]
        limit = 60 + requests / 200
        work = replace(gateway.work(concurrency=concurrency), count=requests, give_up_seconds=limit)
        seen, memory = _watched(work, gateway.server, upstream)
        gateway.stop()
        began = upstream.counts()["begun"]
        kept = totals(workspace)
    finally:
        upstream.stop()
    half = memory[len(memory) // 2 :]
    return {
        "answers": seen.all_answers,
        "others": seen.others,
        "seconds": round(seen.seconds, 1),
        "upstream_calls": began,
        "rows": kept["requests"],
        "rows_missing": max(0, seen.all_answers + first - kept["requests"]),
        "mb_first": memory[0][1] if memory else 0.0,
        "mb_last": memory[-1][1] if memory else 0.0,
        "mb_most": max((mb for _, mb in memory), default=0.0),
        "mb_by_line_over_second_half": round(_slope(half) * _span(half), 2),
        "mb_by_line_a_million": round(_slope(half) * 1_000_000, 2),
    }


def _watched(work: Any, server: Any, upstream: Upstream) -> tuple[Seen, list[tuple[int, float]]]:
    """What was answered, and memory in MB by how many calls had been made."""
    running, memory = start_load(work), []
    while running.poll() is None:
        time.sleep(1)
        if server.process.poll() is not None:
            break
        memory.append((upstream.counts()["begun"], server.rss_mb()))
    return Seen(**json.loads(running.communicate()[0])), memory


def _slope(points: list[tuple[int, float]]) -> float:
    """MB a call, by least squares."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _span(points: list[tuple[int, float]]) -> int:
    return points[-1][0] - points[0][0] if points else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebeam-gateway-soak-") as folder:
        found = soak(Path(folder), requests=given.requests, concurrency=given.concurrency)
    for name, value in found.items():
        print(f"{name:30}{value}")
    is_flat = found["mb_by_line_over_second_half"] <= FLAT_MB
    print(f"memory is {'flat' if is_flat else 'not flat'}; rows missing: {found['rows_missing']}")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
