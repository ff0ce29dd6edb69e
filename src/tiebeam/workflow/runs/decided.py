"""What a person's decision does to the run that waited for it, in the same transaction as the decision itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tiebeam.economics import Economics, EntryKind, LedgerEntry
from tiebeam.engine import Engine
from tiebeam.kit import iso, sha256_hex
from tiebeam.store import Unit
from tiebeam.workflow.runs.closing import AMBIGUOUS, Ending
from tiebeam.workflow.runs.instances import DEADLINE, parts_of
from tiebeam.workflow.runs.means import Plans
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.rows import RunRow, StepRow, change_run, load_run, load_states, set_state, step_of_task
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workflow.runs.undoing import LEFT
from tiebeam.workflow.runs.work import Work, result_from
from tiebeam.workflow.steps import StepResult
from tiebeam.workforce import Decision, Task

_HOUR = Decimal(60)
_KEPT = ("over", "turn")
"""What an open container holds on to while a person looks at its problem."""
_log = logging.getLogger("tiebeam.workflow")


ReviewRates = Callable[[str, RunPlan], tuple[Decimal, str]]
"""From an intent and its plan to (cost of an hour of review, currency), as the unit economics state it."""


class Deciding:
    """Registered with the workforce; called in the unit of every decision that closes a task.

    `cancel_tasks(unit, run_id, reason)` withdraws the open tasks of a run. `on_stopped` is called in the unit that ends
    a run before its time.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        economics: Economics,
        cancel_tasks: Callable[[Unit, str, str], object],
        rates: ReviewRates,
        on_stopped: Callable[[Unit, RunRow], None],
    ) -> None:
        self._engine = engine
        self._economics = economics
        self._rates = rates
        self._plans = Plans()
        self._ending = Ending(
            engine=engine,
            economics=economics,
            plans=self._plans,
            cancel_tasks=lambda unit, run_id, reason, _steps: cancel_tasks(unit, run_id, reason),
            on_stopped=on_stopped,
        )

    def __call__(self, unit: Unit, task: Task, decision: Decision) -> None:
        found = step_of_task(unit.conn, task.id)
        if found is None:
            return
        instance, phase, output = found
        row = load_run(unit.conn, task.run_id, for_update=True)
        work = Work(unit, row, self._plans.of(unit.conn, row.recipe_hash), load_states(unit.conn, row.id))
        self._count_minutes(work, instance=instance, task=task, decision=decision)
        if decision.verb == "abort":
            self._stop(work, reason=f"nobody decided {task.title!r} in time")
        elif phase is StepPhase.PROBLEM:
            self._after_problem(work, instance=instance, output=dict(output), decision=decision)
        else:
            self._close_step(work, instance=instance, task=task, decision=decision)
        # Whoever carries the run on right now sees by its number that it stands elsewhere.
        work.take_seq()
        work.flush(self._economics)

    def endorsed(self, unit: Unit, task: Task, decision: Decision) -> None:
        """The workforce's hook for a decision that only moved the task up: the minutes cost money all the same."""
        found = step_of_task(unit.conn, task.id)
        if found is None:
            return
        row = load_run(unit.conn, task.run_id, for_update=True)
        work = Work(unit, row, self._plans.of(unit.conn, row.recipe_hash), {})
        self._count_minutes(work, instance=found[0], task=task, decision=decision)
        work.flush(self._economics)

    def _close_step(self, work: Work, *, instance: str, task: Task, decision: Decision) -> None:
        said = f": {decision.comment}" if decision.comment else ""
        proof = {"task": task.id, "payload_hash": decision.payload_hash, "by": decision.person_id}
        work.keep(
            StepRow(
                step_id=instance,
                phase=StepPhase.DONE,
                outcome=decision.verb,
                position=work.position_of(instance),
                summary=f"{decision.verb} by {decision.person_name}{said}",
                output=_decision_output(decision),
                evidence={"decision": proof},
                task_id=task.id,
            )
        )
        if not work.row.state.is_final and work.row.ends_as is None:
            self._ending.stops(work, work.plan.shape.place(*parts_of(instance)))

    def _after_problem(self, work: Work, *, instance: str, output: dict[str, Any], decision: Decision) -> None:
        problem = dict(output["problem"])
        approved = decision.verb in {"approve", "edit"}
        match problem["kind"]:
            case kind if kind == AMBIGUOUS:
                self._settle(work, instance, decision, happened=approved)
            case "undo_failed" if not approved:
                self._keep(work, instance, StepPhase.SKIPPED, LEFT, f"left as it is by {decision.person_name}")
            case "undo_failed":
                work.forget([instance])
            case _ if not approved:
                self._stop(work, reason=f"{problem['message']} Stopped by {decision.person_id}.")
            case "deadline":
                self._keep(work, DEADLINE, StepPhase.SKIPPED, "accepted", f"{decision.person_name} lets it go on")
            case "loop_limit":
                self._reopen(work, instance, {"turn": output["turn"], "limit_accepted": True})
            case _ if any(name in output for name in _KEPT):
                self._reopen(work, instance, {name: output[name] for name in _KEPT if name in output})
            case "missing_evidence" if (made := self._made_outside(work, instance)) is not None:
                self._vouch(work, instance, made, decision)
            case _:
                work.forget([instance])

    def _made_outside(self, work: Work, instance: str) -> StepResult | None:
        """What came of an effect outside that took place: it is not made again for the evidence it did not leave."""
        effects = self._engine.effects.list(work.unit.conn, work.row.id)
        found = next((one for one in effects if one.step_id == instance and one.state == "confirmed"), None)
        return None if found is None or not found.result else result_from(found.result)

    def _vouch(self, work: Work, instance: str, made: StepResult, decision: Decision) -> None:
        """A person's word stands for the evidence that is missing."""
        step = work.plan.step(parts_of(instance)[0])
        said = {"confirmed_by": decision.person_id, "note": decision.comment}
        work.keep(
            StepRow(
                step_id=instance,
                phase=StepPhase.DONE,
                outcome=made.outcome,
                position=work.position_of(instance),
                summary=f"{made.summary}; {decision.person_name} vouches for it",
                output=made.output,
                evidence={**dict.fromkeys(step.evidence, said), **made.evidence},
            )
        )

    def _settle(self, work: Work, instance: str, decision: Decision, *, happened: bool) -> None:
        """A person says whether an effect took place: its step is then done, or tried again."""
        self._engine.effects.settle(
            work.unit,
            run_id=work.row.id,
            step_id=instance,
            happened=happened,
            result=_settled_result(work.plan, instance, decision) if happened else {},
            actor=decision.person_id,
        )
        work.forget([instance])

    def _reopen(self, work: Work, instance: str, output: dict[str, Any]) -> None:
        position = work.position_of(instance)
        work.keep(StepRow(instance, StepPhase.OPEN, None, position, summary="goes on", output=output))

    def _keep(self, work: Work, instance: str, phase: StepPhase, outcome: str, summary: str) -> None:
        work.keep(StepRow(instance, phase, outcome, work.position_of(instance), summary=summary))

    def _stop(self, work: Work, *, reason: str) -> None:
        if work.row.ends_as is None:
            self._ending.begin(work, final=RunState.STOPPED, reason=reason, touched=True)

    def _count_minutes(self, work: Work, *, instance: str, task: Task, decision: Decision) -> None:
        if not decision.minutes or decision.person_id.startswith("system:"):
            return
        row = work.row
        per_hour, currency = self._rates(row.intent, work.plan)
        work.entries.append(
            LedgerEntry(
                kind=EntryKind.REVIEW_MINUTES,
                run_id=row.id,
                step_id=instance,
                intent=row.intent,
                recipe=row.recipe,
                team=row.team,
                person=decision.person_id,
                model=None,
                quantity=decision.minutes,
                usd_nano=None,
                amount=decision.minutes * per_hour / _HOUR,
                currency=currency,
                at=work.unit.now,
                key=f"{task.id}:{decision.person_id}:minutes",
            )
        )


def _decision_output(decision: Decision) -> dict[str, Any]:
    return {
        "verb": decision.verb,
        "by": decision.person_id,
        "took_part": list(decision.took_part),
        "note": decision.comment,
        "payload": decision.payload,
        "payload_hash": decision.payload_hash,
        "expires_at": None if decision.expires_at is None else iso(decision.expires_at),
    }


def _settled_result(plan: RunPlan, instance: str, decision: Decision) -> dict[str, Any]:
    """What a step's result becomes when a person says that its effect did take place."""
    found = decision.payload.get("found") or {}
    said = {"confirmed_by": decision.person_id, "note": decision.comment, **found}
    return {
        "outcome": "confirmed-by-person",
        "output": said,
        "summary": f"{decision.person_id} says that it took place",
        "evidence": dict.fromkeys(plan.step(parts_of(instance)[0]).evidence, said),
    }


def cancel_run(unit: Unit, run_id: str, *, actor: str, reason: str) -> RunRow:
    """Mark a run cancelled. Raises NotFound; a run that has ended stays as it is."""
    row = load_run(unit.conn, run_id, for_update=True)
    if row.state.is_final:
        return row
    set_state(unit, run_id, state=RunState.CANCELLED, outcome="cancelled", reason=reason)
    unit.journal(f"run:{run_id}", "run.cancelled", actor=actor, payload={"reason": reason})
    return row


def fail_run(unit: Unit, run_id: str, *, error: str) -> None:
    """The engine gave the run up after repeated internal errors; a person sees it with its reference."""
    row = load_run(unit.conn, run_id, for_update=True)
    if row.state.is_final:
        return
    reference = sha256_hex(error)[:8]
    # The last line names the error; what led to it is for the log and the journal, not for people at work.
    last = next((line.strip() for line in reversed(error.splitlines()) if line.strip()), "unknown")
    reason = f"An internal error stopped this run, reference {reference}: {last[:300]}"
    set_state(unit, run_id, state=RunState.FAILED, outcome="failed", reason=reason)
    change_run(unit, run_id, held_by=None)
    _log.error("run %s failed, reference %s: %s", run_id, reference, error)
    payload = {"reference": reference, "error": error[-2000:]}
    unit.journal(f"run:{run_id}", "run.failed", actor="system:tiebeam", payload=payload)
