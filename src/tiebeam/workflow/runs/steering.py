"""What people and moments do to a run from outside: wake it, hand it an event, pause it, end it, set it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tiebeam.engine import Engine, Timer
from tiebeam.errors import Conflict
from tiebeam.spec import AtDeadline
from tiebeam.store import Unit
from tiebeam.workflow.runs.closing import Ending
from tiebeam.workflow.runs.frontier import below
from tiebeam.workflow.runs.instances import DEADLINE, UNDO, instance_of, parts_of
from tiebeam.workflow.runs.means import KeptEvent, Means
from tiebeam.workflow.runs.problems import open_problem, retrying
from tiebeam.workflow.runs.rows import (
    StepRow,
    in_state,
    load_run,
    load_states,
    lock_key,
    row_of_step,
    waiting_for_event,
)
from tiebeam.workflow.runs.shape import CONTAINERS, Place
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workflow.runs.waiting import arrived, elapsed, event_key
from tiebeam.workflow.runs.work import Work


class NotNow(Conflict):
    """The run is not in a state in which this can be done."""

    code = "not_now"


@dataclass(frozen=True, slots=True)
class EventWait:
    """An instance that waits for an event; `payload_schema` is the JSON Schema it must keep."""

    run_id: str
    instance: str
    wait_id: str
    payload_schema: Mapping[str, Any] | None


def take_up(means: Means, unit: Unit, run_id: str) -> Work:
    """The run as it stands; on PostgreSQL its row is locked until the unit ends. Raises NotFound."""
    row = load_run(unit.conn, run_id, for_update=True)
    return Work(unit, row, means.plans.of(unit.conn, row.recipe_hash), load_states(unit.conn, run_id))


def enqueue(engine: Engine, work: Work, *, queue: str = "work") -> None:
    """Have the run carried on once this unit is committed. Its new number tells others that it has moved on."""
    priority = work.plan.recipe.limits.priority
    seq = work.take_seq()
    engine.enqueue(work.unit, kind="run", key=work.row.id, seq=seq, queue=queue, team=work.row.team, priority=priority)


class Steering:
    def __init__(self, means: Means, ending: Ending) -> None:
        self._means = means
        self._ending = ending

    def woken(self, unit: Unit, timer: Timer) -> None:
        """A moment has come: a timer's, an event's last one, a further attempt's, or the run's deadline."""
        instance = str(timer.payload["step"])
        work = take_up(self._means, unit, str(timer.payload["run"]))
        if timer.wait_id is None or not self._means.engine.close_wait(unit, timer.wait_id, outcome="elapsed"):
            return
        if work.row.state.is_final and work.row.state is not RunState.FAILED:
            return
        state = work.states.get(instance)
        if state is None or state.wait_id != timer.wait_id:
            if instance != DEADLINE:
                return
            self._deadline(work)
        elif state.phase is StepPhase.PROBLEM:
            self._ask_again(work, instance, state.output)
        elif state.phase is StepPhase.RETRYING:
            work.keep(retrying(work, instance, {**state.output["retry"], "due": True}, wait_id=None))
        else:
            elapsed(work, instance)
            self._ask_rules(work, instance)
        self._carry_on(work)

    def _ask_rules(self, work: Work, instance: str) -> None:
        """What has come may be what the recipe stops at."""
        if work.ends_as is None:
            self._ending.stops(work, work.plan.shape.place(*parts_of(instance)))

    def _deadline(self, work: Work) -> None:
        if work.row.ends_as is not None:
            return
        limits = work.plan.recipe.limits
        message = f"the run has taken longer than the {limits.deadline_hours} hours its recipe allows"
        work.fact("run.overdue", at_deadline=limits.at_deadline.value)
        if limits.at_deadline is AtDeadline.STOP:
            self._ending.begin(work, final=RunState.STOPPED, reason=f"deadline: {message}")
            return
        open_problem(self._means, work, _place_of_run(work), kind="deadline", message=message, instance=DEADLINE)

    def _ask_again(self, work: Work, instance: str, output: Mapping[str, Any]) -> None:
        """A problem could be put to nobody; perhaps somebody may decide it by now."""
        known, kept = output["problem"], {name: value for name, value in output.items() if name != "problem"}
        is_run = instance == DEADLINE
        place = _place_of_run(work) if is_run else work.plan.shape.place(*parts_of(instance.removesuffix(UNDO)))
        given = {"kind": known["kind"], "message": known["message"], "found": known["found"]}
        open_problem(self._means, work, place, **given, instance=instance, kept=kept)

    def _carry_on(self, work: Work) -> None:
        if not work.state.is_final and work.state is not RunState.PAUSED:
            enqueue(self._means.engine, work)
        else:
            work.take_seq()
        work.flush(self._means.economics)

    def event_waits(self, conn: sa.Connection, name: str, key: str) -> list[EventWait]:
        """The instances that wait for an event of this name and key, the oldest first; at most a thousand.

        Ask in the unit that keeps the event: nobody begins to wait for it until that unit ends.
        """
        lock_key(conn, event_key(name, key))
        found: list[EventWait] = []
        for row in waiting_for_event(conn, event_key(name, key)):
            step = self._means.plans.of(conn, row.recipe_hash).step(parts_of(row.step_id)[0])
            schema = None if step.event is None else step.event.payload
            found.append(EventWait(row.run_id, row.step_id, row.wait_id, schema))
        return found

    def event_arrived(
        self, unit: Unit, wait: EventWait, *, payload: Mapping[str, Any], event_id: str, actor: str
    ) -> bool:
        """Close the instance with the event and have its run go on; False when it waits no more."""
        work = take_up(self._means, unit, wait.run_id)
        state = work.states.get(wait.instance)
        is_over = work.row.state.is_final and work.row.state is not RunState.FAILED
        if is_over or state is None or state.wait_id != wait.wait_id:
            return False
        if not self._means.engine.close_wait(unit, wait.wait_id, outcome="arrived"):
            return False
        work.fact("event.arrived", actor=actor, step=wait.instance, event=event_id)
        arrived(work, work.plan.shape.place(*parts_of(wait.instance)), KeptEvent(event_id, payload))
        self._ask_rules(work, wait.instance)
        self._carry_on(work)
        return True

    def pause(self, unit: Unit, run_id: str, *, actor: str, reason: str) -> None:
        """Nothing new is begun until it is resumed. What comes meanwhile is kept. Raises NotFound and NotNow."""
        work = take_up(self._means, unit, run_id)
        if work.row.state.is_final or work.row.state is RunState.PAUSED:
            raise NotNow(
                f"run {run_id!r} is {work.row.state.value}, and only one that goes on can be paused", run=run_id
            )
        work.take_seq()
        work.changes |= in_state(unit, RunState.PAUSED)
        work.fact("run.paused", actor=actor, reason=reason)
        work.flush(self._means.economics)

    def resume(self, unit: Unit, run_id: str, *, actor: str, reason: str) -> None:
        """Go on with a paused run. Raises NotFound and NotNow."""
        work = take_up(self._means, unit, run_id)
        if work.row.state is not RunState.PAUSED:
            raise NotNow(f"run {run_id!r} is {work.row.state.value}, and only a paused one is resumed", run=run_id)
        work.changes |= in_state(unit, RunState.UNDOING if work.row.ends_as is not None else RunState.QUEUED)
        work.fact("run.resumed", actor=actor, reason=reason)
        enqueue(self._means.engine, work)
        work.flush(self._means.economics)

    def abort(
        self, unit: Unit, run_id: str, *, actor: str, reason: str, final: RunState, undo: bool = True
    ) -> RunState:
        """End a run before its time as stopped or cancelled, after what it did is taken back where its recipe says how.

        Without `undo` what it did stays. Returns its state now. A run that has ended, or is ending, stays as it is.
        """
        work = take_up(self._means, unit, run_id)
        if work.row.state.is_final and work.row.state is not RunState.FAILED:
            return work.row.state
        if work.row.ends_as is None:
            self._ending.begin(work, final=final, reason=reason, actor=actor, undo=undo)
            if work.state.is_final:
                work.take_seq()
            else:
                work.changes["ended_at"] = None
                enqueue(self._means.engine, work)
            work.flush(self._means.economics)
        return work.row.state

    def withdraw(self, unit: Unit, run_id: str, *, reason: str) -> None:
        """Close what a run waits for: tasks, moments, events, further attempts, its deadline and other runs."""
        work = take_up(self._means, unit, run_id)
        self._means.reviewing.cancel(unit, run_id, reason=reason)
        self._ending.withdraw_waits(work, list(work.states), reason=reason)
        if work.row.deadline_wait is not None:
            self._means.engine.close_wait(unit, work.row.deadline_wait, outcome="ended")
        work.flush(self._means.economics)

    def rewind(self, unit: Unit, run_id: str, instance: str, *, actor: str) -> tuple[str, ...]:
        """Forget an instance and all that came after it, and carry the run on from there. Returns what was forgotten.

        Effects are left as they stand: a confirmed one is not made again, unless it was taken back. Raises NotFound,
        and NotNow for an instance that has not begun.
        """
        work = take_up(self._means, unit, run_id)
        if instance not in work.states:
            raise NotNow(
                f"step {instance!r} of run {run_id!r} has not begun, so there is nothing to set back", run=run_id
            )
        if work.row.ends_as is not None and not work.row.state.is_final:
            raise NotNow(f"run {run_id!r} takes back what it did; wait until it has ended", run=run_id)
        forgotten = self._forgotten(work, instance)
        self._ending.withdraw(work, forgotten, reason=f"set back to {instance}")
        self._reopen(work, instance)
        for name in forgotten:
            if name.endswith(UNDO) or work.states[name].phase is StepPhase.UNDONE:
                self._means.engine.effects.again(unit, run_id=run_id, step_id=name, actor=actor)
        work.forget(forgotten)
        work.changes |= {"state": RunState.QUEUED, "outcome": None, "reason": None, "ended_at": None, "ends_as": None}
        work.changes["held_by"] = None
        work.fact("run.rewound", actor=actor, step=instance, forgotten=list(forgotten))
        enqueue(self._means.engine, work)
        work.flush(self._means.economics)
        return forgotten

    def _forgotten(self, work: Work, instance: str) -> tuple[str, ...]:
        """The instance, later ones of its body, later turns, and what comes after the containers around it."""
        shape = work.plan.shape
        step_id, indices = parts_of(instance)
        found: set[str] = {instance, *below(step_id, indices, shape, work.states)}
        while True:
            for name in shape.after_all(step_id):
                found.add(instance_of(name, indices))
                found |= set(below(name, indices, shape, work.states))
            if not indices:
                break
            container = shape.chains[step_id][-1]
            if shape.steps[container].loop is not None:
                found |= {
                    name
                    for name in below(container, indices[:-1], shape, work.states)
                    if parts_of(name)[1][len(indices) - 1] > indices[-1]
                }
            step_id, indices = container, indices[:-1]
        undone = {f"{name}{UNDO}" for name in found}
        return tuple(name for name in work.states if name in found or name in undone)

    def _reopen(self, work: Work, instance: str) -> None:
        """The containers around what is forgotten are open again, at the turn or with the list they had."""
        shape = work.plan.shape
        step_id, indices = parts_of(instance)
        for depth in range(len(indices), 0, -1):
            container = shape.steps[shape.chains[step_id][depth - 1]]
            name = instance_of(container.id, indices[: depth - 1])
            assert container.kind in CONTAINERS
            if container.loop is not None:
                output: dict[str, Any] = {"turn": indices[depth - 1]}
            else:
                output = {"over": self._list_of(work, name)}
            position = work.position_of(name)
            work.keep(StepRow(name, StepPhase.OPEN, None, position, summary="goes on", output=output))

    def _list_of(self, work: Work, name: str) -> list[Any]:
        state = work.states[name]
        if "over" in state.output:
            return list(state.output["over"])
        row = row_of_step(work.unit.conn, work.row.id, name)
        return list(row.evidence["over"])


def _place_of_run(work: Work) -> Place:
    """Where a question about the run as a whole is asked from."""
    return Place(work.plan.recipe.step[-1].model_copy(update={"title": "Deadline", "inside": None}), (), DEADLINE)
