"""Walking a run's steps within one unit of work: each is done, skipped, opened, or handed to whoever calls outside."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiebeam.engine import EffectStatus
from tiebeam.errors import NotFound
from tiebeam.kit import digest_of
from tiebeam.spec import ConditionFailed, Effect, StepKind
from tiebeam.workflow.runs import containers, waiting
from tiebeam.workflow.runs.closing import WITHDRAWN, Ending
from tiebeam.workflow.runs.ending import end_entries
from tiebeam.workflow.runs.frontier import Frontier, below
from tiebeam.workflow.runs.instances import DEADLINE, Indices, instance_of, parts_of
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.plan import NoHandoff
from tiebeam.workflow.runs.problems import failed, open_problem, services_of
from tiebeam.workflow.runs.rows import StepRow, as_columns, in_state
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import PARKED, SETTLED, RunState, StepPhase
from tiebeam.workflow.runs.work import RUN_DONE, CallOutside, Work, result_data, result_from
from tiebeam.workflow.steps import TIEBEAM, ApprovalExpired, StepBusy, StepCode, StepFailed, StepResult

OUTSIDE = frozenset({Effect.IDEMPOTENT, Effect.AT_MOST_ONCE})


class Walking:
    def __init__(self, means: Means, ending: Ending) -> None:
        self._means = means
        self._ending = ending

    def walk(self, work: Work) -> None:
        """Do every instance that can begin, in the order of the file; calls outside are left in `work.calls`."""
        if any(self._ending.stops(work, place) for place in waiting.take_children(self._means, work)):
            return
        if work.frontier is None:
            self._look_anew(work)
        while work.frontier is not None and (place := work.frontier.take()) is not None:
            if work.left is not None:
                if work.left <= 0:
                    work.has_more = True
                    return
                work.left -= 1
            self._do(work, place)
            if self._ending.stops(work, place):
                return
        if not work.calls and not work.under_way:
            self._settle(work)

    def _look_anew(self, work: Work) -> None:
        work.frontier = Frontier(work.plan.shape, work.states, under_way=work.under_way)

    def _do(self, work: Work, place: Place) -> None:
        step, state = place.step, work.states.get(place.instance)
        try:
            if state is not None and state.phase is StepPhase.OPEN:
                containers.go_on(self._means, work, place)
                return
            if state is None:
                self._withdraw_losers(work, place)
                if work.plan.has_when(step) and not work.plan.applies(step, work.variables(place=place)):
                    self._skip(work, place)
                    return
            self._begin(work, place)
        except ConditionFailed as failure:
            self._broken(work, place, failure)
        except (StepFailed, NoHandoff) as failure:
            after = failure.after_seconds if isinstance(failure, StepBusy) else 0
            failed(self._means, work, place, code=failure.code, message=failure.message, after_seconds=after)

    def _begin(self, work: Work, place: Place) -> None:
        match place.step.kind:
            case StepKind.REVIEW:
                self._open_review(work, place)
            case StepKind.TIMER:
                waiting.begin_timer(self._means, work, place)
            case StepKind.EVENT:
                waiting.begin_event(self._means, work, place)
            case StepKind.RECIPE:
                waiting.begin_child(self._means, work, place)
            case StepKind.MAP | StepKind.LOOP:
                containers.open_container(work, place)
            case StepKind.CODE:
                self._run_code(work, place)

    def _broken(self, work: Work, place: Place, failure: ConditionFailed) -> None:
        """An expression that cannot be decided. What an open container holds on to stays with it."""
        state = work.states.get(place.instance)
        kept = dict(state.output) if state is not None and state.phase is StepPhase.OPEN else None
        open_problem(self._means, work, place, kind="condition_failed", message=failure.message, kept=kept)

    def _run_code(self, work: Work, place: Place) -> None:
        code = self._means.register.get(place.step.uses or "")
        if code.effect in OUTSIDE:
            self._go_outside(work, place, code)
            return
        begun = time.perf_counter()
        services = services_of(self._means, work)
        if code.effect is Effect.PURE:
            result = code.run(work.call(services, place))
        else:
            # A step that fails half-way must leave nothing behind, while the steps before it stay.
            with work.unit.part():
                result = code.run(work.call(services, place, unit=work.unit))
        self.finish(work, place, result, code=code, seconds=time.perf_counter() - begun)

    def _go_outside(self, work: Work, place: Place, code: StepCode) -> None:
        call = work.call(services_of(self._means, work), place)
        if work.token is None:
            work.calls.append(CallOutside(place, place.instance, code, call))
            work.under_way.add(place.instance)
            return
        if self._ask_again_where_expired(work, place):
            return
        try:
            known = self.intend(work, CallOutside(place, place.instance, code, call))
        except ApprovalExpired as expired:
            self.ask_again(work, place, expired)
            return
        if known is not None:
            self.finish(work, place, known, code=code, seconds=0.0)

    def intend(self, work: Work, outside: CallOutside) -> StepResult | None:
        """Write down that a call is about to leave; it leaves once this unit is committed. A known result comes back.

        Raises StepFailed and ApprovalExpired from the code that makes the request.
        """
        code, call = outside.code, outside.call
        request = {} if code.request is None else code.request(call)
        if code.effect is Effect.AT_MOST_ONCE:
            work.tell_done()
        state = self._means.engine.effects.intend(
            work.unit,
            run_id=work.row.id,
            step_id=outside.instance,
            mode=code.effect,
            key=call.key,
            request=request,
            journal=code.effect is Effect.AT_MOST_ONCE,
        )
        if state.state is EffectStatus.CONFIRMED:
            return result_from(state.result or {})
        made = call if call.key == state.key else replace(call, key=state.key)
        work.calls.append(replace(outside, call=made, effect=state))
        work.under_way.add(outside.instance)
        return None

    def confirm(self, work: Work, outside: CallOutside, result: StepResult) -> None:
        """Record the answer of a call. That of an idempotent one lies in its step's row, and need not lie here too."""
        effects, run_id, name = self._means.engine.effects, work.row.id, outside.instance
        once = outside.code.effect is Effect.AT_MOST_ONCE
        complete = all(key in result.evidence for key in outside.step.evidence)
        if once or not complete or not work.is_open(name):
            effects.confirm(work.unit, run_id=run_id, step_id=name, result=result_data(result), journal=once)
        else:
            effects.close(work.unit, run_id=run_id, step_id=name)

    def finish(self, work: Work, place: Place, result: StepResult, *, code: StepCode, seconds: float) -> None:
        """A step's code has given its result."""
        work.seconds += Decimal(str(round(seconds, 6)))
        missing = [key for key in place.step.evidence if key not in result.evidence]
        if missing and work.ends_as is None:
            names = ", ".join(missing)
            message = f"step {place.step.id!r} left no evidence {names!r}, which the recipe asks for"
            open_problem(self._means, work, place, kind="missing_evidence", message=message)
            return
        work.keep(
            StepRow(
                step_id=place.instance,
                phase=StepPhase.DONE,
                outcome=result.outcome,
                position=work.position_of(place.instance),
                summary=result.summary,
                output=result.output,
                evidence=result.evidence,
            )
        )
        work.entries += result.entries
        more: dict[str, Any] = {"output_hash": digest_of(result.output)}
        if result.evidence:
            more["evidence"] = {name: digest_of(value) for name, value in result.evidence.items()}
        if code.origin != TIEBEAM:
            more["origin"] = code.origin
        work.done(place.instance, result.outcome, **more)

    def leave(self, work: Work, place: Place) -> None:
        """Nothing came of an instance, and nobody needs it any more."""
        self._skip(work, place, WITHDRAWN)

    def is_wanted(self, work: Work, place: Place) -> bool:
        """Whether the run still waits for an instance: it goes on, and no join of any has gone on without it."""
        if work.ends_as is not None:
            return False
        shape, step, indices = work.plan.shape, place.step, place.indices
        while not self._is_lost(work, step.id, indices):
            if not indices:
                return True
            step, indices = shape.steps[shape.chains[step.id][-1]], indices[:-1]
        return False

    def _is_lost(self, work: Work, step_id: str, indices: Indices) -> bool:
        shape, states = work.plan.shape, work.states
        body = shape.bodies[shape.steps[step_id].inside]
        found = {one.id: states.get(instance_of(one.id, indices)) for one in body}
        settled = {name for name, one in found.items() if one and one.phase in SETTLED and one.outcome != WITHDRAWN}
        joins = (one for one in body if shape.joins_any(one) and found[one.id] is not None)
        return any(step_id in shape.losers(join, frozenset(settled)) for join in joins)

    def _skip(self, work: Work, place: Place, outcome: str = "skipped") -> None:
        work.keep(StepRow(place.instance, StepPhase.SKIPPED, outcome, work.position_of(place.instance)))

    def _open_review(self, work: Work, place: Place) -> None:
        work.tell_done()
        call = work.call(services_of(self._means, work), place)
        presenter = self._means.presenter_of(work.row.intent)
        try:
            task_id, protocol = self._means.reviewing.open(work, place, call, presenter, work.variables(place=place))
        except NotFound as missing:
            raise StepFailed(missing.message) from missing
        work.keep(
            StepRow(
                step_id=place.instance,
                phase=StepPhase.WAITING,
                outcome=None,
                position=work.position_of(place.instance),
                summary=f"waits for a person: {protocol.title}",
                task_id=task_id,
            )
        )

    def _withdraw_losers(self, work: Work, place: Place) -> None:
        """A join of any has begun: what only it still waited for is not needed any more."""
        shape = work.plan.shape
        if not shape.joins_any(place.step):
            return
        body = shape.bodies[place.step.inside]
        phases = {one.id: work.states.get(instance_of(one.id, place.indices)) for one in body}
        settled = frozenset(name for name, state in phases.items() if state is not None and state.phase in SETTLED)
        losers = shape.losers(place.step, settled)
        if not losers:
            return
        reason = f"{place.step.title!r} went on with the branch that was done first"
        out = self._calls_that_left(work, losers)
        for step_id in losers:
            instance = instance_of(step_id, place.indices)
            state = work.states.get(instance)
            if state is None and instance not in out:
                self._skip(work, shape.place(step_id, place.indices), WITHDRAWN)
            elif state is not None and state.phase is StepPhase.OPEN:
                inner = [name for name in below(step_id, place.indices, shape, work.states) if name not in out]
                self._skip(work, shape.place(step_id, place.indices), WITHDRAWN)
                self._ending.withdraw(work, inner, reason=reason)
                for name in inner:
                    if work.states[name].phase is StepPhase.OPEN:
                        self._skip(work, shape.place(*parts_of(name)), WITHDRAWN)
            elif state is not None:
                self._ending.withdraw(work, [instance], reason=reason)

    def _calls_that_left(self, work: Work, losers: list[str]) -> set[str]:
        """Instances whose call is outside now: nobody can call it back, and its outcome counts."""
        if not any(work.plan.step(name).uses or work.plan.shape.bodies.get(name) for name in losers):
            return set()
        effects = self._means.engine.effects.list(work.unit.conn, work.row.id)
        return work.under_way | {effect.step_id for effect in effects if effect.state == "intent"}

    def _ask_again_where_expired(self, work: Work, place: Place) -> bool:
        """Whether the approval this effect rests on, the last one before it, is too old; it is then asked anew."""
        name = last_review_before(work, place)
        until = None if name is None else work.states[name].output.get("expires_at")
        if name is None or until is None or datetime.fromisoformat(str(until)) >= work.unit.now:
            return False
        message = f"the approval by {work.states[name].output.get('by')} expired at {until}"
        self.ask_again(work, place, ApprovalExpired(message, step_id=name))
        return True

    def ask_again(self, work: Work, place: Place, expired: ApprovalExpired) -> None:
        """Take the expired review back, so that it is opened anew."""
        name = expired.step_id
        if name not in work.states and name in work.plan.shape.steps:
            name = instance_of(name, place.indices[: len(work.plan.shape.chains[name])])
        if name in work.states:
            work.forget([name])
        work.fact("approval.expired", step=name, message=expired.message)
        if work.frontier is not None:
            self._look_anew(work)

    def _settle(self, work: Work) -> None:
        """No step can begin: the run waits for somebody or something, or it has ended."""
        presenter = self._means.presenter_of(work.row.intent)
        facts = presenter.facts(work.call(services_of(self._means, work), None))
        work.changes |= as_columns(facts)
        if facts.subject == work.row.id:
            # Nobody gave it a better name than the one it began with.
            del work.changes["subject"]
        parked = [name for name, state in work.states.items() if state.phase in PARKED and name != DEADLINE]
        if parked:
            work.changes |= in_state(work.unit, RunState.WAITING)
            return
        if DEADLINE in work.states:
            self._ending.withdraw(work, [DEADLINE], reason="the run has ended")
        outcome = self._outcome(work)
        work.changes |= in_state(work.unit, RunState.DONE, outcome=outcome)
        accepted, undecided = self._accepted(work)
        if undecided is not None:
            work.fact("acceptance.undecided", error=undecided)
        work.fact(RUN_DONE, outcome=outcome, accepted=accepted)
        ended = replace(work.row, state=RunState.DONE, outcome=outcome)
        work.entries += end_entries(work.unit, ended, work.plan, accepted=accepted, touched=work.is_touched)
        self._ending.after_end(work)

    def _outcome(self, work: Work) -> str:
        """The outcome of the last step, in the order of the file, that was done."""
        for step in reversed(work.plan.shape.bodies[None]):
            state = work.states.get(step.id)
            if state is not None and state.phase is StepPhase.DONE:
                return state.outcome
        return "done"

    def _accepted(self, work: Work) -> tuple[bool, str | None]:
        try:
            return work.plan.is_accepted(work.variables()), None
        except ConditionFailed as failure:
            return False, failure.message


def last_review_before(work: Work, place: Place) -> str | None:
    """The instance of the review decided last of those that this one comes after."""
    shape = work.plan.shape
    found: tuple[int, str] | None = None
    for name in shape.ancestors(place.step.id):
        if shape.steps[name].kind is not StepKind.REVIEW:
            continue
        instance = instance_of(name, place.indices[: len(shape.chains[name])])
        state = work.states.get(instance)
        if state is not None and state.phase is StepPhase.DONE and (found is None or state.seq > found[0]):
            found = (state.seq, instance)
    return None if found is None else found[1]
