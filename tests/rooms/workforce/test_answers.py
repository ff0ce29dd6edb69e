"""What people answer is held to its schema before the wait closes; what was refused is kept for them to correct."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.workforce.company import PAYLOAD, Office
from tiebeam.workforce import BrokenProtocol, KeptDraft, Standing, TaskState, WrongInput

# ids: B10, B14
# runtime: prefect#12279, prefect#19435

ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["reference"],
    "properties": {
        "reference": {"type": "string", "pattern": "^PO-[0-9]{4}$"},
        "account": {"enum": ["6200", "6300"]},
        "split": {"type": "array", "items": {"type": "object", "required": ["share"]}},
    },
}


def draft(office: Office, who: str, task_id: str) -> KeptDraft | None:
    with office.store.read() as conn:
        return office.workforce.draft(conn, office.workforce.principal(who), task_id)


def test_an_answer_that_breaks_its_schema_is_refused_by_field_and_the_task_stays_open(office: Office) -> None:
    task_id = office.open(answer=ANSWER)
    wrong = {"changes": {"reference": "17", "account": "9999", "split": [{}]}}

    with pytest.raises(WrongInput, match="still open") as refused:
        office.decide("ada", task_id, "edit", input=wrong)

    assert set(refused.value.data["by_field"]) == {"reference", "account", "split[0].share"}
    task = office.see(task_id)
    assert (task.state, task.decision) == (TaskState.OPEN, None)
    assert [event.kind for event in task.history] == ["opened"]


def test_after_a_refusal_the_same_person_is_asked_again_and_their_entries_are_kept(office: Office) -> None:
    task_id = office.open(answer=ANSWER)
    wrong = {"changes": {"reference": "17", "account": "6300"}, "comment": "found it"}
    with pytest.raises(WrongInput):
        office.decide("ada", task_id, "edit", input=wrong)

    kept = draft(office, "ada", task_id)

    assert kept is not None
    assert (kept.verb, kept.input) == ("edit", wrong)
    assert set(kept.problems) == {"reference"}
    assert draft(office, "bob", task_id) is None
    decision = office.decide("ada", task_id, "edit", input={"changes": {**wrong["changes"], "reference": "PO-0017"}})
    assert decision.payload == {**PAYLOAD, "reference": "PO-0017", "account": "6300"}
    assert draft(office, "ada", task_id) is None


def test_a_later_refusal_replaces_the_draft_and_a_colleagues_decision_ends_it(office: Office) -> None:
    task_id = office.open()
    for account in (["6200"], {"a": 1}):
        with pytest.raises(WrongInput):
            office.decide("ada", task_id, "edit", input={"changes": {"account": account}})
    kept = draft(office, "ada", task_id)
    assert kept is not None
    assert kept.input["changes"]["account"] == {"a": 1}

    office.decide("bob", task_id, "reject")

    assert draft(office, "ada", task_id) is None


def test_drafts_end_with_the_run_and_huge_ones_are_not_kept(office: Office) -> None:
    task_id = office.open()
    with pytest.raises(WrongInput):
        office.decide("ada", task_id, "edit", input={"changes": {"account": "6" * 70_000}})
    assert draft(office, "ada", task_id) is None
    with pytest.raises(WrongInput):
        office.decide("ada", task_id, "approve", input={"text": "no"})
    assert draft(office, "ada", task_id) is not None

    with office.store.unit() as unit:
        office.workforce.cancel_tasks(unit, "run_1", reason="called off")

    assert draft(office, "ada", task_id) is None


def test_approving_what_the_schema_forbids_is_refused_as_well(office: Office) -> None:
    """What is shown is what is acted on, so it must keep the schema whoever wrote it."""
    task_id = office.open(answer=ANSWER)
    with pytest.raises(WrongInput, match="'reference': is missing"):
        office.decide("ada", task_id, "approve")
    assert office.decide("ada", task_id, "reject").standing is Standing.FINAL


def test_a_schema_opens_no_way_around_the_kind_of_a_value(office: Office) -> None:
    """An amount that became a word could not be compared with anybody's limit."""
    task_id = office.open(answer={"properties": {"amount": {}}})
    with pytest.raises(WrongInput, match="plain number"):
        office.decide("ada", task_id, "edit", input={"changes": {"amount": "as agreed"}})


def test_a_schema_that_is_none_is_refused_before_anybody_waits(office: Office) -> None:
    with pytest.raises(BrokenProtocol, match="leads nowhere"):
        office.open(answer={"$ref": "https://example.com/schema.json"})
