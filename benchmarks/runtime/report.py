"""The table, as text."""

from __future__ import annotations

import textwrap

from benchmarks.runtime.bench import Row

_WORDS = {True: "kept", False: "MISSED", None: "-"}


def print_row(row: Row) -> None:
    print(f"{_WORDS[row.kept]:7} {row.name}: {row.must}", flush=True)
    print(textwrap.fill(row.seen, 140, initial_indent=" " * 8, subsequent_indent=" " * 8), flush=True)
    for kind, contenders in (row.figures.get("by") or {}).items():
        for name, one in contenders.items():
            if isinstance(one, dict) and "cpu_ms" in one:
                print(
                    f"        {kind:11}{name:24}{one['runs_per_second']:8.1f} runs/s{one['cpu_ms']:8.1f} CPU-ms a run"
                    f"{one['server_cpu_ms']:8.1f} of the server"
                )
