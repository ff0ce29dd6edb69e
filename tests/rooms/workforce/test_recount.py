"""Waiting tasks follow their people: absences, roles, teams, holidays and delegations that change meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.rooms.workforce.company import HANDOFF, META, TEAM, Company, Office, by_id, person
from tiebeam.kit import FixedClock, iso
from tiebeam.spec import Absence, HolidayCalendar, Person, Rung, RungAction, SpecialDay
from tiebeam.store import read_journal
from tiebeam.workforce import TaskState
from tiebeam.workforce.recount import BATCH

# ids: B12, WF-07
# runtime: camunda-tasklist#69, jbpm#1250, jbpm#1255

TUESDAY = Absence(first=date(2026, 3, 3), last=date(2026, 3, 3))
HOLIDAYS = HolidayCalendar(
    id="here",
    meta=META,
    title="Here",
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    day=(SpecialDay(date=date(2026, 3, 3), title="Day of the town"),),
)


def march(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def put_in_force(office: Office, company: Company) -> int:
    """What `tiebeam apply` does: the change and its consequences in one unit."""
    before = office.company
    with office.store.unit() as unit:
        looked_at = office.workforce.people_changed(unit, before, company)
        unit.after_commit(lambda: setattr(office, "company", company))
    return looked_at


def staffed(office: Office, **changes: object) -> Company:
    people = {name: p for name, p in office.company.people.items() if changes.get(name, p) is not None}
    named = [p for p in changes.values() if p is not None]
    return replace(office.company, people={**people, **by_id(tuple(named))})


def on_tuesday_away(*names: str) -> dict[str, Person]:
    return {name: person(name, "ap-analyst", absences=(TUESDAY,)) for name in names}


def test_an_absence_declared_while_a_task_waits_moves_its_due_time_and_rungs(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    task_id = office.open()
    assert office.see(task_id).due_at == march(3, 14)
    away = staffed(
        office,
        ada=person("ada", "ap-analyst", absences=(TUESDAY,)),
        bob=person("bob", "ap-analyst", absences=(TUESDAY,)),
    )

    assert put_in_force(office, away) == 1

    task = office.see(task_id)
    assert task.due_at == march(4, 14)
    assert [rung.at for rung in task.ladder] == [march(4, 10), march(4, 14), march(5, 12), march(6, 10)]
    assert task.history[-1].kind == "recounted"
    clock.advance(hours=18)
    assert office.engine.sweep() == 0


def test_an_absence_taken_back_moves_it_forward_again(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    office.hire(*on_tuesday_away("ada", "bob").values())
    task_id = office.open()
    assert office.see(task_id).due_at == march(4, 14)

    put_in_force(office, staffed(office, bob=person("bob", "ap-analyst")))

    assert office.see(task_id).due_at == march(3, 14)


def test_a_holiday_declared_for_a_team_moves_what_its_people_owe(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    task_id, other = office.open(), office.open(team="elsewhere")
    company = replace(
        office.company,
        teams={"payables": TEAM.model_copy(update={"calendar": "here"})},
        calendars={"here": HOLIDAYS},
    )

    assert put_in_force(office, company) == 1

    assert office.see(task_id).due_at == march(4, 14)
    assert office.see(other).due_at == march(3, 14)


def test_a_change_that_concerns_nobody_who_is_waited_for_touches_nothing(office: Office) -> None:
    task_id = office.open()

    looked_at = put_in_force(office, staffed(office, zoe=person("zoe", "auditor", absences=(TUESDAY,))))

    assert looked_at == 0
    assert [event.kind for event in office.see(task_id).history] == ["opened"]


def test_a_deputy_who_falls_ill_counts_for_whom_they_stand_in_for(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    week = Absence(first=date(2026, 3, 2), last=date(2026, 3, 6), deputy="mia")
    office.leave("bob")
    office.hire(person("ada", "ap-analyst", absences=(week,)))
    task_id = office.open()
    assert office.see(task_id).due_at == march(3, 14)

    put_in_force(office, staffed(office, mia=person("mia", "ap-manager", absences=(TUESDAY,))))

    assert office.see(task_id).due_at == march(4, 14)


def test_when_the_last_holder_leaves_the_task_goes_up_and_its_new_people_are_told(office: Office) -> None:
    task_id = office.open()
    office.workforce.claim(office.workforce.principal("ada"), task_id)

    put_in_force(office, staffed(office, ada=None, bob=None))

    task = office.see(task_id)
    assert (task.role, task.claimed_by, task.state) == ("ap-manager", None, TaskState.OPEN)
    assert task.history[-1].kind == "rerouted"
    with office.store.read() as conn:
        assert [notice.kind for notice in office.workforce.notices(conn, "mia")] == ["rerouted"]


def test_who_loses_the_role_loses_the_claim(office: Office) -> None:
    task_id = office.open()
    office.workforce.claim(office.workforce.principal("ada"), task_id)

    put_in_force(office, staffed(office, ada=person("ada", "buyer")))

    task = office.see(task_id)
    assert (task.role, task.claimed_by, task.state) == ("ap-analyst", None, TaskState.OPEN)
    assert task.history[-1].detail["former"] == "ada"


def test_when_nobody_is_left_at_all_the_administrators_are_told(office: Office) -> None:
    task_id = office.open()
    put_in_force(office, staffed(office, ada=None, bob=None, mia=None, dan=None))

    assert office.see(task_id).history[-1].kind == "nobody-left"
    with office.store.read() as conn:
        assert [notice.kind for notice in office.workforce.notices(conn, "sam")] == ["nobody-left"]


def test_a_delegation_lets_the_days_of_who_is_away_count_and_its_end_takes_them_back(
    office: Office, clock: FixedClock
) -> None:
    clock.advance(hours=7)
    office.leave("bob")
    office.hire(person("ada", "ap-analyst", absences=(TUESDAY,)))
    task_id, ada = office.open(), office.workforce.principal("ada")
    assert office.see(task_id).due_at == march(4, 14)

    made = office.workforce.delegations.create(
        ada, receiver="sam", role="ap-analyst", first=date(2026, 3, 3), last=date(2026, 3, 3), reason="at the dentist"
    )
    assert office.see(task_id).due_at == march(3, 14)

    office.workforce.delegations.revoke(ada, made.id)
    assert office.see(task_id).due_at == march(4, 14)


def test_a_rung_whose_timer_was_not_moved_waits_for_its_time_all_the_same(office: Office, clock: FixedClock) -> None:
    """The graph may change without anybody counting again: a timer that fires looks before it acts."""
    clock.advance(hours=7)
    protocol = HANDOFF.model_copy(update={"ladder": (Rung(after_hours=Decimal(4), action=RungAction.ABORT),)})
    task_id = office.open(handoff=protocol)
    office.hire(*on_tuesday_away("ada", "bob").values())
    clock.advance(hours=18)

    assert office.engine.sweep() == 1

    assert office.see(task_id).is_active
    clock.advance(hours=24)
    assert office.engine.sweep() == 1
    assert office.see(task_id).state is TaskState.EXPIRED


def test_many_waiting_tasks_are_counted_again_in_bounded_units(office: Office, clock: FixedClock) -> None:
    clock.advance(hours=7)
    made = [office.open() for _ in range(BATCH + 1)]

    assert put_in_force(office, staffed(office, **on_tuesday_away("ada", "bob"))) == BATCH

    clock.advance(seconds=3)
    assert office.engine.sweep() == 1
    due = {office.see(task_id).due_at for task_id in (made[0], made[-1])}
    assert due == {march(4, 14)}
    assert office.engine.sweep() == 0


@pytest.mark.parametrize("taken_by", ["claim", "release", "reassign"])
def test_changing_hands_keeps_the_due_time_of_who_it_was_escalated_to(
    office: Office, clock: FixedClock, taken_by: str
) -> None:
    """Due time, rungs and their timers move in the unit that changes hands, and never back to before it came here."""
    task_id, mia = office.open(), office.workforce.principal("mia")
    clock.advance(hours=8)
    office.engine.sweep()
    due = office.see(task_id).due_at
    assert (office.see(task_id).role, due) == ("ap-manager", march(3, 15))
    office.workforce.claim(mia, task_id)
    if taken_by == "release":
        office.workforce.release(mia, task_id)
    if taken_by == "reassign":
        clock.advance(hours=17)
        office.workforce.reassign(mia, task_id, person="mia")
        due = march(3, 18)
    assert office.see(task_id).due_at == due
    with office.store.read() as conn:
        entry = [e for e in read_journal(conn, "run:run_1") if e.kind.startswith("task.")][-1]
    assert entry.payload["due_at"] == iso(due)
