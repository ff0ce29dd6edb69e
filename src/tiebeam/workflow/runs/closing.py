"""The end of a run: withdrawing what it waits for, taking its effects back first where a recipe says how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tiebeam.economics import Economics
from tiebeam.engine import Engine
from tiebeam.spec import ConditionFailed, StepKind
from tiebeam.store import Unit
from tiebeam.workflow.runs.ending import end_entries
from tiebeam.workflow.runs.instances import DEADLINE, UNDO, parts_of
from tiebeam.workflow.runs.means import Plans
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.rows import RunRow, StepRow, children_of, in_state, load_run, load_states
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import PARKED, RunState, StepPhase
from tiebeam.workflow.runs.work import SYSTEM, Work

CHILD_KIND = "child"
"""Segments that tell a run of the end of one it waits for; their key is the run that ended."""
WITHDRAWN = "withdrawn"
AMBIGUOUS = "ambiguous_effect"
"""The kind of problem where nobody knows whether a call took place."""
_BEGUN = frozenset({"intent", "confirmed"})
"""States of effects that may have taken place."""
_FACTS = {RunState.STOPPED: "run.stopped", RunState.CANCELLED: "run.cancelled"}


class Ending:
    """`cancel_tasks(unit, run_id, reason, steps)` withdraws review tasks: of these instances, or all for None."""

    def __init__(
        self,
        *,
        engine: Engine,
        economics: Economics,
        plans: Plans,
        cancel_tasks: Callable[[Unit, str, str, tuple[str, ...] | None], object],
        on_stopped: Callable[[Unit, RunRow], None],
    ) -> None:
        self._engine = engine
        self._economics = economics
        self._plans = plans
        self._cancel_tasks = cancel_tasks
        self._on_stopped = on_stopped

    def begin(
        self,
        work: Work,
        *,
        final: RunState,
        reason: str,
        actor: str = SYSTEM,
        touched: bool | None = None,
        undo: bool = True,
    ) -> None:
        """End the run now, or once its effects are taken back. The caller sees to it that a segment follows.

        Without `undo` what it did stays. `touched`: a person had to handle it; None = as its steps say. A pause
        ends with it.
        """
        unsure = self._unsure(work) if undo else []
        # Before anything is journalled: deciders lock the task first and the stream after it.
        self._cancel_tasks(work.unit, work.row.id, reason, None)
        self.withdraw_waits(work, list(work.states), reason=reason)
        # The question was withdrawn with the others; whether there is something to take back is asked anew.
        work.forget(unsure)
        if undo and self._has_to_undo(work):
            work.changes |= in_state(work.unit, RunState.UNDOING, reason=reason)
            work.changes |= {"ends_as": final, "ended_at": None}
            work.fact("run.undoing", actor=actor, reason=reason, ends_as=final.value)
            return
        self.finish(work, final=final, reason=reason, actor=actor, touched=touched)

    def stops(self, work: Work, place: Place) -> bool:
        """Ask the stop rules that look at the step; one that cannot be decided stops the run too."""
        state = work.states.get(place.instance)
        if state is None or not work.plan.is_watched(place.step):
            return False
        try:
            reason = work.plan.stop_reason(work.variables(place=place), after=place.step)
        except ConditionFailed as failure:
            reason = f"a stop rule cannot be decided: {failure.message}"
        if reason is None:
            return False
        self.begin(work, final=RunState.STOPPED, reason=reason)
        return True

    def finish(
        self, work: Work, *, final: RunState, reason: str | None, actor: str = SYSTEM, touched: bool | None = None
    ) -> None:
        """The run has ended before its time, and nothing is left to take back."""
        work.changes |= in_state(work.unit, final, outcome=final.value, reason=reason)
        work.changes["ends_as"] = None
        work.fact(_FACTS[final], actor=actor, reason=reason)
        if final is RunState.STOPPED:
            is_touched = work.is_touched if touched is None else touched
            work.entries += end_entries(work.unit, work.row, work.plan, accepted=False, touched=is_touched)
        self._on_stopped(work.unit, replace(work.row, state=final))
        self.after_end(work)

    def after_end(self, work: Work) -> None:
        """What follows every end: its deadline counts no more, and the run that waits for it hears of it."""
        if work.row.deadline_wait is not None:
            self._engine.close_wait(work.unit, work.row.deadline_wait, outcome="ended")
        if work.row.parent_run_id is not None:
            self.tell_parent(work)

    def tell_parent(self, work: Work) -> None:
        self._engine.enqueue(
            work.unit, kind=CHILD_KIND, key=work.row.id, seq=work.take_seq(), queue="work", team=work.row.team
        )

    def withdraw(self, work: Work, instances: Iterable[str], *, reason: str) -> None:
        """Withdraw instances that nobody needs any more, and what they wait for."""
        parked = [name for name in instances if name in work.states and work.states[name].phase in PARKED]
        if asked := tuple(name for name in parked if work.states[name].task_id is not None):
            self._cancel_tasks(work.unit, work.row.id, reason, asked)
        self.withdraw_waits(work, parked, reason=reason)
        for name in asked:
            self._skip(work, name)

    def withdraw_waits(self, work: Work, instances: Iterable[str], *, reason: str) -> None:
        """Close what instances wait for besides people: moments, events, further attempts, other runs."""
        for name in instances:
            state = work.states[name]
            if state.phase not in PARKED or state.task_id is not None:
                continue
            if state.wait_id is not None:
                self._engine.close_wait(work.unit, state.wait_id, outcome=WITHDRAWN)
            child = state.output.get("run") if self._step_kind(work, name) is StepKind.RECIPE else None
            # The end of a run that undoes is waited for: what it did is taken back before what came earlier.
            if child is None or not self.abort_child(work.unit, str(child), reason=reason):
                self._skip(work, name)

    def _skip(self, work: Work, name: str) -> None:
        position = work.position_of(name)
        row = StepRow(name, StepPhase.SKIPPED, WITHDRAWN, position, summary="nobody waits for it any more")
        work.keep(row)

    def _step_kind(self, work: Work, name: str) -> StepKind | None:
        step = work.plan.shape.steps.get(parts_of(name)[0])
        return None if step is None or name.endswith(UNDO) else step.kind

    def abort_child(self, unit: Unit, run_id: str, *, reason: str, undo_done: bool = False) -> bool:
        """Cancel a run that another one waits for, or take back what a finished one did; True while it has to undo.

        A run's row is locked after its parent's, everywhere.
        """
        row = load_run(unit.conn, run_id, for_update=True)
        if row.ends_as is not None:
            return True
        if row.state.is_final and row.state is not RunState.FAILED and not (undo_done and row.state is RunState.DONE):
            return False
        work = Work(unit, row, self._plan(unit, row), load_states(unit.conn, run_id))
        if row.state is RunState.DONE and not self._has_to_undo(work):
            return False
        self.begin(work, final=RunState.CANCELLED, reason=reason)
        undoing = work.ends_as is not None
        if undoing:
            work.changes["ended_at"] = None
            self._engine.enqueue(unit, kind="run", key=run_id, seq=work.take_seq(), queue="work", team=row.team)
        work.flush(self._economics)
        return undoing

    def _plan(self, unit: Unit, row: RunRow) -> RunPlan:
        return self._plans.of(unit.conn, row.recipe_hash)

    def _has_to_undo(self, work: Work) -> bool:
        if not work.plan.can_undo:
            return False
        return next_to_undo(work) is not None or bool(self.open_children(work)) or bool(self.open_calls(work))

    def open_children(self, work: Work) -> list[str]:
        """Instances whose runs have not ended."""
        waiting = {n for n, s in work.states.items() if s.phase is StepPhase.WAITING and self._is_child(work, n)}
        if not waiting:
            return []
        children = children_of(work.unit.conn, work.row.id)
        return [c.parent_step for c in children if c.parent_step in waiting and not c.state.is_final]

    def _is_child(self, work: Work, name: str) -> bool:
        return self._step_kind(work, name) is StepKind.RECIPE

    def open_calls(self, work: Work) -> list[str]:
        """Instances with a way to undo them whose call was begun and whose outcome no step has recorded yet."""
        effects = self._engine.effects.list(work.unit.conn, work.row.id)
        begun = (effect.step_id for effect in effects if effect.state in _BEGUN)
        return [name for name in begun if name not in work.states and self.can_undo(work, name)]

    def _unsure(self, work: Work) -> list[str]:
        """Instances that wait for something though their effect may have taken place, and could be taken back."""
        parked = {name for name, state in work.states.items() if state.phase in PARKED and self.can_undo(work, name)}
        if not parked:
            return []
        effects = self._engine.effects.list(work.unit.conn, work.row.id)
        return [one.step_id for one in effects if one.step_id in parked and one.state in _BEGUN]

    def can_undo(self, work: Work, name: str) -> bool:
        """Whether the recipe says how an instance is taken back."""
        step = work.plan.shape.steps.get(parts_of(name)[0])
        return step is not None and step.undo is not None and not name.endswith(UNDO)


def next_to_undo(work: Work) -> str | None:
    """The instance that was done last, has a way to be undone, and was not left as it is."""
    found: tuple[int, str] | None = None
    for name, state in work.states.items():
        if state.phase is not StepPhase.DONE or name.endswith(UNDO) or name == DEADLINE:
            continue
        step = work.plan.step(parts_of(name)[0])
        if step.undo is None and (step.kind is not StepKind.RECIPE or "run" not in state.output):
            continue
        undone = work.states.get(f"{name}{UNDO}")
        if undone is not None and undone.phase in (StepPhase.SKIPPED, StepPhase.DONE):
            continue
        if found is None or state.seq > found[0]:
            found = (state.seq, name)
    return None if found is None else found[1]
