"""Taking back what a run did before it ends, the last first, one after the other."""

from __future__ import annotations

import time
from decimal import Decimal

from tiebeam.kit import digest_of
from tiebeam.spec import Effect
from tiebeam.workflow.runs.closing import AMBIGUOUS, Ending, next_to_undo
from tiebeam.workflow.runs.instances import UNDO, parts_of
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.problems import open_problem, services_of
from tiebeam.workflow.runs.rows import StepRow, children_of
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import PARKED, StepPhase
from tiebeam.workflow.runs.waiting import take_children
from tiebeam.workflow.runs.walking import OUTSIDE, Walking
from tiebeam.workflow.runs.work import CallOutside, Work
from tiebeam.workflow.steps import ApprovalExpired, StepFailed, StepResult

LEFT = "left"
"""A person said that it stays as it is, or there was nothing to take back."""


class Undoing:
    def __init__(self, means: Means, ending: Ending, walking: Walking) -> None:
        self._means = means
        self._ending = ending
        self._walking = walking

    def walk(self, work: Work) -> None:
        """Take back what can be taken back now; the run ends once nothing is left."""
        take_children(self._means, work)
        if work.under_way or self._ending.open_children(work):
            return
        self._settle_calls(work)
        if work.calls or any(self._is_asked(work, name) for name in work.states):
            return
        while (name := next_to_undo(work)) is not None:
            undone = work.states.get(f"{name}{UNDO}")
            if undone is not None and undone.phase in PARKED and not self._child_is_back(work, name):
                return
            self._undo(work, work.plan.shape.place(*parts_of(name)))
            if work.calls:
                return
        assert work.ends_as is not None
        self._ending.finish(work, final=work.ends_as, reason=work.changes.get("reason", work.row.reason))

    def _is_asked(self, work: Work, name: str) -> bool:
        """A person is asked whether an effect took place that could be taken back."""
        state = work.states[name]
        return state.phase is StepPhase.PROBLEM and state.outcome == AMBIGUOUS and self._ending.can_undo(work, name)

    def _settle_calls(self, work: Work) -> None:
        """Find out about calls that were begun before the end: what took place is then taken back."""
        for name in self._ending.open_calls(work):
            place = work.plan.shape.place(*parts_of(name))
            try:
                code = self._means.register.get(place.step.uses or "")
                call = work.call(services_of(self._means, work), place)
                outside = CallOutside(place, name, code, call)
                if work.token is None:
                    work.calls.append(outside)
                    continue
                known = self._walking.intend(work, outside)
            except (StepFailed, ApprovalExpired) as failure:
                open_problem(self._means, work, place, kind=AMBIGUOUS, message=failure.message)
                continue
            if known is not None:
                self._walking.finish(work, place, known, code=code, seconds=0.0)

    def _undo(self, work: Work, place: Place) -> None:
        step, name = place.step, f"{place.instance}{UNDO}"
        if step.undo is None:
            self._undo_child(work, place, name)
            return
        work.lists_around(place)
        services = services_of(self._means, work)
        call = work.call(services, place, instance=name, params=step.undo.params)
        try:
            code = self._means.register.get(step.undo.uses)
            if code.effect in OUTSIDE:
                outside = CallOutside(place, name, code, call, undoes=True)
                if work.token is None:
                    work.calls.append(outside)
                    return
                known = self._walking.intend(work, outside)
                if known is not None:
                    self.finish(work, place, known, seconds=0.0)
                return
            begun = time.perf_counter()
            if code.effect is Effect.PURE:
                result = code.run(call)
            else:
                with work.unit.part():
                    result = code.run(
                        work.call(services, place, instance=name, params=step.undo.params, unit=work.unit)
                    )
        except (StepFailed, ApprovalExpired) as failure:
            self.failed(work, place, message=failure.message)
            return
        self.finish(work, place, result, seconds=time.perf_counter() - begun)

    def finish(self, work: Work, place: Place, result: StepResult, *, seconds: float) -> None:
        """An effect is taken back."""
        work.seconds += Decimal(str(round(seconds, 6)))
        name = f"{place.instance}{UNDO}"
        work.keep(
            StepRow(
                step_id=name,
                phase=StepPhase.DONE,
                outcome=result.outcome,
                position=work.position_of(name),
                summary=result.summary,
                output=result.output,
                evidence=result.evidence,
            )
        )
        work.mark(place.instance, StepPhase.UNDONE)
        work.entries += result.entries
        work.fact(
            "step.undone",
            step=place.instance,
            outcome=result.outcome,
            summary=result.summary,
            output_hash=digest_of(result.output),
        )

    def failed(self, work: Work, place: Place, *, message: str) -> None:
        """A person looks after what could not be taken back."""
        open_problem(self._means, work, place, kind="undo_failed", message=message, instance=f"{place.instance}{UNDO}")

    def _undo_child(self, work: Work, place: Place, name: str) -> None:
        """Have the run this one waited for take back what it did."""
        run_id = str(work.states[place.instance].output["run"])
        position = work.position_of(name)
        known = work.states.get(name)
        if known is not None:
            summary = f"the run {run_id} took back what it did"
            work.keep(StepRow(name, StepPhase.DONE, "done", position, summary=summary, output={"run": run_id}))
            work.mark(place.instance, StepPhase.UNDONE)
            work.fact("step.undone", step=place.instance, outcome="done", run=run_id)
            return
        reason = f"the run {work.row.id} it belongs to is taken back"
        if self._ending.abort_child(work.unit, run_id, reason=reason, undo_done=True):
            summary = f"waits for the run {run_id}, which takes back what it did"
            work.keep(StepRow(name, StepPhase.WAITING, None, position, summary=summary, output={"run": run_id}))
            return
        summary = f"the run {run_id} has nothing to take back"
        work.keep(StepRow(name, StepPhase.SKIPPED, LEFT, position, summary=summary))

    def _child_is_back(self, work: Work, name: str) -> bool:
        """Whether the run an instance waited for has taken back what it did."""
        if work.plan.step(parts_of(name)[0]).recipe is None:
            return False
        run_id = work.states[name].output.get("run")
        ended = [child for child in children_of(work.unit.conn, work.row.id) if child.id == run_id]
        return bool(ended) and ended[0].state.is_final
