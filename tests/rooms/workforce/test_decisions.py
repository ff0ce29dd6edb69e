"""Deciding: authorised, checked, first wins, recorded, and the run goes on."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.rooms.workforce.company import HANDOFF, PAYLOAD, Office, person, role
from tiebeam.authority import Principal, PrincipalKind
from tiebeam.errors import Invalid, Refused
from tiebeam.kit import FixedClock, digest_of
from tiebeam.spec import Absence
from tiebeam.store import read_journal, verify_journal
from tiebeam.workforce import (
    AlreadyDecided,
    Decision,
    NoAuthority,
    PayloadChanged,
    Standing,
    TaskClosed,
    TaskState,
    UnknownTask,
    WrongInput,
)

# ids: B10, B11, B14, C5, HO-02, WF-07


def decided_entry(office: Office, run_id: str) -> Any:
    with office.store.read() as conn:
        return next(e for e in read_journal(conn, f"run:{run_id}") if e.kind == "task.decided")


def waiting_segments(office: Office) -> set[str]:
    with office.store.engine.connect() as conn:
        rows = conn.execute(sa.text("SELECT kind, key, seq FROM engine_segment WHERE state = 'queued'"))
        return {f"{row.kind}:{row.key}:{row.seq}" for row in rows}


def test_a_decision_closes_the_task_and_enqueues_the_runs_next_segment(office: Office) -> None:
    task_id = office.open()
    decision = office.decide("ada", task_id, payload_hash=digest_of(PAYLOAD))
    task = office.see(task_id)
    assert decision.standing is Standing.FINAL
    assert task.state is TaskState.DECIDED
    assert task.decision == decision
    assert task.next_rung is None
    assert waiting_segments(office) == {f"run:{task.run_id}:1"}


def test_the_journal_says_who_chose_what_over_which_payload_by_which_rule(office: Office) -> None:
    task_id = office.open()
    office.decide("ada", task_id, verb="edit", input={"changes": {"account": "6300"}, "comment": "office"})
    entry = decided_entry(office, "run_1")
    assert entry.actor == "person:ada"
    expected = {
        "subject": f"task:{task_id}",
        "verb": "edit",
        "payload_hash": digest_of({**PAYLOAD, "account": "6300"}),
        "shown_hash": digest_of(PAYLOAD),
        "diff": [{"path": "account", "old": "6200", "new": "6300"}],
        "rule": "role-acts-on-task",
        "role": "ap-analyst",
        "audit_owner": "auditor",
        "comment": "office",
    }
    assert expected.items() <= entry.payload.items()
    with office.store.read() as conn:
        assert verify_journal(conn) == []


def test_the_second_decision_sees_the_first(office: Office) -> None:
    task_id = office.open()
    office.decide("ada", task_id)
    with pytest.raises(AlreadyDecided, match="Ada chose 'approve'") as conflict:
        office.decide("bob", task_id, verb="reject")
    assert conflict.value.status == 409
    assert conflict.value.data["decision"]["person"] == "ada"


def test_of_two_people_deciding_at_once_exactly_one_wins(office: Office) -> None:
    for _ in range(5):
        task_id = office.open()
        barrier, results = threading.Barrier(2), list[Any]()

        def choose(who: str, verb: str, task_id: str = task_id, barrier: Any = barrier, out: Any = results) -> None:
            barrier.wait()
            try:
                out.append(office.decide(who, task_id, verb=verb))
            except AlreadyDecided as conflict:
                out.append(conflict)

        threads = [threading.Thread(target=choose, args=pair) for pair in (("ada", "approve"), ("bob", "reject"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = next(r for r in results if isinstance(r, Decision))
        loser = next(r for r in results if isinstance(r, AlreadyDecided))
        assert loser.data["decision"]["person"] == winner.person_id
        assert office.see(task_id).decision == winner


# runtime: budibase#19358, aetheris#90
def test_a_decision_over_a_payload_that_moved_on_names_what_changed(office: Office) -> None:
    task_id = office.open(needs_authority=True)
    shown = office.see(task_id).payload_hash
    office.decide("ada", task_id, verb="edit", input={"changes": {"account": "6300"}})
    with pytest.raises(PayloadChanged, match="account: '6200' → '6300'") as stale:
        office.decide("mia", task_id, payload_hash=shown)
    assert stale.value.data["payload_hash"] == office.see(task_id).payload_hash
    with pytest.raises(PayloadChanged, match="never this one"):
        office.decide("mia", task_id, payload_hash="0" * 64)


@pytest.mark.parametrize(
    ("verb", "given", "problem"),
    [
        ("edit", {}, "'changes' must map"),
        ("edit", {"changes": {"supplier": "Other"}}, "'supplier' may not be edited"),
        ("edit", {"changes": {"amount": "lots"}}, "plain number"),
        ("edit", {"changes": {"amount": 12.5}}, "must be text"),
        ("edit", {"changes": {"pay_on": "soon"}}, "must be a date"),
        ("edit", {"changes": {"lines": [{"text": "Paper"}]}}, "exactly the fields amount, text"),
        ("edit", {"changes": {"lines": [{"text": "Paper", "amount": "x"}]}}, "plain number"),
        ("edit", {"changes": {"account": "6200"}}, "changes nothing"),
        ("approve", {"changes": {"account": "1"}}, "'changes' is not part of 'approve'"),
        ("approve", {"comment": 7}, "'comment' must be text"),
        ("ask", {"to": "a@example.com"}, "'text' is missing"),
        ("ask", {"text": "?", "subject": "x\nBcc: eve@example.com"}, "one line"),
        ("delete", {}, "does not offer 'delete'"),
    ],
)
def test_wrong_input_is_told_and_asked_again(office: Office, verb: str, given: dict[str, Any], problem: str) -> None:
    task_id = office.open()
    with pytest.raises(WrongInput, match=problem) as wrong:
        office.decide("ada", task_id, verb=verb, input=given)
    assert wrong.value.status == 422
    assert office.see(task_id).state is TaskState.OPEN
    assert office.decide("ada", task_id).standing is Standing.FINAL


def test_above_the_limit_a_decision_is_an_endorsement_and_the_task_moves_up(office: Office) -> None:
    heard = list[Decision]()
    office.workforce.on_endorsed(lambda unit, task, decision: heard.append(decision))
    task_id = office.open(needs_authority=True)
    decision = office.decide("ada", task_id, input={"comment": "looks right"})
    assert (decision.standing, decision.moved_to_role) == (Standing.ENDORSED, "ap-manager")
    assert heard == [decision]
    task = office.see(task_id)
    assert (task.state, task.role) == (TaskState.OPEN, "ap-manager")
    assert task.endorsements[0].comment == "looks right"
    assert waiting_segments(office) == set()
    final = office.decide("mia", task_id)
    assert final.standing is Standing.FINAL
    with office.store.read() as conn:
        kinds = [entry.kind for entry in read_journal(conn, "run:run_1")]
    assert kinds == ["task.opened", "task.endorsed", "task.decided"]


def test_rejecting_needs_no_limit(office: Office) -> None:
    assert office.decide("ada", office.open(needs_authority=True), verb="reject").standing is Standing.FINAL


def test_the_lowest_role_that_covers_is_taken_and_one_nobody_holds_is_passed_over(office: Office) -> None:
    task_id = office.open(needs_authority=True, amount=Decimal(20_000))
    assert office.decide("ada", task_id).moved_to_role == "finance-director"
    office.leave("mia")
    task_id = office.open(needs_authority=True)
    assert office.decide("ada", task_id).moved_to_role == "finance-director"


def test_an_unknown_amount_is_for_somebody_without_a_limit(office: Office) -> None:
    task_id = office.open(needs_authority=True, amount=None)
    assert office.decide("ada", task_id).moved_to_role == "finance-director"


def test_without_any_role_that_covers_approving_is_refused_and_the_task_stays(office: Office) -> None:
    office.leave("dan", "mia")
    task_id = office.open(needs_authority=True)
    with pytest.raises(NoAuthority, match="may approve up to 1000"):
        office.decide("ada", task_id)
    assert office.see(task_id).state is TaskState.OPEN


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "50000.00"},
        {"lines": [{"text": "Paper", "amount": "9000"}, {"text": "More", "amount": "9000"}]},
    ],
)
def test_an_edit_that_raises_the_amount_needs_the_authority_for_the_new_one(
    office: Office, changes: dict[str, Any]
) -> None:
    task_id = office.open(needs_authority=True, amount=Decimal(800), payload={**PAYLOAD, "amount": "800"})
    decision = office.decide("ada", task_id, verb="edit", input={"changes": changes})
    assert (decision.standing, decision.moved_to_role) == (Standing.ENDORSED, "finance-director")


def test_editing_an_account_number_is_not_editing_an_amount(office: Office) -> None:
    task_id = office.open(needs_authority=True, amount=Decimal(800))
    decision = office.decide("ada", task_id, verb="edit", input={"changes": {"account": "990000"}})
    assert decision.standing is Standing.FINAL


def test_somebody_who_decided_an_earlier_step_is_refused_and_told_which(office: Office) -> None:
    office.decide("ada", office.open(run_id="r", step_id="confirm-bank"))
    task_id = office.open(run_id="r", seq=1, step_id="release", excluded_people=["ada"])
    with pytest.raises(Refused, match="already chose 'approve' on step 'confirm-bank'") as refused:
        office.decide("ada", task_id)
    assert refused.value.data["rule"] == "separation-of-duties"
    assert office.decide("bob", task_id).standing is Standing.FINAL


def test_separation_of_duties_binds_an_administrator(office: Office) -> None:
    office.hire(person("sam", "ap-analyst", administrator=True))
    with pytest.raises(Refused, match="separation of duties"):
        office.decide("sam", office.open(excluded_people=["sam"]))


def test_roles_come_from_the_directory_and_not_from_what_the_caller_carries(office: Office) -> None:
    forged = Principal("zoe", "Zoe", roles=("ap-analyst",), administrator=True)
    with pytest.raises(Refused, match="Zoe holds auditor"):
        office.workforce.decide(forged, office.open(), verb="approve")
    agent = Principal("ada", "Ada", roles=("ap-analyst",), kind=PrincipalKind.AGENT)
    with pytest.raises(Refused, match="a person decides"):
        office.workforce.decide(agent, office.open(), verb="approve")


def test_a_deputy_decides_on_behalf_and_with_the_limit_of_who_is_away(office: Office) -> None:
    away = Absence(first=date(2026, 3, 1), last=date(2026, 3, 6), deputy="zoe")
    office.hire(person("mia", "ap-manager", absences=(away,)))
    decision = office.decide("zoe", office.open(role="ap-manager", needs_authority=True))
    assert (decision.standing, decision.on_behalf_of) == (Standing.FINAL, "mia")


def test_limits_in_a_role_above_a_custom_one_are_found_outside_the_line_too(office: Office) -> None:
    roles = {**office.company.roles, "clerk": role("clerk", limit="0")}
    office.company = type(office.company)(office.company.people, roles, office.company.teams, {})
    office.hire(person("kit", "clerk"))
    task_id = office.open(role="clerk", needs_authority=True)
    assert office.decide("kit", task_id).moved_to_role == "ap-manager"


def test_review_minutes_are_measured_from_the_first_look(office: Office, clock: FixedClock) -> None:
    task_id = office.open()
    ada = office.workforce.principal("ada")
    office.workforce.viewed(ada, task_id)
    clock.advance(minutes=3)
    office.workforce.viewed(ada, task_id)
    clock.advance(minutes=4)
    decision = office.decide("ada", task_id)
    assert (decision.minutes, decision.minutes_how) == (Decimal("7.0"), "measured")


def test_a_page_left_open_over_lunch_is_capped_and_nothing_seen_is_not_guessed(
    office: Office, clock: FixedClock
) -> None:
    task_id = office.open()
    office.workforce.viewed(office.workforce.principal("ada"), task_id)
    clock.advance(hours=5)
    assert office.decide("ada", task_id).minutes_how == "capped"
    unseen = office.decide("bob", office.open())
    assert (unseen.minutes, unseen.minutes_how) == (None, "not-measured")
    given = office.decide("bob", office.open(), minutes=Decimal("2.5"))
    assert (given.minutes, given.minutes_how) == (Decimal("2.5"), "given")
    with pytest.raises(Invalid, match="between 0 and 1440"):
        office.decide("bob", office.open(), minutes=Decimal(-1))


# runtime: budibase#19358, aetheris#90
def test_an_approval_expires_after_the_protocols_hours(office: Office, clock: FixedClock) -> None:
    decision = office.decide("ada", office.open())
    assert decision.expires_at == clock.now() + timedelta(hours=48)
    assert not decision.is_expired(clock.now())
    clock.advance(hours=48)
    assert decision.is_expired(clock.now())
    unlimited = HANDOFF.model_copy(update={"expires_hours": None})
    assert not office.decide("ada", office.open(handoff=unlimited)).is_expired(clock.now())


def test_a_hook_that_fails_leaves_nothing_decided(office: Office) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("no ledger")

    office.workforce.on_decided(fail)
    task_id = office.open()
    with pytest.raises(RuntimeError, match="no ledger"):
        office.decide("ada", task_id)
    task = office.see(task_id)
    assert (task.state, task.decision) == (TaskState.OPEN, None)
    assert waiting_segments(office) == set()


def test_tasks_of_a_cancelled_run_are_closed_and_cannot_be_decided(office: Office) -> None:
    task_id = office.open()
    with office.store.unit() as unit:
        assert office.workforce.cancel_tasks(unit, "run_1", reason="duplicate upload") == 1
        assert office.workforce.cancel_tasks(unit, "run_1", reason="again") == 0
    with pytest.raises(TaskClosed, match="cancelled"):
        office.decide("ada", task_id)
    with pytest.raises(UnknownTask):
        office.decide("ada", "task_none")


def test_a_task_of_no_run_is_decided_on_its_own_record_and_continues_nothing(office: Office) -> None:
    seen: list[str] = []
    office.workforce.on_decided(lambda _unit, task, _decision: seen.append(task.id))
    first, second = office.open(run_id=""), office.open(run_id="")
    office.decide("ada", first)
    assert seen == [first]
    assert waiting_segments(office) == set()
    with office.store.read() as conn:
        assert [entry.kind for entry in read_journal(conn, f"task:{first}")] == ["task.opened", "task.decided"]
        assert [entry.kind for entry in read_journal(conn, f"task:{second}")] == ["task.opened"]
    assert office.see(second).state is TaskState.OPEN
