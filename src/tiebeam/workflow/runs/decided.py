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
from tiebeam.workflow.runs.ending import end_entries
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.rows import (
    RunRow,
    StepRow,
    forget_step,
    load_run,
    move_step,
    pinned,
    set_state,
    step_of_task,
)
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workforce import Decision, Task

_HOUR = Decimal(60)
_log = logging.getLogger("tiebeam.workflow")


ReviewRates = Callable[[str, RunPlan], tuple[Decimal, str]]
"""From an intent and its plan to (cost of an hour of review, currency), as the unit economics state it."""


class Deciding:
    """Registered with the workforce; called in the unit of every decision that closes a task.

    `on_stopped` is called in the unit that stops a run, by a person here and by a stop rule in the interpreter.
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
        self._on_stopped = on_stopped
        self._engine = engine
        self._economics = economics
        self._cancel_tasks = cancel_tasks
        self._rates = rates

    def __call__(self, unit: Unit, task: Task, decision: Decision) -> None:
        found = step_of_task(unit.conn, task.id)
        if found is None:
            return
        step_id, phase, output = found
        row = load_run(unit.conn, task.run_id, for_update=True)
        plan = RunPlan(pinned(unit.conn, row.recipe_hash))
        self._count_minutes(unit, row, plan, step_id=step_id, task=task, decision=decision)
        if decision.verb == "abort":
            self._stop(unit, row, plan, reason=f"nobody decided {task.title!r} in time")
        elif phase is StepPhase.PROBLEM:
            self._after_problem(unit, row, plan, step_id=step_id, problem=dict(output["problem"]), decision=decision)
        else:
            self._close_step(unit, row, plan, step_id=step_id, task=task, decision=decision)

    def endorsed(self, unit: Unit, task: Task, decision: Decision) -> None:
        """The workforce's hook for a decision that only moved the task up: the minutes cost money all the same."""
        found = step_of_task(unit.conn, task.id)
        if found is None:
            return
        row = load_run(unit.conn, task.run_id, for_update=True)
        plan = RunPlan(pinned(unit.conn, row.recipe_hash))
        self._count_minutes(unit, row, plan, step_id=found[0], task=task, decision=decision)

    def _close_step(
        self, unit: Unit, row: RunRow, plan: RunPlan, *, step_id: str, task: Task, decision: Decision
    ) -> None:
        said = f": {decision.comment}" if decision.comment else ""
        proof = {"task": task.id, "payload_hash": decision.payload_hash, "by": decision.person_id}
        closed = StepRow(
            step_id=step_id,
            phase=StepPhase.DONE,
            outcome=decision.verb,
            seq=row.seq,
            position=plan.positions[step_id],
            summary=f"{decision.verb} by {decision.person_name}{said}",
            output=_decision_output(decision),
            evidence={"decision": proof},
            task_id=task.id,
        )
        move_step(unit, row.id, closed)

    def _after_problem(
        self, unit: Unit, row: RunRow, plan: RunPlan, *, step_id: str, problem: dict[str, Any], decision: Decision
    ) -> None:
        approved = decision.verb in {"approve", "edit"}
        if problem["kind"] == "ambiguous_effect":
            self._engine.effects.settle(
                unit,
                run_id=row.id,
                step_id=step_id,
                happened=approved,
                result=_settled_result(plan, step_id, decision) if approved else {},
                actor=decision.person_id,
            )
        elif not approved:
            self._stop(unit, row, plan, reason=f"{problem['message']} Stopped by {decision.person_id}.")
            return
        forget_step(unit, row.id, step_id)

    def _stop(self, unit: Unit, row: RunRow, plan: RunPlan, *, reason: str) -> None:
        self._cancel_tasks(unit, row.id, reason)
        set_state(unit, row.id, state=RunState.STOPPED, outcome="stopped", reason=reason)
        unit.journal(f"run:{row.id}", "run.stopped", actor="system:tiebeam", payload={"reason": reason})
        self._economics.record(unit, end_entries(unit, row, plan, accepted=False, touched=True))
        self._on_stopped(unit, row)

    def _count_minutes(
        self, unit: Unit, row: RunRow, plan: RunPlan, *, step_id: str, task: Task, decision: Decision
    ) -> None:
        if not decision.minutes or decision.person_id.startswith("system:"):
            return
        per_hour, currency = self._rates(row.intent, plan)
        entry = LedgerEntry(
            kind=EntryKind.REVIEW_MINUTES,
            run_id=row.id,
            step_id=step_id,
            intent=row.intent,
            recipe=row.recipe,
            team=row.team,
            person=decision.person_id,
            model=None,
            quantity=decision.minutes,
            usd_nano=None,
            amount=decision.minutes * per_hour / _HOUR,
            currency=currency,
            at=unit.now,
            key=f"{task.id}:{decision.person_id}:minutes",
        )
        self._economics.record(unit, [entry])


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


def _settled_result(plan: RunPlan, step_id: str, decision: Decision) -> dict[str, Any]:
    """What a step's result becomes when a person says that its effect did take place."""
    found = decision.payload.get("found") or {}
    said = {"confirmed_by": decision.person_id, "note": decision.comment, **found}
    return {
        "outcome": "confirmed-by-person",
        "output": said,
        "summary": f"{decision.person_id} says that it took place",
        "evidence": dict.fromkeys(plan.step(step_id).evidence, said),
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
    _log.error("run %s failed, reference %s: %s", run_id, reference, error)
    payload = {"reference": reference, "error": error[-2000:]}
    unit.journal(f"run:{run_id}", "run.failed", actor="system:tiebeam", payload=payload)
