"""One small house for the console's tests: the example company with some of its invoices worked on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.workspaces import make_workspace, opened, take_in
from tiebeam.app import App

WANTED = {"auto_pay": 3, "hold": 14, "manager_approval": 2, "reject": 1, "unreadable": 1}


def keep_some(data: Path) -> None:
    """Leave a few invoices of each decision in the inbox, in their order of arrival."""
    left = dict(WANTED)
    kept: set[str] = set()
    for line in (data / "expected.jsonl").read_text("utf-8").splitlines():
        expected: dict[str, Any] = json.loads(line)
        wanted = expected["decision"]
        if wanted == "hold" and expected["labels"] == ["bank_detail_change"] and left["hold"] < 5:
            continue
        if left.get(wanted, 0) > 0:
            left[wanted] -= 1
            kept.add(expected["document"])
    with (data / "inbox.csv").open(encoding="utf-8") as listed:
        for row in csv.DictReader(listed):
            if row["doc_id"] not in kept:
                (data / row["file"]).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("house") / "company"
    make_workspace(folder, example="harbour-tools")
    keep_some(folder / "data")
    with opened(folder, work=True) as house:
        take_in(house, folder / "data" / "inbox")
        yield house
