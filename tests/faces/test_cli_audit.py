"""The journal and its evidence at the command line (ids: B14, F12, G1)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.workspaces import opened, take_in
from tests.faces.papers import write_invoices
from tests.faces.terminal import Terminal

Here = tuple[str, Path]


@pytest.fixture
def company(workspace: Path, tmp_path: Path) -> Path:
    papers = write_invoices(tmp_path / "papers", "R-1")
    with opened(workspace, work=True) as app:
        take_in(app, papers / "R-1.xml")
    return workspace


@pytest.fixture
def here(company: Path) -> Here:
    return "--workspace", company


def a_run(tiebeam: Terminal, here: Here) -> str:
    return tiebeam("runs", "list", "--json", *here).json["items"][0]["id"]


def test_the_workspaces_journal_is_verified_with_and_without_anchors(
    tiebeam: Terminal, here: Here, company: Path
) -> None:
    alone = tiebeam("journal", "verify", "--json", *here)
    assert (alone.code, alone.json["sound"], alone.json["proven_by"]) == (0, True, None)
    assert "nothing proves them" in tiebeam("journal", "verify", *here).out
    made = tiebeam("journal", "anchor", "--json", *here)
    assert (made.code, made.json["places"][0]["number"]) == (0, made.json["last"]["number"])
    kept = company / ".tiebeam" / "anchors.jsonl"
    proven = tiebeam("journal", "verify", "--anchors", kept, "--json", *here)
    assert (proven.code, proven.json["proven_by"]["number"]) == (0, made.json["last"]["number"])
    assert "anchor" in tiebeam("journal", "anchors", *here).out


def test_a_changed_journal_exits_with_one_and_broken_anchors_with_two(
    tiebeam: Terminal, here: Here, company: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("hello\n")
    assert tiebeam("journal", "verify", "--anchors", broken, *here).code == 2
    with opened(company) as app, app.store.unit() as unit:
        unit.conn.execute(sa.text("UPDATE journal_entry SET actor = 'person:nobody' WHERE seq = 1"))
    said = tiebeam("journal", "verify", "--json", *here)
    assert said.code == 1
    assert {one["code"] for one in said.json["findings"]} == {"entry-altered"}
    assert "NOT SOUND" in tiebeam("journal", "verify", *here).out


def test_an_export_is_verified_without_any_workspace(tiebeam: Terminal, here: Here, company: Path) -> None:
    tiebeam("journal", "anchor", *here)
    made = tiebeam("journal", "export", "out.jsonl", "--json", *here)
    assert made.code == 0, made.err
    kept = company / ".tiebeam" / "anchors.jsonl"
    said = tiebeam("journal", "verify", "out.jsonl", "--anchors", kept, "--json")
    assert (said.code, said.json["scope"]) == (0, "all")
    assert said.json["counts"]["entries"] > 5
    Path("out.jsonl").write_bytes(Path("out.jsonl").read_bytes().replace(b"run.started", b"run.starred", 1))
    assert tiebeam("journal", "verify", "out.jsonl", "--anchors", kept).code == 1
    assert tiebeam("journal", "verify", "nothing.jsonl").code == 2
    Path("other.jsonl").write_text("{}\n")
    assert tiebeam("journal", "verify", "other.jsonl", "--json").json["sound"] is False
    exports = tiebeam("journal", "list", "--kind", "journal.exported", "--json", *here).json
    assert exports[0]["payload"]["sha256"] == made.json["sha256"]


def test_fields_are_withheld_and_the_export_still_verifies(tiebeam: Terminal, here: Here, company: Path) -> None:
    tiebeam("journal", "anchor", *here)
    done = tiebeam("journal", "export", "out.jsonl", "--withhold", "actor", "--withhold", "subject", *here)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    entries = [line for line in lines if line["type"] == "entry"]
    assert all("actor" not in line and "subject" not in line["payload"] for line in entries)
    said = tiebeam("journal", "verify", "out.jsonl", "--anchors", company / ".tiebeam" / "anchors.jsonl", "--json")
    assert (said.code, said.json["counts"]["withheld"] >= len(entries)) == (0, True)


def test_a_part_is_exported_with_its_proofs(tiebeam: Terminal, here: Here, company: Path) -> None:
    run = a_run(tiebeam, here)
    tiebeam("journal", "anchor", *here)
    assert tiebeam("journal", "export", "part.jsonl", "--stream", f"run:{run}", *here).code == 0
    said = tiebeam("journal", "verify", "part.jsonl", "--anchors", company / ".tiebeam" / "anchors.jsonl", "--json")
    assert (said.code, said.json["scope"]) == (0, "part")
    assert tiebeam("journal", "export", "none.jsonl", "--to", "2001-01-01", *here).code == 1
    assert tiebeam("journal", "export", "none.jsonl", "--from", "yesterday", *here).code == 1
    assert tiebeam("journal", "export", "no/folder/out.jsonl", *here).code == 2
    assert not Path("none.jsonl").exists()


def test_a_table_for_people_runs_no_formulas(tiebeam: Terminal, here: Here, company: Path) -> None:
    with opened(company) as app, app.store.unit() as unit:
        unit.journal("=cmd|' /C calc'!A0", "noted", actor="person:ann", payload={"text": "\u202egnp"})
    assert tiebeam("journal", "export", "out.csv", *here).code == 0
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert "'=cmd|' /C calc'!A0" in {row["stream"] for row in rows}
    assert "\u202e" not in Path("out.csv").read_text(encoding="utf-8")


def test_a_value_is_removed_on_the_record(tiebeam: Terminal, here: Here) -> None:
    run = a_run(tiebeam, here)
    said = tiebeam(
        "journal", "redact", f"run:{run}", "1", "--field", "subject", "--reason", "asked for by the supplier", *here
    )
    assert said.code == 0, said.err
    entries = tiebeam("journal", "list", "--stream", f"run:{run}", "--json", *here).json
    assert [one["redacted"] for one in entries if one["seq"] == 1] == [["subject"]]
    assert tiebeam("journal", "verify", "--json", *here).json["redactions"][0]["reason"] == "asked for by the supplier"
    assert tiebeam("journal", "redact", f"run:{run}", "1", "--field", "actor", *here).code == 2


def test_who_may_not_change_or_take_the_journal_is_refused(
    tiebeam: Terminal, here: Here, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.faces.terminal import sign_in_here

    run = a_run(tiebeam, here)
    sign_in_here(tiebeam, company, "gus")
    monkeypatch.setenv("TIEBEAM_PERSON", "gus")
    for arguments in (
        ("journal", "export", "out.jsonl"),
        ("journal", "anchor"),
        ("journal", "anchors"),
        ("journal", "redact", f"run:{run}", "1", "--field", "subject", "--reason", "because"),
        ("evidence", "export", run, "out.zip"),
    ):
        said = tiebeam(*arguments, *here)
        assert said.code == 1, arguments
        assert "[" in said.err
    assert list(Path.cwd().iterdir()) == []


def test_evidence_is_exported_and_verified(tiebeam: Terminal, here: Here, company: Path) -> None:
    run = a_run(tiebeam, here)
    made = tiebeam("evidence", "export", run, "evidence.zip", "--json", *here)
    assert (made.code, made.json["run"]) == (0, run), made.err
    kept = company / ".tiebeam" / "anchors.jsonl"
    said = tiebeam("evidence", "verify", "evidence.zip", "--anchors", kept, "--json")
    assert (said.code, said.json["what"], said.json["findings"]) == (0, "evidence", [])
    data = Path("evidence.zip").read_bytes()
    Path("evidence.zip").write_bytes(data[: len(data) // 2])
    assert tiebeam("evidence", "verify", "evidence.zip", "--anchors", kept).code == 2
    assert tiebeam("evidence", "export", "run_0", "evidence.zip", *here).code == 1
