"""Emergency access: a role for minutes, an alarm, a trace of every act, a review by somebody else, and no way past a
forbid."""

# ids: HO-02, B14, C5

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.builders.authority import authority
from tests.rooms.workforce.company import Office
from tiebeam.errors import Conflict, Invalid, Refused
from tiebeam.kit import FixedClock
from tiebeam.workforce import Emergencies, Emergency, EmergencyState, Finding, Standing, UnknownEmergency

REASON = "Nobody of payables can be reached"


def break_glass(office: Office, by: str = "sam", **changes: Any) -> Emergency:
    given: dict[str, Any] = {"role": "ap-analyst", "minutes": 30, "reason": REASON}
    return office.workforce.emergencies.open(office.workforce.principal(by), **{**given, **changes})


def review(office: Office, by: str, emergency_id: str, finding: Finding = Finding.JUSTIFIED) -> Emergency:
    note = "Looked at the decision and the mail"
    return office.workforce.emergencies.review(office.workforce.principal(by), emergency_id, finding=finding, note=note)


def listed(office: Office, who: str, **more: Any) -> list[Emergency]:
    with office.store.read() as conn:
        return office.workforce.emergencies.find(conn, office.workforce.principal(who), **more)


def decided_entry(office: Office) -> dict[str, Any]:
    import json

    with office.store.read() as conn:
        row = conn.exec_driver_sql("SELECT payload FROM journal_entry WHERE kind = 'task.decided'").one()
    return json.loads(row[0])


def test_it_lets_somebody_decide_for_its_minutes_and_every_act_is_marked(office: Office, clock: FixedClock) -> None:
    first, second = office.open(), office.open()
    with pytest.raises(Refused):
        office.decide("sam", first)
    made = break_glass(office)
    assert office.workforce.principal("sam").emergency == ("ap-analyst",)
    decision = office.decide("sam", first)
    assert decision.rule.startswith("break-glass")
    assert decided_entry(office)["emergency"] == made.id
    (shown,) = listed(office, "sam")
    assert [(use.verb, use.object) for use in shown.uses] == [("task.decide", f"task:{first}")]
    clock.advance(minutes=30)
    with pytest.raises(Refused):
        office.decide("sam", second)


def test_closing_ends_it_at_once(office: Office) -> None:
    made = break_glass(office)
    ended = office.workforce.emergencies.close(office.workforce.principal("sam"), made.id)
    assert (ended.closed_by, office.workforce.principal("sam").emergency) == ("sam", ())
    with pytest.raises(Refused):
        office.decide("sam", office.open())
    with pytest.raises(Conflict, match="over"):
        office.workforce.emergencies.close(office.workforce.principal("sam"), made.id)


def test_administrators_and_the_holders_of_the_role_are_told_at_once(office: Office) -> None:
    break_glass(office)
    with office.store.read() as conn:
        told = {who for who in office.company.people if office.workforce.notices(conn, who)}
        (alarm,) = office.workforce.notices(conn, "ada")
    assert told == {"ada", "bob"}
    assert (alarm.kind, alarm.task_id) == ("emergency-opened", None)
    assert REASON in alarm.text


def test_separation_of_duties_is_not_lifted(office: Office) -> None:
    break_glass(office)
    with pytest.raises(Refused, match="separation of duties"):
        office.decide("sam", office.open(excluded_people=("sam",)))


def test_a_claim_of_somebody_at_work_is_not_lifted(office: Office) -> None:
    task_id = office.open()
    office.workforce.claim(office.workforce.principal("ada"), task_id)
    break_glass(office)
    with pytest.raises(Refused, match="claimed"):
        office.decide("sam", task_id)


def test_the_limit_of_the_role_that_was_taken_holds(office: Office) -> None:
    break_glass(office)
    below = office.open(amount=Decimal(900), needs_authority=True)
    assert office.decide("sam", below).standing is Standing.FINAL
    above = office.open(amount=Decimal(5000), needs_authority=True)
    assert office.decide("sam", above).standing is Standing.ENDORSED


def test_nobody_but_administrators_and_the_named_roles_open_it(office: Office) -> None:
    with pytest.raises(Refused, match="may not"):
        break_glass(office, by="zoe")
    assert listed(office, "sam") == []


def test_who_holds_a_named_role_opens_it_without_being_an_administrator(office: Office) -> None:
    verbs = Emergencies(
        office.store,
        people=lambda: office.company,
        authority=authority(),
        openers=lambda: ("auditor",),
        tell=lambda *_: None,
    )
    made = verbs.open(office.workforce.principal("zoe"), role="ap-analyst", minutes=5, reason=REASON)
    assert made.person_id == "zoe"
    with pytest.raises(Refused, match="may not"):
        verbs.open(office.workforce.principal("bob"), role="ap-manager", minutes=5, reason=REASON)


def test_machines_and_agents_never_open_it(office: Office) -> None:
    with pytest.raises(Refused, match="token"):
        office.workforce.emergencies.open(
            replace(office.workforce.principal("sam"), method="token"), role="ap-analyst", minutes=5, reason=REASON
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reason": "urgent"}, "10 to"),
        ({"reason": " " * 40}, "10 to"),
        ({"minutes": 0}, "1 to 240"),
        ({"minutes": 241}, "1 to 240"),
        ({"role": "no-such-role"}, "no role"),
        ({"role": "buyer"}, "already"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(office: Office, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises((Invalid, Refused), match=reason):
        break_glass(office, **changes)
    assert listed(office, "sam") == []


def test_the_same_twice_is_refused(office: Office) -> None:
    made = break_glass(office)
    with pytest.raises(Conflict, match=made.id):
        break_glass(office)


def test_somebody_else_reviews_it_once_it_is_over(office: Office, clock: FixedClock) -> None:
    made = break_glass(office)
    with pytest.raises(Conflict, match="close it first"):
        review(office, "ada", made.id)
    clock.advance(minutes=31)
    assert made.state(clock.now()) is EmergencyState.AWAITING_REVIEW
    with pytest.raises(Refused):
        review(office, "sam", made.id)
    judged = review(office, "ada", made.id, Finding.NOT_JUSTIFIED)
    assert (judged.reviewed_by, judged.finding) == ("ada", Finding.NOT_JUSTIFIED)
    with pytest.raises(Conflict, match="reviewed"):
        review(office, "bob", made.id)
    assert listed(office, "ada") == []
    assert [one.id for one in listed(office, "ada", with_reviewed=True)] == [made.id]


def test_who_vouched_for_the_session_does_not_review_it(office: Office, clock: FixedClock) -> None:
    by = replace(office.workforce.principal("sam"), vouched_by="ada")
    made = office.workforce.emergencies.open(by, role="ap-analyst", minutes=5, reason=REASON)
    clock.advance(minutes=6)
    with pytest.raises(Refused):
        review(office, "ada", made.id)
    with office.store.read() as conn:
        assert office.workforce.emergencies.reviewable(conn, office.workforce.principal("ada")) == []
        waiting = office.workforce.emergencies.reviewable(conn, office.workforce.principal("bob"))
    assert [one.id for one in waiting] == [made.id]


def test_others_do_not_learn_of_it(office: Office) -> None:
    made = break_glass(office)
    assert listed(office, "zoe") == []
    for unknown in (made.id, "emergency_99"):
        with pytest.raises(UnknownEmergency):
            office.workforce.emergencies.close(office.workforce.principal("zoe"), unknown)


def test_it_is_on_the_record_from_opening_to_review(office: Office, clock: FixedClock) -> None:
    made = break_glass(office)
    office.workforce.emergencies.close(office.workforce.principal("sam"), made.id)
    review(office, "bob", made.id)
    with office.store.read() as conn:
        rows = conn.exec_driver_sql("SELECT kind, actor FROM journal_entry WHERE stream = 'person:sam' ORDER BY seq")
        assert [tuple(row) for row in rows] == [
            ("emergency.opened", "person:sam"),
            ("emergency.closed", "person:sam"),
            ("emergency.reviewed", "person:bob"),
        ]
