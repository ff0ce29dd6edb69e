"""The declared ladder really fires: remind, reassign, raise, then the default or the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.rooms.workforce.company import HANDOFF, Office, person
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.spec import Absence, OnTimeout, Rung, RungAction, TimeoutAction
from tiebeam.store import read_journal
from tiebeam.workforce import AlreadyDecided, RungState, TaskState

# ids: B12, HO-01


def ladder(*rungs: tuple[int, RungAction, dict[str, Any]]) -> Any:
    made = tuple(Rung(after_hours=Decimal(hours), action=action, **more) for hours, action, more in rungs)
    return HANDOFF.model_copy(update={"ladder": made})


def march(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def go_to(office: Office, clock: FixedClock, moment: datetime) -> int:
    clock.advance(seconds=(moment - clock.now()).total_seconds())
    return office.engine.sweep()


def notices(office: Office, who: str) -> list[str]:
    with office.store.read() as conn:
        return [notice.kind for notice in office.workforce.notices(conn, who)]


def test_every_rung_fires_in_its_turn_and_the_default_ends_it(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    assert go_to(office, clock, march(2, 12)) == 0
    assert go_to(office, clock, march(2, 13)) == 1
    assert notices(office, "ada") == ["reminded", "opened"]
    assert go_to(office, clock, march(2, 17)) == 1
    task = office.see(task_id)
    assert (task.role, task.due_at) == ("ap-manager", march(3, 15))
    assert notices(office, "mia") == ["reassigned"]
    assert go_to(office, clock, march(3, 15)) == 1
    assert office.see(task_id).role == "finance-director"
    assert notices(office, "dan") == ["raised"]
    assert notices(office, "mia") == ["raised", "reassigned"]
    assert go_to(office, clock, march(4, 13)) == 1
    task = office.see(task_id)
    assert task.state is TaskState.DECIDED
    assert task.decision is not None
    assert (task.decision.person_id, task.decision.verb) == ("system:escalation", "reject")
    assert (task.decision.minutes, task.decision.minutes_how) == (Decimal(0), "no-person")
    assert [rung.state for rung in task.ladder] == [RungState.FIRED] * 4
    with office.store.read() as conn:
        entry = read_journal(conn, "run:run_1")[-1]
    assert (entry.actor, entry.payload["rule"]) == ("system:escalation", "declared-escalation")


def test_a_decision_cancels_every_rung(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    office.decide("ada", task_id)
    assert [rung.state for rung in office.see(task_id).ladder] == [RungState.CANCELLED] * 4
    assert go_to(office, clock, march(31)) == 0


def test_after_the_ladder_has_decided_a_person_is_told_so(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ladder((1, RungAction.DEFAULT, {"verb": "reject"})))
    go_to(office, clock, march(2, 10))
    with pytest.raises(AlreadyDecided, match="Escalation ladder chose 'reject'"):
        office.decide("ada", task_id)


def test_abort_ends_the_task_as_expired_and_lets_the_run_go_on(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ladder((1, RungAction.ABORT, {})))
    go_to(office, clock, march(2, 10))
    task = office.see(task_id)
    assert task.state is TaskState.EXPIRED
    assert task.decision is not None
    assert task.decision.verb == "abort"


def test_raise_without_a_role_goes_to_whom_the_present_role_reports_to(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ladder((1, RungAction.RAISE, {})))
    go_to(office, clock, march(2, 10))
    assert office.see(task_id).role == "ap-manager"


def test_an_escalation_to_a_role_nobody_holds_climbs_on(office: Office, clock: FixedClock) -> None:
    office.leave("mia")
    task_id = office.open(handoff=ladder((1, RungAction.REASSIGN, {"role": "ap-manager"})))
    go_to(office, clock, march(2, 10))
    task = office.see(task_id)
    assert task.role == "finance-director"
    assert task.history[-1].detail["passed"] == ["ap-manager"]


def test_an_escalation_that_leads_nowhere_stays_open_and_tells_the_administrators(
    office: Office, clock: FixedClock
) -> None:
    office.leave("dan")
    task_id = office.open(role="ap-manager", handoff=ladder((1, RungAction.RAISE, {})))
    go_to(office, clock, march(2, 10))
    task = office.see(task_id)
    assert (task.state, task.role, task.ladder[0].state) == (TaskState.OPEN, "ap-manager", RungState.REFUSED)
    assert notices(office, "sam") == ["escalation-refused"]


def test_a_default_does_not_approve_money_beyond_every_limit(office: Office, clock: FixedClock) -> None:
    """The ladder has no limit of its own: it endorses, and somebody with the authority decides."""
    task_id = office.open(needs_authority=True, handoff=ladder((1, RungAction.DEFAULT, {"verb": "approve"})))
    go_to(office, clock, march(2, 10))
    task = office.see(task_id)
    assert (task.state, task.role, task.decision) == (TaskState.OPEN, "ap-manager", None)
    office.leave("mia", "dan")
    other = office.open(needs_authority=True, handoff=ladder((1, RungAction.DEFAULT, {"verb": "approve"})))
    go_to(office, clock, march(2, 12))
    assert office.see(other).ladder[0].state is RungState.REFUSED


def test_a_ladder_fired_late_gives_the_people_it_reaches_their_time(office: Office, clock: FixedClock) -> None:
    """After a long outage the rungs come one after the other at their declared distance, not all at once."""
    task_id = office.open()
    assert go_to(office, clock, march(30)) == 2
    assert office.engine.sweep() == 0
    assert office.see(task_id).role == "ap-manager"
    assert go_to(office, clock, march(30, 17)) == 1
    assert office.see(task_id).role == "finance-director"
    assert go_to(office, clock, march(31, 14)) == 0
    assert go_to(office, clock, march(31, 15)) == 1
    assert office.engine.sweep() == 0
    assert [event.kind for event in office.see(task_id).history] == [
        "opened",
        "reminded",
        "reassigned",
        "raised",
        "decided",
    ]


def test_rungs_wait_for_somebody_to_be_at_work(office: Office, clock: FixedClock) -> None:
    office.leave("bob")
    away = Absence(first=date(2026, 3, 2), last=date(2026, 3, 4))
    office.hire(person("ada", "ap-analyst", absences=(away,)))
    task_id = office.open()
    assert office.see(task_id).ladder[0].at == march(5, 12)


def test_reassigning_by_hand_starts_the_clock_and_the_ladder_anew(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    clock.advance(hours=3)
    sam = office.workforce.principal("sam")
    office.workforce.reassign(sam, task_id, role="finance-director", reason="known to Dan")
    task = office.see(task_id)
    assert (task.role, task.due_at) == ("finance-director", march(3, 10))
    assert task.ladder[0].at == march(2, 16)
    assert go_to(office, clock, march(2, 15)) == 0
    assert go_to(office, clock, march(2, 16)) == 1
    assert notices(office, "dan") == ["reminded", "reassigned"]


def test_a_snooze_hides_a_task_but_stops_no_clock(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    before = office.see(task_id)
    ada = office.workforce.principal("ada")
    office.workforce.snooze(ada, task_id, until=march(2, 15))
    task = office.see(task_id)
    assert (task.due_at, task.ladder) == (before.due_at, before.ladder)
    with office.store.read() as conn:
        assert office.workforce.tasks(conn, with_snoozed=False).total == 0
    assert go_to(office, clock, march(2, 15)) == 2
    assert office.see(task_id).snoozed_until is None
    assert "woke" in notices(office, "ada")


def test_a_snooze_past_the_due_time_is_refused(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    with pytest.raises(Invalid, match="until it is due"):
        office.workforce.snooze(office.workforce.principal("ada"), task_id, until=clock.now() + timedelta(days=9))


def ends(action: TimeoutAction, **more: Any) -> Any:
    steps = HANDOFF.ladder[:2]
    return HANDOFF.model_copy(update={"ladder": steps, "on_timeout": OnTimeout(action=action, **more)})


def test_on_timeout_decides_when_nobody_ever_did(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ends(TimeoutAction.DEFAULT, after_hours=Decimal(20), verb="reject"))
    assert [rung.action for rung in office.see(task_id).ladder][-1] is RungAction.DEFAULT

    go_to(office, clock, march(2, 17))
    go_to(office, clock, march(20))

    decision = office.see(task_id).decision
    assert decision is not None
    assert (decision.verb, decision.person_id) == ("reject", "system:escalation")


def test_on_timeout_ends_the_run_when_it_says_abort(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ends(TimeoutAction.ABORT, after_hours=Decimal(20)))
    go_to(office, clock, march(2, 17))
    go_to(office, clock, march(20))
    assert office.see(task_id).state is TaskState.EXPIRED


def test_a_task_that_says_it_stays_open_stays_open(office: Office, clock: FixedClock) -> None:
    task_id = office.open(handoff=ends(TimeoutAction.STAY_OPEN))
    go_to(office, clock, march(2, 17))
    go_to(office, clock, march(31))
    task = office.see(task_id)
    assert (task.state, task.is_overdue) == (TaskState.OPEN, True)
    assert not [rung for rung in task.ladder if rung.state is RungState.PENDING]


def test_a_default_that_breaks_the_schema_of_the_answer_leaves_the_task_to_people(
    office: Office, clock: FixedClock
) -> None:
    protocol = ladder((4, RungAction.DEFAULT, {"verb": "approve"}))
    task_id = office.open(handoff=protocol, answer={"required": ["reference"]})
    go_to(office, clock, march(20))
    task = office.see(task_id)
    assert task.is_active
    assert [rung.state for rung in task.ladder] == [RungState.REFUSED]
    assert notices(office, "sam") == ["escalation-refused"]
