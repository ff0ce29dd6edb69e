"""docs/reference/acceptance.md: the table of promises and their tests."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from reference.source import page, table

TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "acceptance.toml"

GROUPS = {
    "EC": "Economics: figures and rules",
    "CA": "Catalogue",
    "WF": "Workflow",
    "HO": "Workforce",
    "PA": "Distribution",
    "DX": "Diagnosis",
    "A": "Capabilities: whole system",
    "B": "Capabilities: workflow",
    "C": "Capabilities: workforce",
    "D": "Capabilities: economics",
    "E": "Capabilities: distribution",
    "F": "Capabilities: diagnosis",
    "G": "Capabilities: interfaces",
}


def render() -> str:
    promises: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    states = Counter(entry["status"] for entry in promises.values())
    counted = ", ".join(f"{states[state]} {state}" for state in ("done", "partly", "not-yet"))
    return page(
        "Acceptance",
        f"What Tiebeam promises, id by id: {counted}, of {len(promises)}. A promise counts as done only with a test "
        "that exists and cites its id; a check enforces it.",
        *[_group(prefix, title, promises) for prefix, title in GROUPS.items()],
    )


def _group(prefix: str, title: str, promises: dict[str, dict[str, Any]]) -> list[str]:
    rows = [
        (name, entry["about"], entry["status"], " ".join(f"`{test}`" for test in entry["tests"]))
        for name, entry in promises.items()
        if name.rstrip("0123456789").rstrip("-") == prefix
    ]
    return [f"## {title}", "", *table(("id", "promise", "status", "tests"), rows)]
