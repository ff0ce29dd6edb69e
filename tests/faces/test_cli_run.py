"""`tiebeam run` and `tiebeam documents read`, which others script against."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.builders.databases import PostgresServer
from tests.builders.shared_data import shared_data
from tests.faces.papers import invoice_bytes, write_invoices
from tests.faces.terminal import INTENT, Terminal, finish, start
from tiebeam.cli.run import calm

FIELDS = ["document", "decision", "labels", "matched_order", "reason", "run"]
BINDINGS = {"orders": "purchase_orders", "receipts": "receipts", "suppliers": "suppliers.csv", "policy": "policy.json"}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_document_gives_one_object(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    said = tiebeam("run", INTENT, papers, "--workspace", workspace, "--jsonl", "out.jsonl")
    rows = _lines(Path("out.jsonl"))

    assert (said.code, said.err) == (0, "")
    assert [list(row) for row in rows] == [FIELDS, FIELDS]
    assert [row["document"] for row in rows] == ["R-1", "R-2"]
    assert {row["decision"] for row in rows} == {"hold"}
    assert {tuple(row["labels"]) for row in rows} == {("missing_po",)}
    assert {row["matched_order"] for row in rows} == {None}
    assert all(row["reason"] and row["run"].startswith("run_") for row in rows)
    assert "2 wait for a person: tiebeam inbox" in said.out


def test_the_same_folder_again_takes_nothing_in_twice(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    tiebeam("run", INTENT, papers, "--workspace", workspace, "--jsonl", "first.jsonl")
    said = tiebeam("run", INTENT, papers, "--workspace", workspace, "--jsonl", "second.jsonl")

    assert said.code == 0
    assert "2 documents had been taken in before" in said.out
    assert _lines(Path("first.jsonl")) == _lines(Path("second.jsonl"))
    assert tiebeam("runs", "list", "--workspace", workspace, "--json").json["total"] == 2


def test_a_file_that_is_given_twice_is_taken_in_once(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    paths = (papers / "R-1.xml", papers, papers / ".." / papers.name / "R-1.xml")
    first = tiebeam("run", INTENT, *paths, "--workspace", workspace, "--json").json
    again = tiebeam("run", INTENT, *paths, "--workspace", workspace, "--json").json

    assert (first["new"], first["known"]) == (2, 0)
    assert (again["new"], again["known"]) == (0, 2)
    assert [row["document"] for row in first["documents"]] == ["R-1", "R-1", "R-2", "R-1"]
    assert len({row["run"] for row in first["documents"]}) == 2
    assert tiebeam("runs", "list", "--workspace", workspace, "--json").json["total"] == 2


def test_a_generated_folder_is_accepted_as_it_is(tiebeam: Terminal, tmp_path: Path) -> None:
    source = shared_data("p2p", "generated")
    invoices = tmp_path / "batch" / "invoices"
    invoices.mkdir(parents=True)
    shutil.copy(source / "inbox.csv", invoices.parent)
    for path in sorted((source / "invoices").iterdir())[:4]:
        shutil.copy(path, invoices)
    with_options = [part for name, place in BINDINGS.items() for part in ("--with", f"{name}={source / place}")]
    tiebeam("init", "ws", "--example", "empty")

    said = tiebeam("run", INTENT, invoices, *with_options, "--workspace", "ws", "--jsonl", "-")
    rows = [json.loads(line) for line in said.out.splitlines()]

    assert said.code == 0, said.err
    assert [list(row) for row in rows] == [FIELDS] * 4
    assert any(row["matched_order"] for row in rows)


def test_what_cannot_be_read_is_reported_and_exits_with_one(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    (papers / "Ünlesbar und leer.pdf").write_bytes(b"%PDF-1.7 nothing")
    (papers / "nothing.xml").write_bytes(b"")
    said = tiebeam("run", INTENT, papers, "--workspace", workspace, "--jsonl", "out.jsonl")
    rows = {row["document"]: row for row in _lines(Path("out.jsonl"))}

    assert said.code == 1
    assert rows["Ünlesbar und leer"]["decision"] == rows["nothing"]["decision"] == "unreadable"
    assert rows["nothing"]["reason"] in said.out
    assert rows["R-1"]["decision"] == "hold"


def test_names_with_spaces_and_signs_are_kept(tiebeam: Terminal, workspace: Path, tmp_path: Path) -> None:
    folder = tmp_path / "März 2026 – Eingang"
    folder.mkdir()
    names = ["Rechnung Nr. 7 (Kopie).xml", "фактура.xml", "'quoted'.xml"]
    for number, name in enumerate(names):
        (folder / name).write_bytes(invoice_bytes(f"N-{number}"))
    said = tiebeam("run", INTENT, folder, "--workspace", workspace, "--json")

    assert said.code == 0
    assert {row["document"] for row in said.json["documents"]} == {Path(name).stem for name in names}


def test_names_that_are_no_text_or_more_than_text_do_no_harm(
    tiebeam: Terminal, workspace: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    names = [b"a\xff.xml", b"a\xfe.xml", b"two\nlines.xml", b"\x1b[31mred.xml"]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(invoice_bytes("R-1"))
    (folder / "nowhere.xml").symlink_to("/nowhere")
    os.mkfifo(folder / "pipe.xml")

    said = tiebeam("run", INTENT, folder, "--workspace", workspace, "--jsonl", "out.jsonl")
    read = tiebeam("documents", "read", folder, "--jsonl", "read.jsonl")
    again = tiebeam("run", INTENT, folder, "--workspace", workspace, "--json")

    assert {row["document"] for row in _lines(Path("out.jsonl"))} == {"a\\xff", "a\\xfe", "two\nlines", "\x1b[31mred"}
    assert len(_lines(Path("read.jsonl"))) == 4
    assert (again.json["new"], again.json["known"]) == (0, 4)
    assert "\x1b" not in said.out + said.err + read.out + read.err


def test_sub_folders_are_named_as_left_out(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    write_invoices(papers / "2025", "OLD-1")
    said = tiebeam("run", INTENT, papers, "--workspace", workspace, "--json")

    assert len(said.json["documents"]) == 2
    assert "sub-folders are not looked into (2025)" in said.err


def test_a_folder_without_documents_is_told(tiebeam: Terminal, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    said = tiebeam("run", INTENT, tmp_path / "bare", "--workspace", workspace)

    assert said.code == 1
    assert "[nothing_to_do]" in said.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nowhere",), "nowhere"),
        ((), "PATHS"),
        ((".", "--with", "orders"), "NAME=PATH"),
        ((".", "--with", "invoices=x"), "NAME=PATH"),
        ((".", "--jsonl", "missing/out.jsonl"), "missing"),
        ((".", "--timeout", "-1"), "timeout"),
    ],
)
def test_wrong_use_is_told_before_anything_happens(
    tiebeam: Terminal, workspace: Path, arguments: tuple[str, ...], named: str
) -> None:
    said = tiebeam("run", INTENT, *arguments, "--workspace", workspace)

    assert (said.code, said.out) == (2, "")
    assert named in said.err
    assert tiebeam("runs", "list", "--workspace", workspace, "--json").json["total"] == 0


def test_reference_data_that_is_not_there_is_named(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    said = tiebeam("run", INTENT, papers, "--with", "orders=no-orders", "--workspace", workspace)

    assert said.code == 1
    assert "no-orders" in said.err
    assert tiebeam("run", "finance.invoice-procesing", papers, "--workspace", workspace).code == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs accounts")
def test_a_file_that_may_not_be_opened_is_named_and_nothing_is_taken_in(
    tiebeam: Terminal, workspace: Path, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = papers / "R-2.xml"
    if os.geteuid() == 0:
        # Nothing is closed to root, so the refusal of the system is put in its place.
        read = Path.read_bytes

        def refuse(path: Path) -> bytes:
            if path == locked:
                raise PermissionError(13, "Permission denied", str(path))
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", refuse)
    else:
        locked.chmod(0)
    said = tiebeam("run", INTENT, papers, "--workspace", workspace)

    assert said.code == 1
    assert "R-2.xml" in said.err
    assert "Permission denied" in said.err
    assert tiebeam("runs", "list", "--workspace", workspace, "--json").json["total"] == 0


def test_without_a_terminal_it_is_quiet_unless_asked(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    assert tiebeam("run", INTENT, papers, "--workspace", workspace, "--json").err == ""
    (papers / "R-3.xml").write_bytes(invoice_bytes("R-3"))
    spoken = tiebeam("run", INTENT, papers, "--workspace", workspace, "--json", "--verbose")
    assert all("documents read" in line for line in spoken.err.splitlines())


def test_progress_is_told_at_a_calm_pace() -> None:
    told: list[int] = []
    perhaps = calm(lambda: told.append(1), every=0.05)
    until = time.monotonic() + 0.22
    while time.monotonic() < until:
        perhaps(None)

    assert 1 <= len(told) <= 4


def test_an_impatient_caller_is_told_that_the_work_goes_on(tiebeam: Terminal, workspace: Path, papers: Path) -> None:
    said = tiebeam("run", INTENT, papers, "--workspace", workspace, "--timeout", "0", "--json")

    assert said.code == 1
    assert "the work goes on" in said.err
    finished = tiebeam("run", INTENT, papers, "--workspace", workspace, "--json")
    assert finished.code == 0
    assert {row["decision"] for row in finished.json["documents"]} == {"hold"}


def test_ctrl_c_says_that_nothing_is_lost_and_where_it_goes_on(workspace: Path, tmp_path: Path) -> None:
    papers = write_invoices(tmp_path / "many", *[f"M-{number}" for number in range(300)])
    process = start("run", INTENT, papers, "--workspace", workspace, cwd=tmp_path)
    with closing(sqlite3.connect(f"file:{workspace}/.tiebeam/tiebeam.sqlite?mode=ro", uri=True)) as database:
        # Some documents are decided: the work is under way, and most of it is still to come.
        decided = "SELECT count(*) FROM run WHERE state <> 'queued'"
        deadline = time.monotonic() + 60
        while not database.execute(decided).fetchone()[0] and time.monotonic() < deadline:
            time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    said = finish(process, timeout=30)

    assert said.code == 1
    assert "nothing is lost" in said.err
    assert str(workspace) in said.err
    assert "Traceback" not in said.err, said.err
    again = finish(start("run", INTENT, papers, "--workspace", workspace, "--json", cwd=tmp_path), timeout=120)
    assert (again.code, again.json["known"], len(again.json["documents"])) == (0, 300, 300)


def test_it_works_on_postgresql(
    tiebeam: Terminal,
    fresh_workspace: Path,
    papers: Path,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", postgres_server.create())
    tiebeam("evaluate", INTENT, "--workspace", fresh_workspace)
    tiebeam("promote", INTENT, "--to", "pilot", "--workspace", fresh_workspace)
    said = tiebeam("run", INTENT, papers, "--workspace", fresh_workspace, "--json")

    assert said.code == 0, said.err
    assert {row["decision"] for row in said.json["documents"]} == {"hold"}
    assert not (fresh_workspace / ".tiebeam" / "tiebeam.sqlite").exists()
    assert tiebeam("journal", "verify", "--workspace", fresh_workspace).code == 0


def test_reading_gives_the_fields_of_the_reference_and_an_error(tiebeam: Terminal) -> None:
    (reference, *_) = _lines(shared_data("invoices", "reference_fields.jsonl"))
    Path("good.xml").write_bytes(invoice_bytes("R-1"))
    Path("bad.xml").write_bytes(b"<a>")
    said = tiebeam("documents", "read", "good.xml", "bad.xml", "missing.xml", "--jsonl", "out.jsonl")
    rows = _lines(Path("out.jsonl"))

    assert said.code == 1
    assert [row["file"] for row in rows] == ["good.xml", "bad.xml", "missing.xml"]
    assert all(set(row) >= set(reference) | {"error"} for row in rows)
    assert rows[0]["error"] is None
    assert rows[0]["number"] == "R-1"
    assert all(row["error"] for row in rows[1:])


def test_reading_looks_below_folders_and_needs_no_workspace(tiebeam: Terminal, tmp_path: Path) -> None:
    write_invoices(tmp_path / "all" / "deeper", "R-1")
    said = tiebeam("documents", "read", tmp_path / "all", "--json")

    assert said.code == 0
    assert [row["number"] for row in said.json] == ["R-1"]
