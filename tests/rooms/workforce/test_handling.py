"""Claim, release, reassign, ask and answer; and the lists people work from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.rooms.workforce.company import HANDOFF, Office, person
from tiebeam.errors import Invalid, Refused
from tiebeam.kit import FixedClock
from tiebeam.spec import Absence
from tiebeam.workforce import Message, Standing, TaskMoved, TaskState, TaskView

# ids: B10, B11, B12, C4


def listed(office: Office, **filters: Any) -> list[TaskView]:
    with office.store.read() as conn:
        return list(office.workforce.tasks(conn, **filters).rows)


def test_a_claim_keeps_colleagues_out_until_it_is_released(office: Office) -> None:
    task_id, ada, bob = office.open(), office.workforce.principal("ada"), office.workforce.principal("bob")
    assert office.workforce.claim(ada, task_id).state is TaskState.CLAIMED
    assert office.workforce.claim(ada, task_id).claimed_by == "ada"
    with pytest.raises(Refused, match="claimed by 'ada'"):
        office.workforce.claim(bob, task_id)
    with pytest.raises(Refused, match="claimed by 'ada'"):
        office.decide("bob", task_id)
    with pytest.raises(Refused):
        office.workforce.release(bob, task_id)
    assert office.workforce.release(ada, task_id).state is TaskState.OPEN
    with pytest.raises(TaskMoved, match="not claimed"):
        office.workforce.release(office.workforce.principal("sam"), task_id)
    assert office.decide("bob", task_id).standing is Standing.FINAL


# runtime: camunda-tasklist#69, jbpm#1250, jbpm#1255
def test_claiming_and_releasing_count_the_due_time_for_who_has_it(office: Office, clock: FixedClock) -> None:
    """Deadlines follow the person, in the same transaction."""
    away = Absence(first=date(2026, 3, 3), last=date(2026, 3, 4))
    office.hire(person("ada", "ap-analyst", absences=(away,)))
    clock.advance(hours=7)
    task_id, ada = office.open(), office.workforce.principal("ada")
    assert office.see(task_id).due_at == datetime(2026, 3, 3, 14, tzinfo=UTC)
    office.workforce.claim(ada, task_id)
    assert office.see(task_id).due_at == datetime(2026, 3, 5, 14, tzinfo=UTC)
    office.workforce.release(ada, task_id)
    assert office.see(task_id).due_at == datetime(2026, 3, 3, 14, tzinfo=UTC)


def test_the_claim_of_somebody_who_went_away_binds_nobody(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    office.workforce.claim(office.workforce.principal("ada"), task_id)
    office.hire(person("ada", "ap-analyst", absences=(Absence(first=date(2026, 3, 2), last=date(2026, 3, 9)),)))
    assert office.decide("bob", task_id).standing is Standing.FINAL


def test_reassigning_to_a_person_claims_it_for_them(office: Office) -> None:
    task_id, ada = office.open(), office.workforce.principal("ada")
    task = office.workforce.reassign(ada, task_id, person="bob", reason="knows the supplier")
    assert (task.claimed_by, task.state) == ("bob", TaskState.CLAIMED)
    assert office.see(task_id).history[-1].detail["reason"] == "knows the supplier"


@pytest.mark.parametrize(
    ("target", "problem"),
    [({"person": "zoe"}, "'zoe' may not act"), ({"role": "king"}, "no role 'king'"), ({}, "say to which role")],
)
def test_reassigning_to_somebody_who_could_not_decide_is_refused(
    office: Office, target: dict[str, str], problem: str
) -> None:
    task_id = office.open()
    with pytest.raises(Invalid, match=problem):
        office.workforce.reassign(office.workforce.principal("ada"), task_id, **target)
    assert office.see(task_id).history[-1].kind == "opened"


def test_reassigning_to_somebody_kept_out_is_refused(office: Office) -> None:
    task_id = office.open(excluded_people=["bob"])
    with pytest.raises(Invalid, match="'bob' may not act"):
        office.workforce.reassign(office.workforce.principal("ada"), task_id, person="bob")


def test_a_question_goes_out_and_the_answer_returns_to_the_same_task(office: Office, clock: FixedClock) -> None:
    sent = list[Message]()
    office.workforce.on_ask(lambda unit, task, message: sent.append(message))
    task_id, ada = office.open(), office.workforce.principal("ada")
    message = office.workforce.ask(ada, task_id, text="Why 1,200?", to="post@northwind.example")
    assert sent == [message]
    assert office.see(task_id).state is TaskState.WAITING
    clock.advance(days=1)
    office.workforce.answer(None, task_id, text="The new price list.", sender="post@northwind.example")
    task = office.see(task_id)
    assert task.state is TaskState.OPEN
    assert task.context["answers"][0]["answer"] == "The new price list."
    assert task.questions[0].answered_by == "post@northwind.example"
    assert task.due_at == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert [event.kind for event in task.history] == ["opened", "asked", "answered"]
    assert office.decide("ada", task_id, payload_hash=task.payload_hash).standing is Standing.FINAL


def test_a_claimed_task_returns_to_its_claimer_once_every_question_is_answered(office: Office) -> None:
    task_id, ada = office.open(), office.workforce.principal("ada")
    office.workforce.claim(ada, task_id)
    office.workforce.ask(ada, task_id, text="One?")
    office.workforce.ask(ada, task_id, text="Two?")
    office.workforce.answer(None, task_id, text="1", sender="s")
    assert office.see(task_id).state is TaskState.WAITING
    office.workforce.answer(None, task_id, text="2", sender="s")
    task = office.see(task_id)
    assert (task.state, task.claimed_by) == (TaskState.CLAIMED, "ada")
    assert [q.answer for q in task.questions] == ["1", "2"]


def test_a_waiting_task_may_be_decided_and_a_late_answer_is_kept_in_its_history(office: Office) -> None:
    task_id = office.open()
    office.decide("ada", task_id, verb="ask", input={"text": "Why?"})
    office.decide("ada", task_id, verb="reject")
    office.workforce.answer(None, task_id, text="Because.", sender="s")
    task = office.see(task_id)
    assert task.state is TaskState.DECIDED
    assert task.history[-1].kind == "answered-late"
    assert "answers" not in task.context


def test_an_empty_answer_is_refused(office: Office) -> None:
    with pytest.raises(Invalid, match="between 1 and"):
        office.workforce.answer(None, office.open(), text="  ", sender="s")


def test_the_inbox_is_filtered_searched_sorted_and_paged(office: Office) -> None:
    amounts = ["90", "1000", "200"]
    made = [office.open(amount=Decimal(a), title=f"Invoice {a}") for a in amounts]
    managers = office.open(role="ap-manager", title="For the manager")
    office.decide("ada", made[0])
    assert {t.id for t in listed(office, state="active")} == {made[1], made[2], managers}
    assert [t.id for t in listed(office, state="decided")] == [made[0]]
    assert [t.id for t in listed(office, role="ap-manager")] == [managers]
    assert [t.id for t in listed(office, query="MANAGER")] == [managers]
    assert listed(office, query="100%") == []
    by_amount = [t.amount for t in listed(office, role="ap-analyst", sort="-amount")]
    assert by_amount == [Decimal(1000), Decimal(200), Decimal(90)]
    with office.store.read() as conn:
        page = office.workforce.tasks(conn, sort="opened", page=2, size=3)
    assert (page.total, page.pages, len(page.rows)) == (4, 2, 1)
    with pytest.raises(Invalid, match="sort"):
        listed(office, sort="colour")
    with pytest.raises(Invalid, match="unknown task state"):
        listed(office, state="gone")


def test_a_persons_inbox_holds_what_they_may_decide_today(office: Office) -> None:
    mine, kept_out = office.open(), office.open(excluded_people=["ada"])
    managers = office.open(role="ap-manager")
    assert {t.id for t in listed(office, person="ada")} == {mine}
    assert {t.id for t in listed(office, person="bob")} == {mine, kept_out}
    away = Absence(first=date(2026, 3, 1), last=date(2026, 3, 6), deputy="ada")
    office.hire(person("mia", "ap-manager", absences=(away,)))
    assert {t.id for t in listed(office, person="ada")} == {mine, managers}


def test_counts_tell_what_waits_for_a_person(office: Office, clock: FixedClock) -> None:
    first = office.open()
    office.open(role="ap-manager")
    office.workforce.claim(office.workforce.principal("ada"), first)
    clock.advance(days=3)
    with office.store.read() as conn:
        counts = office.workforce.counts(conn, office.workforce.principal("ada"))
    assert (counts.mine, counts.claimed, counts.overdue, counts.active) == (1, 1, 1, 2)


def test_notices_are_seen_once(office: Office) -> None:
    office.open()
    with office.store.unit() as unit:
        office.workforce.see_notices(unit, "ada")
    with office.store.read() as conn:
        assert office.workforce.notices(conn, "ada") == []
        assert len(office.workforce.notices(conn, "ada", unseen_only=False)) == 1


def test_an_open_task_keeps_the_protocol_it_was_opened_with(office: Office) -> None:
    task_id = office.open()
    assert office.see(task_id).protocol == HANDOFF
