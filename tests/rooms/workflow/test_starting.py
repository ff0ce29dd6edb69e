"""Runs that start without documents: a typed input, checked; only what is adopted and in service begins.

ids: WF-01, WF-02
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.console_people import signed_in
from tests.builders.order_desk import INTENT, ORDER, RECIPE, make_order_desk
from tests.builders.workspaces import opened
from tests.faces.terminal import Terminal
from tiebeam.app import App
from tiebeam.errors import Invalid, NotFound, Refused
from tiebeam.spec import ContextField, InputRejected, checked_input
from tiebeam.workflow.promotion import NotInService, Stage
from tiebeam.workflow.runs import RunState, run_view

FIELDS = tuple(
    ContextField(name=name, type=kind, required=required, help="h")
    for name, kind, required in (
        ("order", "text", True),
        ("due-date", "date", False),
        ("amount", "number", False),
        ("urgent", "flag", False),
        ("notes", "path", False),
        ("scan", "document", False),
    )
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_order_desk(tmp_path_factory.mktemp("desk") / "company")


@pytest.fixture(scope="module")
def app(template: Path) -> Iterator[App]:
    with opened(template) as app:
        yield app


def test_fields_are_kept_by_names_that_expressions_can_read() -> None:
    assert checked_input(FIELDS, {"order": "O-1", "due-date": "2026-02-28", "amount": 3, "urgent": True}) == {
        "order": "O-1",
        "due_date": "2026-02-28",
        "amount": 3,
        "urgent": True,
    }


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({}, "order", "is missing"),
        ({"order": None}, "order", "is no text"),
        ({"order": "O-1", "ordr": 1}, "ordr", "did you mean 'order'?"),
        ({"order": 7}, "order", "is no text"),
        ({"order": "a\x00b"}, "order", "NUL"),
        ({"order": "\ud800"}, "order", "surrogate"),
        ({"order": "x" * 20_001}, "order", "longer"),
        ({"order": "O-1", "amount": True}, "amount", "is no number"),
        ({"order": "O-1", "amount": float("inf")}, "amount", "is no number"),
        ({"order": "O-1", "amount": "12"}, "amount", "is no number"),
        ({"order": "O-1", "due-date": "2026-02-30"}, "due-date", "YYYY-MM-DD"),
        ({"order": "O-1", "due-date": "20260228"}, "due-date", "YYYY-MM-DD"),
        ({"order": "O-1", "due-date": "2026-02-28", "due_date": "2026-02-28"}, "due_date", "twice"),
        ({"order": "O-1", "urgent": "yes"}, "urgent", "neither true nor false"),
        ({"order": "O-1", "notes": "/etc/passwd"}, "notes", "leads out"),
        ({"order": "O-1", "notes": "a/../../b"}, "notes", "leads out"),
        ({"order": "O-1", "notes": "C:\\x"}, "notes", "leads out"),
        ({"order": "O-1", "notes": "..\\x"}, "notes", "leads out"),
        ({"order": "O-1", "notes": "http://x/y"}, "notes", "leads out"),
        ({"order": "O-1", "scan": "doc_1"}, "scan", "hand it in as a file"),
        ({"order": "O-1", "stage": "production"}, "stage", "is no field"),
    ],
)
def test_what_the_intent_does_not_expect_is_refused_by_field(given: dict[str, object], field: str, said: str) -> None:
    with pytest.raises(InputRejected) as refused:
        checked_input(FIELDS, given)

    assert said in refused.value.data["faults"][field]


@given(
    st.dictionaries(st.text(max_size=12), st.recursive(st.none() | st.text() | st.floats() | st.booleans(), st.lists))
)
def test_whatever_is_given_is_taken_or_refused(value: dict[str, object]) -> None:
    try:
        kept = checked_input(FIELDS, value)
    except InputRejected:
        return
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept


def test_a_run_starts_with_its_input_and_what_the_house_adds(app: App) -> None:
    row = app.starting.start(app.principal(), INTENT, ORDER)

    assert row.state is RunState.QUEUED
    assert row.recipe == RECIPE
    assert row.input == {
        "order": "O-1",
        "amount": 12.5,
        "due_date": "2026-03-01",
        "urgent": False,
        "stage": "pilot",
        "currency_of_costs": "EUR",
        "fixed_cost": "0.000000",
    }
    with app.store.read() as conn:
        assert run_view(conn, row.id).item.subject == "O-1"


def test_a_run_is_called_what_its_starter_calls_it(app: App) -> None:
    row = app.starting.start(app.principal(), RECIPE, ORDER, subject="Anna's\x1b[2J order\n")

    with app.store.read() as conn:
        assert run_view(conn, row.id).item.subject == "Anna's [2J order"


def test_who_has_no_part_in_the_intent_starts_nothing(app: App) -> None:
    stranger = replace(app.principal(), person_id="eve", roles=("cfo",), administrator=False)

    with pytest.raises(Refused):
        app.starting.start(stranger, INTENT, ORDER)


def test_what_nobody_adopted_does_not_start(app: App) -> None:
    with pytest.raises(NotFound):
        app.starting.start(app.principal(), f"{INTENT}/other", ORDER)


def test_a_draft_takes_no_work(template: Path, tmp_path: Path) -> None:
    folder = make_order_desk(tmp_path / "company")
    with opened(folder) as app:
        app.promotion.promote(INTENT, to=Stage.DRAFT, actor="person:local-administrator")
        with pytest.raises(NotInService):
            app.starting.start(app.principal(), INTENT, ORDER)


def test_an_intent_of_documents_wants_documents(app: App) -> None:
    with pytest.raises(Invalid, match="document"):
        app.starting.start(app.principal(), "finance.invoice-processing-matching", {})


def test_the_command_starts_a_run_and_waits_until_a_person_is_waited_for(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiebeam = Terminal(capsys)
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER), encoding="utf-8")

    said = tiebeam("run", RECIPE, "--input", file, "--json", "-w", template)

    assert said.code == 0, said.err
    assert said.json["state"] == "waiting"
    assert [task["step_id"] for task in said.json["tasks"]] == ["look"]
    assert said.json["input"]["order"] == "O-1"


def test_the_command_may_leave_at_once(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiebeam = Terminal(capsys)
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER), encoding="utf-8")

    said = tiebeam("run", INTENT, "--input", file, "--no-wait", "--json", "-w", template)

    assert (said.code, said.json["state"]) == (0, "queued")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [("[1]", 2, "no JSON object"), ("{", 2, "is no JSON"), ('{"ordr": "O-1"}', 1, "did you mean 'order'?")],
)
def test_the_command_says_what_is_wrong_with_the_input(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
) -> None:
    tiebeam = Terminal(capsys)
    file = tmp_path / "order.json"
    file.write_text(text, encoding="utf-8")

    answer = tiebeam("run", INTENT, "--input", file, "-w", template)

    assert answer.code == code
    assert said in answer.err


def test_documents_and_an_input_are_not_mixed(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "order.json"
    file.write_text("{}", encoding="utf-8")

    said = Terminal(capsys)("run", INTENT, file, "--input", file, "-w", template)

    assert said.code == 2
    assert "leave PATHS" in said.err


def test_what_takes_no_documents_is_not_begun_with_one(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER), encoding="utf-8")

    said = Terminal(capsys)("run", INTENT, file, "-w", template)

    assert said.code == 1
    assert "--input FILE.json" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", INTENT, "--input"), "larger than 256 KiB"),
        (("events", "send", "x", "--key", "k", "--payload"), "larger"),
    ],
)
def test_what_is_too_large_is_told_as_that(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "large.json"
    file.write_text(json.dumps({"order": "x" * 3_000_000}), encoding="utf-8")

    answer = Terminal(capsys)(*arguments, file, "-w", template)

    assert answer.code == 2
    assert said in answer.err


def test_the_terminal_names_the_command_that_shows_the_task(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiebeam = Terminal(capsys)
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER), encoding="utf-8")

    said = tiebeam("run", INTENT, "--input", file, "-w", template)
    told = next(line for line in said.out.splitlines() if "waits for a person: tiebeam inbox" in line)
    shown = tiebeam("inbox", told.split()[-1], "-w", template)
    run = tiebeam("runs", "show", said.out.split()[1], "-w", template)

    assert (shown.code, run.code) == (0, 0)
    assert "how to decide" in shown.out
    assert not {"document", "decision", "order"} & {line.split(" ")[0] for line in run.out.splitlines()}


def test_the_console_shows_what_a_task_of_any_intent_rests_on(template: Path) -> None:
    with opened(template) as app:
        run = app.starting.start(app.principal(), INTENT, ORDER)
        app.engine.launch()
        assert app.engine.drain(timeout=30)
        with app.store.read() as conn:
            task = app.workforce.tasks(conn, run_id=run.id, size=1).rows[0]
        page = signed_in(app, app.principal().person_id).get(f"/inbox/{task.id}").text

    folds = re.findall(r'<details class="fold section"[^>]*><summary>[^<]*', page)
    assert folds
    assert " open>" in folds[0]
    assert not any(one.endswith("Problem") for one in folds)
