"""Whatever people, answers and the ladder do to a task in whatever order, it ends once and stays consistent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.rooms.workforce.company import Office
from tests.rooms.workforce.test_decisions import waiting_segments
from tiebeam.errors import TiebeamError
from tiebeam.kit import FixedClock, digest_of
from tiebeam.store import metadata, verify_journal
from tiebeam.workforce import AlreadyDecided, Decision, RungState, TaskState

pytestmark = pytest.mark.deep

# ids: B10, B12, C5

WHO = st.sampled_from(["ada", "bob", "mia", "dan", "zoe", "sam"])
VERB = st.sampled_from(["approve", "reject", "edit", "ask", "burn"])
INPUT = {"edit": {"changes": {"account": "6300"}}, "ask": {"text": "Why?"}}
CLOSED = {TaskState.DECIDED, TaskState.EXPIRED, TaskState.CANCELLED}


class Life(RuleBasedStateMachine):
    """One task from opening to its end; refused moves must change nothing."""

    def __init__(self, office: Office, clock: FixedClock) -> None:
        super().__init__()
        self.office, self.clock = office, clock
        self.task_id = office.open(excluded_people=["bob"], needs_authority=True)
        self.end: Any = None

    def attempt(self, act: Callable[[], object]) -> None:
        before = self.office.see(self.task_id)
        try:
            act()
        except TiebeamError:
            assert self.office.see(self.task_id) == before

    @rule(who=WHO, verb=VERB)
    def decide(self, who: str, verb: str) -> None:
        self.attempt(lambda: self.office.decide(who, self.task_id, verb=verb, input=INPUT.get(verb, {})))

    @rule(who=WHO)
    def claim(self, who: str) -> None:
        self.attempt(lambda: self.office.workforce.claim(self.office.workforce.principal(who), self.task_id))

    @rule(who=WHO)
    def release(self, who: str) -> None:
        self.attempt(lambda: self.office.workforce.release(self.office.workforce.principal(who), self.task_id))

    @rule(who=WHO, role=st.sampled_from([None, "ap-analyst", "ap-manager"]), person=st.none() | WHO)
    def reassign(self, who: str, role: str | None, person: str | None) -> None:
        actor = self.office.workforce.principal(who)
        self.attempt(lambda: self.office.workforce.reassign(actor, self.task_id, role=role, person=person))

    @rule(who=WHO, hours=st.integers(1, 12))
    def snooze(self, who: str, hours: int) -> None:
        until = self.clock.now() + timedelta(hours=hours)
        actor = self.office.workforce.principal(who)
        self.attempt(lambda: self.office.workforce.snooze(actor, self.task_id, until=until))

    @rule()
    def answer(self) -> None:
        self.attempt(lambda: self.office.workforce.answer(None, self.task_id, text="Because.", sender="s"))

    @rule(hours=st.integers(1, 40))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.office.engine.sweep()

    @rule(sure=st.sampled_from([False, False, False, True]))
    def cancel(self, sure: bool) -> None:
        if sure:
            with self.office.store.unit() as unit:
                self.office.workforce.cancel_tasks(unit, f"run_{self.office.runs}", reason="test")

    @invariant()
    def is_consistent(self) -> None:
        task = self.office.see(self.task_id)
        assert task.payload_hash == digest_of(task.payload)
        assert (task.state in CLOSED) == (task.closed_at is not None)
        assert (task.decision is not None) == (task.state in {TaskState.DECIDED, TaskState.EXPIRED})
        assert task.decision is None or task.decision.person_id != "bob"
        assert task.state is not TaskState.CLAIMED or task.claimed_by is not None
        assert task.state is not TaskState.OPEN or task.claimed_by is None
        assert task.history[0].kind == "opened"
        is_going_on = f"run:run_{self.office.runs}:1" in waiting_segments(self.office)
        assert is_going_on == (task.decision is not None)
        if task.state in CLOSED:
            self.end = self.end or (task.state, task.decision, task.closed_at, task.payload_hash)
            assert self.end == (task.state, task.decision, task.closed_at, task.payload_hash)
            assert all(rung.state is not RungState.PENDING for rung in task.ladder)
        assert self.pending_timers(task.wait_id) == 0 or task.state not in CLOSED

    def pending_timers(self, wait_id: str) -> int:
        timer = metadata.tables["engine_timer"]
        statement = sa.select(sa.func.count()).where(timer.c.wait_id == wait_id, timer.c.state == "pending")
        with self.office.store.read() as conn:
            return conn.execute(statement).scalar_one()

    def teardown(self) -> None:
        with self.office.store.read() as conn:
            assert verify_journal(conn, f"run:run_{self.office.runs}") == []


def test_a_task_ends_once_whatever_happens_in_whatever_order(office: Office, clock: FixedClock) -> None:
    run_state_machine_as_test(
        lambda: Life(office, clock),
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_person_and_the_ladder_deciding_at_once_leave_one_decision(office: Office, clock: FixedClock) -> None:
    for _ in range(4):
        task_id = office.open()
        clock.advance(days=20)
        for _ in range(4):
            clock.advance(hours=12)
            office.engine.sweep()
            if office.see(task_id).next_rung is not None and len(office.see(task_id).history) == 4:
                break
        rung = office.see(task_id).next_rung
        assert rung is not None
        clock.advance(seconds=max(0.0, (rung.at - clock.now()).total_seconds()))
        results, barrier = list[object](), threading.Barrier(2)

        def person(task_id: str = task_id, barrier: Any = barrier, out: Any = results) -> None:
            barrier.wait()
            try:
                out.append(office.decide("dan", task_id))
            except AlreadyDecided as late:
                out.append(late)

        thread = threading.Thread(target=person)
        thread.start()
        barrier.wait()
        office.engine.sweep()
        thread.join()
        decision = office.see(task_id).decision
        assert decision is not None
        assert isinstance(results[0], Decision) == (decision.person_id == "dan")
