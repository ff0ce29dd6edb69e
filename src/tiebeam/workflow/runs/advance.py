"""The interpreter: carries a run from where it stands to its next wait, its next call outside, or its end.

Steps that only compute or write our own rows share one unit of work; it is committed before anything outside is called.
A run that is interrupted anywhere goes on from its rows: what is finished is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics import Economics
from tiebeam.engine import EffectStatus, Engine, Segment
from tiebeam.errors import TiebeamError
from tiebeam.kit import digest_of
from tiebeam.spec import ConditionFailed, Effect, Step, StepKind
from tiebeam.store import Store, Unit
from tiebeam.workflow.runs.ending import end_entries, machine_time
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.presenting import Presenter
from tiebeam.workflow.runs.reviewing import Reviewing
from tiebeam.workflow.runs.rows import (
    RunRow,
    StepRow,
    as_columns,
    forget_step,
    in_state,
    load_run,
    load_states,
    pinned,
    take_seq,
)
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workflow.runs.work import (
    CallOutside,
    RunEnded,
    Work,
    ambiguity,
    look_outside,
    position_of,
    result_data,
    result_from,
    still_goes_on,
)
from tiebeam.workflow.steps import (
    ApprovalExpired,
    EffectUnclear,
    RunInfo,
    Services,
    StepCall,
    StepCode,
    StepFailed,
    StepRegister,
    StepResult,
)

SEGMENT_SECONDS = 30
OUTSIDE = frozenset({Effect.IDEMPOTENT, Effect.AT_MOST_ONCE})


class Interpreter:
    def __init__(
        self,
        store: Store,
        *,
        engine: Engine,
        economics: Economics,
        register: StepRegister,
        services: Callable[[], Services],
        reviewing: Reviewing,
        presenter_of: Callable[[str], Presenter],
        on_stopped: Callable[[Unit, RunRow], None],
    ) -> None:
        self._store = store
        self._engine = engine
        self._economics = economics
        self._register = register
        self._services = services
        self._reviewing = reviewing
        self._presenter_of = presenter_of
        self._on_stopped = on_stopped
        self._plans: dict[str, RunPlan] = {}

    def run_segment(self, segment: Segment) -> None:
        """The engine's handler for kind `run`."""
        self.advance(segment.key)

    def advance(self, run_id: str) -> None:
        """Carry the run on as far as it goes now."""
        deadline = self._store.clock.now().timestamp() + SEGMENT_SECONDS
        while True:
            with self._store.unit() as unit:
                outside = self.work(unit, run_id)
            if outside is None:
                return
            if self._store.clock.now().timestamp() > deadline:
                with self._store.unit() as unit:
                    self.continue_later(unit, run_id)
                return
            self._call_out(outside)

    def continue_later(self, unit: Unit, run_id: str) -> None:
        """Enqueue the rest of the run, for when the caller must not wait for the outer world."""
        row = load_run(unit.conn, run_id)
        seq = take_seq(unit, run_id)
        self._engine.enqueue(unit, kind="run", key=run_id, seq=seq, queue="effects", team=row.team)

    def work(self, unit: Unit, run_id: str) -> CallOutside | None:
        """Do every step that needs nothing from outside, in the caller's unit. None = the run waits or has ended."""
        return self.carry_on(self.take_up(unit, run_id))

    def take_up(self, unit: Unit, run_id: str) -> Work:
        """The run as it stands; on PostgreSQL its row is locked until the unit ends. Raises NotFound."""
        row = load_run(unit.conn, run_id, for_update=True)
        return Work(unit, row, self._plan(unit.conn, row.recipe_hash), load_states(unit.conn, run_id))

    def carry_on(self, work: Work) -> CallOutside | None:
        """`work` with a run in hand; what the caller added to it is written too."""
        outside = None
        if not work.row.state.is_final:
            work.changes |= in_state(work.unit, RunState.RUNNING)
            outside = self._walk(work)
        work.flush(self._economics)
        return outside

    def _walk(self, work: Work) -> CallOutside | None:
        while (step := work.plan.next_step(work.states)) is not None:
            outside = self._do(work, step)
            if outside is not None:
                return outside
            if self._must_stop(work, step):
                return None
        self._settle(work)
        return None

    def _do(self, work: Work, step: Step) -> CallOutside | None:
        try:
            if not work.plan.applies(step, work.variables()):
                self._save(work, step, phase=StepPhase.SKIPPED, outcome="skipped")
                return None
            if step.kind is StepKind.REVIEW:
                self._open_review(work, step)
                return None
            code = self._register.get(step.uses or "")
            if code.effect in OUTSIDE:
                return CallOutside(step, code, self.call_for(work, step, unit=None), work.row.seq)
            self._run_inside(work, step, code)
        except ConditionFailed as failure:
            self._open_problem(work, step, kind="condition_failed", message=failure.message)
        except StepFailed as failure:
            self._open_problem(work, step, kind=failure.code, message=failure.message)
        return None

    def _run_inside(self, work: Work, step: Step, code: StepCode) -> None:
        begun = self._store.clock.now()
        if code.effect is Effect.PURE:
            result = code.run(self.call_for(work, step, unit=None))
        else:
            # A step that fails half-way must leave nothing behind, while the steps before it stay.
            with work.unit.part():
                result = code.run(self.call_for(work, step, unit=work.unit))
        self._finish_step(work, step, result, begun=begun)

    def _finish_step(self, work: Work, step: Step, result: StepResult, *, begun: datetime) -> None:
        missing = [key for key in step.evidence if key not in result.evidence]
        if missing:
            message = f"step {step.id!r} left no evidence {', '.join(missing)!r}, which the recipe asks for"
            self._open_problem(work, step, kind="missing_evidence", message=message)
            return
        self._save(work, step, phase=StepPhase.DONE, outcome=result.outcome, result=result)
        seconds = Decimal(str(max(0.0, (self._store.clock.now() - begun).total_seconds())))
        work.entries.extend((machine_time(work.unit, work.row, step.id, seconds), *result.entries))

    def _save(
        self, work: Work, step: Step, *, phase: StepPhase, outcome: str, result: StepResult | None = None
    ) -> None:
        output = {} if result is None else result.output
        evidence = {} if result is None else result.evidence
        work.keep(
            StepRow(
                step_id=step.id,
                phase=phase,
                outcome=outcome,
                seq=work.row.seq,
                position=position_of(work.plan, step),
                summary=None if result is None else result.summary,
                output=output,
                evidence=evidence,
            )
        )
        if result is None:
            return
        work.unit.journal(
            f"run:{work.row.id}",
            "step.done",
            actor="system:tiebeam",
            payload={
                "step": step.id,
                "outcome": outcome,
                "summary": result.summary,
                "output_hash": digest_of(output),
                "evidence": {key: digest_of(value) for key, value in evidence.items()},
            },
        )

    def _open_review(self, work: Work, step: Step) -> None:
        presenter = self._presenter_of(work.row.intent)
        call = self.call_for(work, step, unit=None)
        task_id, protocol = self._reviewing.open(work, step, call, presenter, work.variables())
        work.keep(
            StepRow(
                step_id=step.id,
                phase=StepPhase.WAITING,
                outcome=None,
                seq=work.row.seq,
                position=position_of(work.plan, step),
                summary=f"waits for a person: {protocol.title}",
                task_id=task_id,
            )
        )

    def _open_problem(
        self, work: Work, step: Step, *, kind: str, message: str, found: Mapping[str, Any] | None = None
    ) -> None:
        problem = {"kind": kind, "step": step.id, "message": message, "found": dict(found or {})}
        presenter = self._presenter_of(work.row.intent)
        call = self.call_for(work, step, unit=None)
        variables = work.variables(problem)
        task_id, protocol = self._reviewing.open(work, step, call, presenter, variables, problem=problem)
        work.keep(
            StepRow(
                step_id=step.id,
                phase=StepPhase.PROBLEM,
                outcome=kind,
                seq=work.row.seq,
                position=position_of(work.plan, step),
                summary=f"{message} ({protocol.title})",
                output={"problem": problem},
                task_id=task_id,
            )
        )

    def _must_stop(self, work: Work, step: Step) -> bool:
        """Ask the stop rules that look at the step; one that cannot be decided stops the run too."""
        try:
            reason = work.plan.stop_reason(work.variables(), after=step)
        except ConditionFailed as failure:
            reason = f"a stop rule cannot be decided: {failure.message}"
        if reason is None:
            return False
        self._reviewing.cancel(work.unit, work.row.id, reason=reason)
        work.changes |= in_state(work.unit, RunState.STOPPED, outcome="stopped", reason=reason)
        work.unit.journal(f"run:{work.row.id}", "run.stopped", actor="system:tiebeam", payload={"reason": reason})
        work.entries += end_entries(work.unit, work.row, work.plan, accepted=False, touched=work.is_touched)
        self._on_stopped(work.unit, work.row)
        return True

    def _settle(self, work: Work) -> None:
        """No step can begin: the run waits for a person, or it has ended."""
        presenter = self._presenter_of(work.row.intent)
        last = work.plan.recipe.step[-1]
        work.changes |= as_columns(presenter.facts(self.call_for(work, last, unit=None)))
        if any(state.phase in {StepPhase.WAITING, StepPhase.PROBLEM} for state in work.states.values()):
            work.changes |= in_state(work.unit, RunState.WAITING)
            return
        outcome = next((s.outcome for s in reversed(work.states.values()) if s.phase is StepPhase.DONE), "done")
        ended = replace(work.row, state=RunState.DONE, outcome=outcome)
        work.changes |= in_state(work.unit, RunState.DONE, outcome=outcome)
        variables = Work(work.unit, ended, work.plan, work.states).variables()
        try:
            accepted = work.plan.is_accepted(variables)
        except ConditionFailed as failure:
            accepted = False
            work.unit.journal(
                f"run:{work.row.id}", "acceptance.undecided", actor="system:tiebeam", payload={"error": failure.message}
            )
        work.unit.journal(
            f"run:{work.row.id}",
            "run.done",
            actor="system:tiebeam",
            payload={"outcome": outcome, "accepted": accepted},
        )
        work.entries += end_entries(work.unit, ended, work.plan, accepted=accepted, touched=work.is_touched)

    def _call_out(self, outside: CallOutside) -> None:
        run_id, step = outside.call.run.id, outside.step
        begun = self._store.clock.now()
        try:
            result = self._effect(outside)
        except RunEnded:
            return
        except ApprovalExpired as expired:
            self._ask_again(outside, expired)
        except StepFailed as failure:
            self._problem_after(outside, kind=failure.code, message=failure.message)
        except EffectUnclear as doubt:
            self._problem_after(outside, kind="ambiguous_effect", message=doubt.message, found=look_outside(outside))
        else:
            with self._store.unit() as unit:
                work = self.take_up(unit, run_id)
                if step.id in work.states:
                    return
                self._engine.effects.confirm(unit, run_id=run_id, step_id=step.id, result=result_data(result))
                if not work.row.state.is_final:
                    self._finish_step(work, step, result, begun=begun)
                    work.flush(self._economics)

    def _effect(self, outside: CallOutside) -> StepResult:
        """Intent, call, result; the caller confirms. A refusal takes the intent back: nothing happened outside."""
        step, code, key = outside.step, outside.code, outside.call.key
        run_id = outside.call.run.id
        with self._store.read() as conn:
            call = replace(outside.call, conn=conn)
            request = {} if code.request is None else code.request(call)
        state = self._engine.effects.begin(
            run_id=run_id, step_id=step.id, mode=code.effect, key=key, request=request, before=still_goes_on(run_id)
        )
        if state.state is EffectStatus.AMBIGUOUS:
            raise EffectUnclear(ambiguity(step))
        if state.state is EffectStatus.CONFIRMED:
            return result_from(state.result or {})
        try:
            return code.run(call)
        except (StepFailed, ApprovalExpired) as refusal:
            self._take_back(outside, refusal)
            raise

    def _take_back(self, outside: CallOutside, refusal: TiebeamError) -> None:
        with self._store.unit() as unit:
            self._engine.effects.settle(
                unit,
                run_id=outside.call.run.id,
                step_id=outside.step.id,
                happened=False,
                result={"refused": refusal.message},
                actor="system:tiebeam",
            )

    def _ask_again(self, outside: CallOutside, expired: ApprovalExpired) -> None:
        """Take the expired review back, so that it is the next step to open."""
        run_id = outside.call.run.id
        with self._store.unit() as unit:
            if load_run(unit.conn, run_id, for_update=True).state.is_final:
                return
            forget_step(unit, run_id, expired.step_id)
            unit.journal(
                f"run:{run_id}",
                "approval.expired",
                actor="system:tiebeam",
                payload={"step": expired.step_id, "message": expired.message},
            )

    def _problem_after(
        self,
        outside: CallOutside,
        *,
        kind: str,
        message: str,
        found: Mapping[str, Any] | None = None,
    ) -> None:
        run_id = outside.call.run.id
        with self._store.unit() as unit:
            work = self.take_up(unit, run_id)
            if outside.step.id not in work.states and not work.row.state.is_final:
                self._open_problem(work, outside.step, kind=kind, message=message, found=found)
                work.flush(self._economics)

    def call_for(self, work: Work, step: Step, *, unit: Unit | None) -> StepCall:
        row = work.row
        return StepCall(
            run=RunInfo(row.id, row.intent, row.recipe, row.team, row.document_id),
            step_id=step.id,
            inputs={
                name: {"outcome": state.outcome, "output": dict(state.output)} for name, state in work.states.items()
            },
            input=row.input,
            params=step.params,
            services=self._services(),
            now=work.unit.now,
            key=f"{row.id}:{step.id}",
            conn=work.unit.conn,
            unit=unit,
        )

    def _plan(self, conn: sa.Connection, digest: str) -> RunPlan:
        if digest not in self._plans:
            self._plans[digest] = RunPlan(pinned(conn, digest))
        return self._plans[digest]
