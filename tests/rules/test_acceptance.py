"""The acceptance table is whole, and nothing counts as done without a test that says so."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.builders.shared_data import shared_data
from tests.rules.source_tree import ROOT

TABLE: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/reference/acceptance.toml").read_text(encoding="utf-8"))
# How many promises there are of each kind; they are numbered from one without gaps.
COUNTS = {"EC-": 30, "CA-": 18, "WF-": 15, "HO-": 12, "PA-": 14, "DX-": 24} | {
    "A": 9,
    "B": 24,
    "C": 15,
    "D": 21,
    "E": 13,
    "F": 12,
    "G": 4,
}


def test_the_table_names_every_promise_once() -> None:
    wide = {prefix: 2 if prefix.endswith("-") else 1 for prefix in COUNTS}
    expected = {f"{prefix}{n:0{wide[prefix]}}" for prefix, count in COUNTS.items() for n in range(1, count + 1)}

    assert set(TABLE) == expected


def test_the_table_misses_no_promise_of_the_mission() -> None:
    mission = shared_data().parent / "mission"
    if not mission.is_dir():
        pytest.skip("needs the mission files beside the checkout")
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(mission.glob("*.md")))

    assert set(re.findall(r"^\| ([A-Z]+-?\d+) \|", text, re.MULTILINE)) - set(TABLE) == set()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_promise_has_a_known_status_and_says_what_it_is(name: str) -> None:
    entry = TABLE[name]

    assert set(entry) == {"about", "status", "tests"}
    assert entry["status"] in {"done", "partly", "not-yet"}
    assert entry["about"]
    assert len(entry["about"]) < 100


@pytest.mark.parametrize("name", sorted(name for name, entry in TABLE.items() if entry["status"] != "not-yet"))
def test_a_promise_kept_has_tests_that_exist_and_cite_it(name: str) -> None:
    tests = TABLE[name]["tests"]

    assert tests, f"{name} is marked {TABLE[name]['status']}, but names no test"
    problems = [problem for test in tests if (problem := what_is_wrong(ROOT, test=test, promise=name))]
    assert problems == []


def test_the_check_fails_on_a_missing_file_a_missing_test_and_a_missing_citation(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_b() -> None:\n    '''ids: WF-10'''\n", encoding="utf-8")

    assert what_is_wrong(tmp_path, test="test_a.py::test_b", promise="WF-10") is None
    assert what_is_wrong(tmp_path, test="test_a.py", promise="WF-10") is None
    assert "no file" in (what_is_wrong(tmp_path, test="test_z.py", promise="WF-10") or "")
    assert "no test" in (what_is_wrong(tmp_path, test="test_a.py::test_c", promise="WF-10") or "")
    assert "cite" in (what_is_wrong(tmp_path, test="test_a.py::test_b", promise="WF-1") or "")


def what_is_wrong(root: Path, *, test: str, promise: str) -> str | None:
    file, _, function = test.partition("::")
    path = root / file
    if not path.is_file():
        return f"there is no file {file!r}"
    text = path.read_text(encoding="utf-8")
    names = {
        node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if function and function.partition("[")[0] not in names:
        return f"{file!r} has no test {function!r}"
    if not re.search(rf"(?<![\w-]){re.escape(promise)}(?![\w-])", text):
        return f"{file!r} does not cite {promise}"
    return None
