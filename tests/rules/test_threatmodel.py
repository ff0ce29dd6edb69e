"""The threat model names tests; each of them exists, and every boundary names at least one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "THREATMODEL.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
BOUNDARIES = re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_named_in_the_threat_model_exists(path: str, name: str) -> None:
    file = ROOT / path
    assert file.is_file(), f"{path} is not there; name the test that guards this boundary now"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=lambda text: text.splitlines()[0])
def test_every_boundary_says_what_guards_it_and_what_is_left_over(boundary: str) -> None:
    title = boundary.splitlines()[0]
    if title == "Not there yet":
        return
    rows = [line for line in boundary.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert rows
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 3, row
        assert "::" in cells[2], f"{title}: no test guards {cells[0]!r}"
    assert "Left over:" in boundary or title == "Library"
