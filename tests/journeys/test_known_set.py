"""The shared set of 249 invoices with its ground truth, through the command line, in an empty workspace."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.builders.shared_data import shared_data
from tiebeam.cli.main import run_cli


# ids: CA-05
def test_decisions_labels_and_orders_are_those_of_the_ground_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = shared_data("p2p", "generated")
    monkeypatch.delenv("TIEBEAM_DATABASE_URL", raising=False)
    workspace, out = tmp_path / "company", tmp_path / "out.jsonl"
    assert run_cli(["init", str(workspace), "--example", "empty"]) == 0
    arguments = ["run", "finance.invoice-processing-matching", str(given / "invoices"), "--jsonl", str(out)]
    sources = ("orders=purchase_orders", "receipts=receipts", "suppliers=suppliers.csv", "policy=policy.json")
    for pair in sources:
        name, place = pair.split("=")
        arguments += ["--with", f"{name}={given / place}"]
    assert run_cli([*arguments, "--workspace", str(workspace)]) == 0
    truth = [json.loads(line) for line in (given / "truth" / "ground_truth.jsonl").read_text().splitlines()]
    found = {row["document"]: row for row in map(json.loads, out.read_text().splitlines())}
    with (given / "inbox.csv").open(newline="") as lines:
        printed = {row["doc_id"] for row in csv.DictReader(lines) if row["file"].endswith(".pdf")}
    wrong = [row["doc_id"] for row in truth if not agrees(found[row["doc_id"]], row)]
    assert [name for name in wrong if name not in printed] == []
    assert len(wrong) <= len(printed) * 0.03
    stopped = {row["doc_id"] for row in truth if row["expected_decision"] in {"hold", "reject"}}
    assert [name for name in stopped if found[name]["decision"] == "auto_pay"] == []


def agrees(found: dict[str, object], truth: dict[str, object]) -> bool:
    labels = truth["labels"]
    assert isinstance(labels, list)
    return (
        found["decision"] == truth["expected_decision"]
        and found["labels"] == sorted(labels)
        and found["matched_order"] == truth["matched_po"]
    )
