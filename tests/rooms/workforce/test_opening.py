"""A case becomes a review task: complete, with a person who can act, a deadline and a ladder."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.rooms.workforce.company import CONTEXT, HANDOFF, PAYLOAD, Office, person
from tiebeam.kit import digest_of
from tiebeam.spec import Absence, Rung, RungAction
from tiebeam.store import read_journal
from tiebeam.workforce import BrokenProtocol, IncompleteContext, NobodyHoldsRole, TaskState

# ids: B10, B11, B12, C3, C4, C5, HO-01, HO-02, WF-07


def absent(name: str, *roles: str, first: int, last: int, deputy: str | None = None) -> object:
    away = Absence(first=date(2026, 3, first), last=date(2026, 3, last), deputy=deputy)
    return person(name, *roles, absences=(away,))


def test_an_opened_task_answers_when_with_what_and_who_owns_the_trail(office: Office) -> None:
    task = office.see(office.open())
    assert task.state is TaskState.OPEN
    assert task.context == CONTEXT
    assert task.audit_owner == "auditor"
    assert task.routed_because == "price variance"
    assert task.payload_hash == digest_of(PAYLOAD)
    assert [holder.person_id for holder in task.people] == ["ada", "bob"]
    assert task.due_at == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert task.next_rung is not None
    assert (task.next_rung.action, task.next_rung.at) == (RungAction.REMIND, datetime(2026, 3, 2, 13, tzinfo=UTC))


def test_opening_is_journalled_with_the_role_and_the_audit_owner(office: Office) -> None:
    task = office.see(office.open())
    with office.store.read() as conn:
        entry = read_journal(conn, f"run:{task.run_id}")[-1]
    assert entry.kind == "task.opened"
    assert entry.payload["subject"] == f"task:{task.id}"
    assert entry.payload["audit_owner"] == "auditor"
    assert entry.payload["role"] == "ap-analyst"


@pytest.mark.parametrize("hole", [None, "", [], {}])
def test_an_incomplete_context_package_is_refused(office: Office, hole: object) -> None:
    with pytest.raises(IncompleteContext, match="'findings'"):
        office.open(context={**CONTEXT, "findings": hole})


def test_a_false_or_zero_in_the_context_is_a_value(office: Office) -> None:
    assert office.see(office.open(context={"invoice": 0, "findings": False})).context["findings"] is False


def test_work_for_a_role_nobody_holds_goes_up_and_says_so(office: Office) -> None:
    office.leave("ada", "bob")
    task = office.see(office.open())
    assert task.role == "ap-manager"
    assert "Nobody eligible holds ap-analyst" in task.routed_because
    assert task.history[0].detail["asked_role"] == "ap-analyst"


def test_people_kept_out_do_not_count_as_holders(office: Office) -> None:
    assert office.see(office.open(excluded_people=["ada", "bob"])).role == "ap-manager"


def test_when_nobody_up_to_the_top_can_decide_opening_fails_loudly(office: Office) -> None:
    with pytest.raises(NobodyHoldsRole, match="ap-analyst → ap-manager → finance-director"):
        office.open(excluded_people=["ada", "bob", "mia", "dan"])


def test_a_deputy_stands_in_for_somebody_away(office: Office) -> None:
    office.leave("bob")
    office.hire(absent("ada", "ap-analyst", first=1, last=6, deputy="zoe"))
    people = office.see(office.open()).people
    assert [(p.person_id, p.on_behalf_of) for p in people] == [("zoe", "ada")]


def test_days_without_anybody_at_work_do_not_count_towards_the_deadline(office: Office) -> None:
    office.leave("bob")
    office.hire(absent("ada", "ap-analyst", first=2, last=4))
    task = office.see(office.open())
    assert task.people == ()
    assert task.due_at == datetime(2026, 3, 5, 16, tzinfo=UTC)


def test_a_ladder_that_cannot_be_carried_out_is_refused_before_anybody_waits(office: Office) -> None:
    broken = Rung(after_hours=Decimal(1), action=RungAction.DEFAULT, verb="edit")
    with pytest.raises(BrokenProtocol, match="cannot decide 'edit' by default"):
        office.open(handoff=HANDOFF.model_copy(update={"ladder": (broken,)}))


def test_who_approves_is_answered_before_the_task_exists(office: Office) -> None:
    small = office.workforce.who_approves(role="ap-analyst", team="payables", amount=Decimal(900), needs_authority=True)
    assert (small.role, [p.person_id for p in small.people]) == ("ap-analyst", ["ada", "bob"])
    large = office.workforce.who_approves(
        role="ap-analyst", team="payables", amount=Decimal(9000), needs_authority=True
    )
    assert (large.role, [p.person_id for p in large.people]) == ("ap-manager", ["mia"])
    assert "does not cover 9000" in large.because
