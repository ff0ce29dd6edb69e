"""Who decides is settled for each step: a role or a person the step names, or a problem somebody sees."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.rooms.workforce.company import Office, person
from tiebeam.errors import Refused
from tiebeam.kit import FixedClock
from tiebeam.spec import Absence
from tiebeam.workforce import NobodyHoldsRole, Standing, TaskState, UnknownApprover

# ids: WF-07, C4
# runtime: budibase#19358, aetheris#90


def test_the_person_a_step_names_has_the_task_and_the_record_says_why(office: Office) -> None:
    task_id = office.open(person="bob")

    task = office.see(task_id)
    assert (task.state, task.claimed_by, task.role) == (TaskState.CLAIMED, "bob", "ap-analyst")
    assert task.routed_because == "price variance. Bob is asked by name, as ap-analyst"
    with office.store.read() as conn:
        assert [notice.kind for notice in office.workforce.notices(conn, "bob")] == ["opened"]
        assert office.workforce.notices(conn, "ada") == []
    with pytest.raises(Refused, match="claimed by 'bob'"):
        office.decide("ada", task_id)
    assert office.decide("bob", task_id, "reject").standing is Standing.FINAL


def test_who_is_asked_by_name_may_give_it_back_to_the_role(office: Office) -> None:
    task_id = office.open(person="bob")
    office.workforce.release(office.workforce.principal("bob"), task_id)
    assert office.decide("ada", task_id, "reject").person_id == "ada"


def test_while_they_are_away_their_deputy_is_asked_and_their_days_count(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    away = Absence(first=date(2026, 3, 2), last=date(2026, 3, 6), deputy="mia")
    office.hire(person("bob", "ap-analyst", absences=(away,)))
    task_id = office.open(person="bob")

    assert office.see(task_id).due_at == datetime(2026, 3, 3, 14, tzinfo=UTC)
    with office.store.read() as conn:
        assert [notice.kind for notice in office.workforce.notices(conn, "mia")] == ["opened"]
    assert office.decide("mia", task_id, "reject").on_behalf_of == "bob"


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ({"person": "bobb"}, "no person 'bobb' in this workspace; did you mean 'bob'"),
        ({"person": "zoe"}, r"Zoe \(zoe\) is asked by name and does not hold the role 'ap-analyst'; ada, bob could"),
        ({"person": "bob", "excluded_people": ["bob"]}, "took part before; ada could decide"),
        ({"role": "ap-analist"}, "no role 'ap-analist' in this workspace; did you mean 'ap-analyst'"),
    ],
)
def test_an_approver_who_cannot_decide_is_a_problem_and_nothing_opens(
    office: Office, named: dict[str, object], problem: str
) -> None:
    with pytest.raises(UnknownApprover, match=problem) as refused:
        office.open(**named)
    assert isinstance(refused.value, NobodyHoldsRole)
    with office.store.read() as conn:
        assert office.workforce.tasks(conn).total == 0


def test_a_deputys_claim_ends_with_the_absence_it_came_from(office: Office, clock: FixedClock) -> None:
    today = Absence(first=date(2026, 3, 2), last=date(2026, 3, 2), deputy="mia")
    office.hire(person("ada", "ap-analyst", absences=(today,)))
    task_id = office.open()
    office.workforce.claim(office.workforce.principal("mia"), task_id)
    with pytest.raises(Refused, match="claimed by 'mia'"):
        office.decide("bob", task_id)
    clock.advance(days=1)
    assert office.decide("ada", task_id, "reject").standing is Standing.FINAL
