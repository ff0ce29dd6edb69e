"""Deciding and looking from the command line.

ids: G2
"""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faces.conftest import ADMINISTRATOR
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import INTENT, Said, Terminal, sign_in_here

Do = Any


@pytest.fixture
def do(tiebeam: Terminal, workspace: Path) -> Do:
    """Commands over a workspace in which one invoice waits."""
    Path("R-1.xml").write_bytes(invoice_bytes("R-1"))
    assert tiebeam("run", INTENT, "R-1.xml", "--workspace", workspace).code == 0

    here: set[str] = {ADMINISTRATOR}

    def command(*arguments: str | Path, person: str = "carl") -> Said:
        if person not in here:
            sign_in_here(tiebeam, workspace, person)
            here.add(person)
        return tiebeam(*arguments, "--workspace", workspace, "--person", person)

    return command


def _waiting(do: Do) -> dict[str, Any]:
    (task,) = do("inbox", "--json").json["tasks"]
    return task


def _given(**content: Any) -> Path:
    path = Path("given.json")
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_inbox_lists_what_waits(do: Do) -> None:
    task = _waiting(do)

    listed = do("inbox")
    shown = do("inbox", task["id"])

    assert task["id"] in listed.out
    assert "budget-owner" in listed.out
    assert task["payload_hash"] in shown.out
    assert "proposed action" in shown.out
    assert do("inbox", task["id"], "--json").json["payload"] == task["payload"]
    assert do("inbox", "--mine", "--json", person="gus").json["total"] == 0
    assert "nothing waits" in do("inbox", "--mine", person="gus").out
    assert do("inbox", "task_0").code == 1
    assert do("inbox", "--state", "nonsense").code == 1


def test_approving_carries_the_run_on(do: Do) -> None:
    task = _waiting(do)
    said = do("decide", task["id"], "--verb", "approve", "--comment", "we asked for it", "--json", "--minutes", "2.5")
    run = do("runs", "show", task["run_id"], "--json").json

    assert said.code == 0, said.err
    assert (said.json["verb"], said.json["person"], said.json["minutes"]) == ("approve", "carl", "2.5")
    assert run["run"]["state"] != "queued"
    assert "task.decided" in [entry["kind"] for entry in run["journal"]]


def test_rejecting_needs_no_file(do: Do) -> None:
    task = _waiting(do)
    said = do("decide", task["id"], "--verb", "reject", "--comment", "never ordered")

    assert said.code == 0
    assert "reject by Carl Coste" in said.out
    assert "stopped" in do("runs", "list").out or "done" in do("runs", "list").out


def test_editing_takes_its_changes_from_a_file(do: Do) -> None:
    task = _waiting(do)
    posting = task["payload"]["posting"]
    posting["lines"][0]["cost_centre"] = "4711"
    given = _given(changes={"posting": posting}, comment="our centre", payload_hash=task["payload_hash"])

    said = do("decide", task["id"], "--verb", "edit", "--input", given, "--json")

    assert said.code == 0, said.err
    assert said.json["verb"] == "edit"
    assert [one["path"] for one in said.json["diff"]] == ["posting.lines[0].cost_centre"]
    assert said.json["comment"] == "our centre"


def test_asking_leaves_the_task_and_the_answer_returns_to_it(do: Do) -> None:
    task = _waiting(do)
    given = _given(to="billing@supplier.example", subject="Which order?", text="Who ordered this?")

    asked = do("decide", task["id"], "--verb", "ask", "--input", given)
    answered = do("answer", task["id"], "--text", "Mr Coste did.", "--sender", "Torbau Krause", person="bea")
    shown = do("inbox", task["id"], "--json").json

    assert asked.code == 0, asked.err
    assert "waits for the answer" in asked.out
    assert answered.code == 0, answered.err
    assert shown["state"] == "open"
    assert shown["questions"][0]["answer"] == "Mr Coste did."


def test_input_may_come_from_another_program(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    task = _waiting(do)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"comment": "piped"}'), encoding="utf-8"))

    said = do("decide", task["id"], "--verb", "reject", "--input", "-", "--json")

    assert said.json["comment"] == "piped"


# ids: B11, C5
def test_who_comes_late_is_told_who_decided(do: Do) -> None:
    task = _waiting(do)
    do("decide", task["id"], "--verb", "reject", "--comment", "first")

    late = do("decide", task["id"], "--verb", "approve", person="bea")
    late_json = do("decide", task["id"], "--verb", "approve", "--json", person="bea")

    assert late.code == late_json.code == 1
    assert "Carl Coste chose 'reject'" in late.err
    assert "[already_decided]" in late.err
    assert (late_json.json["verb"], late_json.json["person"]) == ("reject", "carl")
    assert late_json.json["comment"] == "first"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--verb", "burn"), 2, "approve"),
        (("--verb", "approve", "--minutes", "abc"), 2, "minutes"),
        (("--verb", "approve", "--minutes", "NaN"), 2, "minutes"),
        (("--verb", "approve", "--minutes", "-1"), 2, "minutes"),
        (("--verb", "edit", "--input", "missing.json"), 2, "missing.json"),
        (("--verb", "edit", "--input", "R-1.xml"), 2, "is not JSON"),
        (("--verb", "edit"), 1, "changes"),
        (("--verb", "ask", "--comment", "x"), 1, "text"),
    ],
)
def test_wrong_input_is_told_and_the_task_stays(do: Do, arguments: tuple[str, ...], code: int, named: str) -> None:
    task = _waiting(do)
    said = do("decide", task["id"], *arguments)

    assert (said.code, said.out) == (code, "")
    assert named in said.err
    assert _waiting(do)["state"] == "open"


# runtime: prefect#12279, prefect#19435
def test_what_was_refused_is_kept_for_who_entered_it(do: Do) -> None:
    task = _waiting(do)
    wrong = {"changes": {"posting": "none"}, "comment": "as agreed"}
    assert do("decide", task["id"], "--verb", "edit", "--input", _given(**wrong)).code == 1

    mine, theirs = do("inbox", task["id"], "--json").json["draft"], do("inbox", task["id"], "--json", person="bea")

    assert mine["input"] == wrong
    assert list(mine["problems"]) == ["posting"]
    assert theirs.code != 0 or theirs.json["draft"] is None
    shown = do("inbox", task["id"]).out
    assert "your refused answer" in shown
    assert "must be a table of fields" in shown


@pytest.mark.parametrize("content", ["[]", '"x"', '{"payload_hash": 5}', "[" * 100_000])
def test_a_file_of_another_shape_is_told(do: Do, content: str) -> None:
    task = _waiting(do)
    Path("given.json").write_text(content, encoding="utf-8")

    said = do("decide", task["id"], "--verb", "approve", "--input", "given.json")

    assert (said.code, said.out) == (2, "")
    assert "given.json" in said.err


def test_a_packet_that_changed_is_not_decided(do: Do) -> None:
    task = _waiting(do)
    said = do("decide", task["id"], "--verb", "approve", "--input", _given(payload_hash="0" * 64))

    assert said.code == 1
    assert "[payload_changed]" in said.err


# ids: B12
# runtime: camunda-tasklist#69
def test_applying_an_absence_moves_what_waits_for_who_is_away(do: Do, workspace: Path) -> None:
    before = _waiting(do)
    files = [workspace / f"people/{one['person_id']}.toml" for one in before["people"]]
    today = datetime.now(UTC).date()
    away = f"\n[[absences]]\nfirst = {today}\nlast = {today + timedelta(days=40)}\n"
    texts = {path: path.read_text("utf-8") for path in files}
    try:
        for path, text in texts.items():
            path.write_text(text + away, encoding="utf-8")
        assert do("apply", person=ADMINISTRATOR).code == 0

        task = do("inbox", before["id"], "--json", person=ADMINISTRATOR).json
        shown = do("inbox", before["id"], person=ADMINISTRATOR).out

        assert datetime.fromisoformat(task["due_at"]) > datetime.now(UTC) + timedelta(days=39)
        assert task["history"][-1]["kind"] == "recounted"
        assert "nobody who may decide is at work" in shown
    finally:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        do("apply", person=ADMINISTRATOR)


def test_who_does_not_hold_the_role_is_refused(do: Do) -> None:
    said = do("decide", _waiting(do)["id"], "--verb", "approve", person="gus")

    assert said.code == 1
    assert "[refused]" in said.err
    assert "budget-owner" in said.err


def test_tasks_are_passed_on(do: Do) -> None:
    task = _waiting(do)["id"]

    assert "claimed by carl" in do("tasks", "claim", task).out
    assert do("tasks", "release", task, "--json").json["claimed_by"] is None
    assert do("tasks", "snooze", task, "--until", "2000-01-01").code == 1
    assert do("tasks", "reassign", task).code == 1
    moved = do("tasks", "reassign", task, "--role", "controller", "--reason", "mine", "--json", person="bea")
    assert moved.json["role"] == "controller"


def test_runs_are_listed_shown_and_cancelled(do: Do) -> None:
    run = _waiting(do)["run_id"]

    assert run in do("runs", "list", "--label", "missing_po").out
    assert do("runs", "list", "--state", "done", "--json").json["items"] == []
    shown = do("runs", "show", run)
    assert "missing_po" in shown.out
    assert "decide" in shown.out
    assert do("runs", "show", "run_0").code == 1
    assert do("runs", "cancel", run).code == 2
    assert do("runs", "cancel", run, "--reason", "sent twice").code == 1
    cancelled = do("runs", "cancel", run, "--reason", "sent twice", "--json", person=ADMINISTRATOR)
    assert cancelled.json == {"run": run, "state": "cancelled"}
    assert do("inbox", "--json").json["total"] == 0


def test_books_and_journal_are_read_and_verified(do: Do) -> None:
    run = _waiting(do)["run_id"]

    assert INTENT in do("ledger", "summary").out
    assert do("ledger", "lines", "--run", run, "--json").json["lines"]
    assert len(do("ledger", "daily", "--json").json) == 31
    assert do("ledger", "check").out == "the books are true\n"
    assert do("ledger", "summary", "--since", "2026-02-02", "--until", "2026-01-01").code == 2
    entries = do("journal", "list", "--stream", f"run:{run}", "--json", person=ADMINISTRATOR)
    assert "task.opened" in [one["kind"] for one in entries.json]
    assert do("journal", "verify", person=ADMINISTRATOR).out.startswith("sound: ")
    assert do("journal", "verify", person="gus").code == 1
    assert "1 tasks wait" in do("status").out


def test_the_library_is_read_with_and_without_a_workspace(tiebeam: Terminal, workspace: Path) -> None:
    assert INTENT in tiebeam("library", "list").out
    assert "ap-analyst" in [one["id"] for one in tiebeam("library", "list", "roles", "--json").json]
    with_workspace = tiebeam("library", "show", "intents", INTENT, "--workspace", workspace, "--json").json
    alone = tiebeam("library", "show", "intents", INTENT).json
    assert ["adoptions", INTENT] in with_workspace["used_by"]
    assert ["adoptions", INTENT] not in alone["used_by"]
    near = tiebeam("library", "show", "intents", "finance.invoice-processing")
    assert near.code == 1
    assert INTENT in near.err
    assert tiebeam("library", "list", "nonsense").code == 1
    assert tiebeam("library", "list", "--workspace", "nowhere").code == 1


def test_a_shut_gate_is_told_with_its_reason(tiebeam: Terminal, fresh_workspace: Path) -> None:
    # ids: B16
    here = ("--workspace", fresh_workspace)

    shut = tiebeam("promote", INTENT, "--to", "pilot", *here)
    shut_json = tiebeam("promote", INTENT, "--to", "pilot", "--json", *here)
    work = tiebeam("run", INTENT, fresh_workspace / "people", *here)

    assert shut.code == shut_json.code == work.code == 1
    assert "[gates_shut]" in shut.err
    assert shut_json.json["promoted"] is False
    assert [gate["reason"] for gate in shut_json.json["gates"] if not gate["passed"]]
    assert "draft" in work.err
    assert "tiebeam promote" in work.err


def test_an_override_needs_reason_and_date_and_is_kept(tiebeam: Terminal, fresh_workspace: Path) -> None:
    here = ("--workspace", fresh_workspace, "--json")

    assert tiebeam("promote", INTENT, "--to", "pilot", "--override", "pilot customer", *here).code == 1
    assert tiebeam("promote", INTENT, "--to", "pilot", "--override", "x", "--until", "soon", *here).code == 2
    said = tiebeam("promote", INTENT, "--to", "pilot", "--override", "pilot customer", "--until", "2999-01-01", *here)
    assert said.code == 0, said.err
    assert said.json["record"]["override_reason"] == "pilot customer"
    assert tiebeam("workflows", INTENT, *here).json[0]["standing"]["override_reason"] == "pilot customer"


def test_evaluating_opens_the_gate(tiebeam: Terminal, fresh_workspace: Path) -> None:
    here = ("--workspace", fresh_workspace)

    assert "cases passed" in tiebeam("evaluate", INTENT, *here).out
    assert "pilot" in tiebeam("promote", INTENT, "--to", "pilot", *here).out
    assert "SHUT" not in tiebeam("workflows", *here).out
    assert tiebeam("promote", INTENT, "--to", "up", *here).code == 2
    assert tiebeam("workflows", "finance.nothing", *here).code == 1


def test_a_link_is_made_for_oneself_and_by_an_administrator_for_others(tiebeam: Terminal, workspace: Path) -> None:
    here = ("--workspace", workspace)

    assert "/sign-in?token=" in tiebeam("sign-in", *here).out
    assert tiebeam("sign-in", "bea", *here, "--json").json["link"].startswith("http://127.0.0.1:8321/")
    assert tiebeam("sign-in", "nobody", *here).code == 1
    sign_in_here(tiebeam, workspace, "carl")
    assert tiebeam("sign-in", "bea", *here, "--person", "carl").code == 1
