"""Acting for somebody is a row with days and a reason, and is never given on."""

# ids: HO-02, B14, C5

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.rooms.workforce.company import Office, person
from tiebeam.errors import Conflict, Invalid, NotFound, Refused
from tiebeam.kit import FixedClock
from tiebeam.spec import Absence
from tiebeam.workforce import Delegation, DelegationState, UnknownDelegation

TODAY = date(2026, 3, 2)


def delegate(office: Office, by: str = "ada", **changes: Any) -> Delegation:
    given: dict[str, Any] = {
        "receiver": "zoe",
        "role": "ap-analyst",
        "first": TODAY,
        "last": TODAY + timedelta(days=4),
        "reason": "Ada is at the fair",
    }
    return office.workforce.delegations.create(office.workforce.principal(by), **{**given, **changes})


def listed(office: Office, who: str, **more: Any) -> list[str]:
    with office.store.read() as conn:
        found = office.workforce.delegations.find(conn, office.workforce.principal(who), **more)
    return [one.id for one in found]


def told(office: Office, who: str) -> list[str]:
    with office.store.read() as conn:
        return [one.kind for one in office.workforce.notices(conn, who)]


def test_who_received_a_role_decides_and_the_record_says_for_whom(office: Office) -> None:
    task_id = office.open()
    with pytest.raises(Refused):
        office.decide("zoe", task_id)
    delegate(office)
    assert [one.person_id for one in office.see(task_id).people if one.on_behalf_of == "ada"] == ["zoe"]
    decision = office.decide("zoe", task_id)
    assert (decision.person_id, decision.on_behalf_of, decision.role) == ("zoe", "ada", "ap-analyst")


def test_it_holds_from_its_first_day_to_its_last(office: Office, clock: FixedClock) -> None:
    made = delegate(office, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=1))
    assert made.state(TODAY) is DelegationState.PLANNED
    assert office.workforce.principal("zoe").deputising == ()
    clock.advance(days=1)
    assert office.workforce.principal("zoe").deputising == (("ap-analyst", "ada"),)
    clock.advance(days=1)
    assert office.workforce.principal("zoe").deputising == ()
    assert listed(office, "ada") == []
    assert listed(office, "ada", with_ended=True) == [made.id]


def test_it_ends_when_it_is_revoked_by_either_of_the_two(office: Office) -> None:
    for by in ("ada", "zoe"):
        made = delegate(office)
        office.workforce.delegations.revoke(office.workforce.principal(by), made.id)
        assert office.workforce.principal("zoe").deputising == ()
        with pytest.raises(Conflict, match="already revoked"):
            office.workforce.delegations.revoke(office.workforce.principal(by), made.id)


def test_what_was_given_is_not_given_on(office: Office) -> None:
    delegate(office)
    with pytest.raises(Invalid, match="not given on"):
        delegate(office, by="zoe", receiver="sam")
    away = person("zoe", "auditor", absences=(Absence(first=TODAY, last=TODAY, deputy="sam"),))
    office.hire(away)
    assert office.workforce.principal("sam").deputising == (("auditor", "zoe"),)
    assert [one.person_id for one in office.see(office.open()).people] == ["ada", "bob"]


def test_it_is_worth_nothing_once_the_giver_lost_the_role_or_left(office: Office) -> None:
    delegate(office)
    office.hire(person("ada", "buyer"))
    assert office.workforce.principal("zoe").deputising == ()
    office.leave("ada")
    assert office.workforce.principal("zoe").deputising == ()


def test_separation_of_duties_holds_through_it(office: Office) -> None:
    delegate(office)
    for_the_giver = office.open(excluded_people=("ada",))
    with pytest.raises(Refused, match="separation of duties"):
        office.decide("zoe", for_the_giver)
    for_the_receiver = office.open(excluded_people=("zoe",))
    with pytest.raises(Refused, match="separation of duties"):
        office.decide("zoe", for_the_receiver)


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"receiver": "ada"}, Refused, "themselves"),
        ({"receiver": "nobody"}, NotFound, "nobody"),
        ({"receiver": "bob"}, Invalid, "already"),
        ({"role": "ap-manager"}, Invalid, "does not hold"),
        ({"role": "no-such-role"}, Invalid, "does not hold"),
        ({"last": TODAY - timedelta(days=1)}, Invalid, "before"),
        ({"first": TODAY - timedelta(days=1)}, Invalid, "past"),
        ({"first": TODAY - timedelta(days=3), "last": TODAY - timedelta(days=1)}, Invalid, "past"),
        ({"last": TODAY + timedelta(days=92)}, Invalid, "92 days"),
        ({"reason": "  "}, Invalid, "reason"),
        ({"reason": "x" * 501}, Invalid, "longer"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    office: Office, changes: dict[str, Any], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        delegate(office, **changes)
    assert listed(office, "ada") == []


def test_the_same_twice_and_a_circle_are_refused(office: Office) -> None:
    made = delegate(office)
    with pytest.raises(Conflict, match=made.id):
        delegate(office)
    office.hire(person("zoe", "auditor", "ap-analyst"), person("ada", "buyer"))
    with pytest.raises(Conflict, match="circle"):
        delegate(office, by="zoe", receiver="ada")


def test_nobody_delegates_for_a_colleague_but_an_administrator_who_tells_them(office: Office) -> None:
    with pytest.raises(Refused):
        delegate(office, by="bob", giver="ada")
    with pytest.raises(Refused):
        delegate(office, by="sam", giver="ada", receiver="sam")
    made = delegate(office, by="sam", giver="ada")
    assert (made.giver, made.created_by) == ("ada", "person:sam")
    assert told(office, "ada") == ["delegation-created"]
    assert told(office, "zoe") == ["delegation-created"]


def test_others_do_not_learn_of_it(office: Office) -> None:
    made = delegate(office)
    assert listed(office, "ada") == listed(office, "zoe") == listed(office, "sam") == [made.id]
    assert listed(office, "bob") == []
    for unknown in (made.id, "delegation_99"):
        with pytest.raises(UnknownDelegation):
            office.workforce.delegations.revoke(office.workforce.principal("bob"), unknown)


def test_who_came_with_a_token_delegates_nothing(office: Office) -> None:
    by = replace(office.workforce.principal("ada"), method="token")
    with pytest.raises(Refused, match="token"):
        office.workforce.delegations.create(
            by, receiver="zoe", role="ap-analyst", first=TODAY, last=TODAY, reason="at the fair"
        )


def test_it_is_on_the_giver_s_record(office: Office) -> None:
    made = delegate(office)
    office.workforce.delegations.revoke(office.workforce.principal("zoe"), made.id)
    with office.store.read() as conn:
        rows = conn.exec_driver_sql("SELECT kind, actor FROM journal_entry WHERE stream = 'person:ada' ORDER BY seq")
        assert [tuple(row) for row in rows] == [
            ("delegation.created", "person:ada"),
            ("delegation.revoked", "person:zoe"),
        ]
