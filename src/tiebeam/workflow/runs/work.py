"""A run in hand: its rows and plan within one unit of work, and what a call outside gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiebeam.economics import Economics, LedgerEntry
from tiebeam.errors import TiebeamError
from tiebeam.spec import Step
from tiebeam.store import Unit
from tiebeam.workflow.runs.plan import NO_PROBLEM, RunPlan
from tiebeam.workflow.runs.rows import SEQ_STEP, RunRow, StepRow, change_run, insert_steps, load_run
from tiebeam.workflow.runs.states import StepState
from tiebeam.workflow.steps import StepCall, StepCode, StepResult


@dataclass(slots=True)
class Work:
    """A run in hand during one unit of work."""

    unit: Unit
    row: RunRow
    plan: RunPlan
    states: dict[str, StepState]
    begun: list[StepRow] = field(default_factory=list[StepRow])
    """Steps of this unit whose rows are not written yet."""
    entries: list[LedgerEntry] = field(default_factory=list[LedgerEntry])
    """Ledger lines of this unit that are not written yet."""
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Columns of the run's row that are not written yet."""

    def keep(self, row: StepRow) -> None:
        """Take a step's row up; `flush` writes all of them at once."""
        self.states[row.step_id] = row.state
        self.begun.append(row)

    def take_seq(self) -> int:
        """The next number of this run. Its row is locked, so nobody else takes one before `flush` writes it."""
        taken = int(self.changes.get("seq", self.row.seq)) + SEQ_STEP
        self.changes["seq"] = taken
        return taken

    def flush(self, economics: Economics) -> None:
        """Write what was taken up: step rows in one statement, ledger lines in one call, the run's row once."""
        insert_steps(self.unit, self.row.id, self.begun)
        if self.entries:
            economics.record(self.unit, self.entries)
        if self.changes:
            change_run(self.unit, self.row.id, **self.changes)
        self.begun, self.entries, self.changes = [], [], {}

    def variables(self, problem: Mapping[str, Any] = NO_PROBLEM) -> dict[str, Any]:
        run = {"state": self.row.state.value, "outcome": self.row.outcome or ""}
        return self.plan.variables(self.states, run_input=self.row.input, problem=problem, run=run)

    @property
    def is_touched(self) -> bool:
        """A person decided something in this run."""
        deciders = (str(state.output.get("by") or "system:") for state in self.states.values())
        return any(not person.startswith("system:") for person in deciders)


@dataclass(frozen=True, slots=True)
class CallOutside:
    """A step whose effect lies outside our database; it is carried out with no unit of work open."""

    step: Step
    code: StepCode
    call: StepCall
    seq: int


class RunEnded(Exception):
    """The run ended between deciding on a call and making it; nothing left the house."""


def still_goes_on(run_id: str) -> Callable[[Unit], None]:
    """Asked in the unit that writes down a call: a run that was cancelled meanwhile makes none. Raises RunEnded."""

    def check(unit: Unit) -> None:
        if load_run(unit.conn, run_id, for_update=True).state.is_final:
            raise RunEnded

    return check


def position_of(plan: RunPlan, step: Step) -> int:
    return plan.positions[step.id]


def ambiguity(step: Step) -> str:
    return (
        f"{step.title!r} was begun and its confirmation never arrived. It is not repeated on its own: "
        "look in the other system and say whether it took place."
    )


def look_outside(outside: CallOutside) -> dict[str, Any]:
    """What the outer system itself knows of the effect; a system that cannot say leaves it to the person."""
    if outside.code.find is None:
        return {}
    try:
        return outside.code.find(outside.call) or {}
    except TiebeamError as failure:
        return {"not_checked": failure.message}


def result_data(result: StepResult) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "output": result.output,
        "summary": result.summary,
        "evidence": result.evidence,
    }


def result_from(data: Mapping[str, Any]) -> StepResult:
    """A confirmed effect's result, as `_result_data` stored it or as a person settled it."""
    return StepResult(
        outcome=str(data.get("outcome", "done")),
        output=dict(data.get("output", {})),
        summary=str(data.get("summary", "confirmed")),
        evidence=dict(data.get("evidence", {})),
    )
