"""A run in hand: its rows and plan within one unit of work, and what of them is not written yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tiebeam.economics import Economics, LedgerEntry
from tiebeam.engine import EffectState
from tiebeam.spec import Step
from tiebeam.store import Unit
from tiebeam.workflow.runs.ending import machine_time
from tiebeam.workflow.runs.frontier import Frontier
from tiebeam.workflow.runs.instances import instance_of, parts_of
from tiebeam.workflow.runs.plan import NO_PROBLEM, RunPlan
from tiebeam.workflow.runs.rows import (
    SEQ_STEP,
    RunRow,
    StepRow,
    change_run,
    forget_steps,
    insert_steps,
    mark_steps,
    move_steps,
    row_of_step,
)
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import SETTLED, RunState, StepPhase, StepState
from tiebeam.workflow.steps import RunInfo, Services, StepCall, StepCode, StepResult

SYSTEM = "system:tiebeam"
STEPS_DONE = "steps.done"
"""What instances of a run are done, in one fact for all of a unit: a list under `steps`."""
RUN_DONE = "run.done"
"""The end of a run, with the `steps` that were done in the same unit."""
_NOTHING = Decimal(0)
_MILLISECOND = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class CallOutside:
    """A call whose effect lies outside our database; it is made with no unit of work open.

    `effect` is what the intent in the same unit said; None where calls are only gathered. `undoes` tells a call that
    takes the effect of `place` back.
    """

    place: Place
    instance: str
    code: StepCode
    call: StepCall
    effect: EffectState | None = None
    undoes: bool = False

    @property
    def step(self) -> Step:
        return self.place.step


@dataclass(slots=True)
class Work:
    """A run in hand during one unit of work.

    `token` names who makes the calls outside; without one they are only gathered in `calls`. `under_way` are
    instances whose calls have left and are not back. `left` counts the steps that may still be done here.
    """

    unit: Unit
    row: RunRow
    plan: RunPlan
    states: dict[str, StepState]
    entries: list[LedgerEntry] = field(default_factory=list[LedgerEntry])
    """Ledger lines of this unit that are not written yet."""
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Columns of the run's row that are not written yet."""
    token: str | None = None
    under_way: set[str] = field(default_factory=set[str])
    calls: list[CallOutside] = field(default_factory=list[CallOutside])
    left: int | None = None
    has_more: bool = False
    seconds: Decimal = _NOTHING
    """Machine time that is not booked yet."""
    frontier: Frontier | None = None
    services: Services | None = None
    lists: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """The lists of maps that are closed, where somebody asked for them."""
    ended: int = 0
    """How many instances have ended so far."""
    _begun: dict[str, StepRow] = field(default_factory=dict[str, StepRow])
    _moved: dict[str, StepRow] = field(default_factory=dict[str, StepRow])
    _marked: dict[str, StepPhase] = field(default_factory=dict[str, StepPhase])
    _done: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self.ended = max((state.seq for state in self.states.values()), default=0)

    @property
    def state(self) -> RunState:
        """The run's state once this is written."""
        return RunState(self.changes.get("state", self.row.state))

    @property
    def ends_as(self) -> RunState | None:
        return self.changes.get("ends_as", self.row.ends_as)

    def again(self, unit: Unit, row: RunRow) -> Work:
        """The same run in the next unit, when nobody else has changed its steps meanwhile."""
        self.unit, self.row, self.calls, self.has_more = unit, row, [], False
        return self

    def keep(self, row: StepRow) -> None:
        """Take an instance's row up, new or moved on; `flush` writes all of them at once."""
        if row.phase in SETTLED and not row.seq:
            self.ended += 1
            row = replace(row, seq=self.ended)
        target = self._begun if row.step_id in self._begun or row.step_id not in self.states else self._moved
        target[row.step_id] = row
        self.states[row.step_id] = row.state
        if self.frontier is not None:
            self.frontier.changed(row.step_id)

    def mark(self, instance: str, phase: StepPhase) -> None:
        """Give an instance another phase; the rest of its row stays."""
        self.states[instance] = replace(self.states[instance], phase=phase)
        if instance in self._begun:
            self._begun[instance] = replace(self._begun[instance], phase=phase)
        elif instance in self._moved:
            self._moved[instance] = replace(self._moved[instance], phase=phase)
        else:
            self._marked[instance] = phase

    def forget(self, instances: Collection[str]) -> None:
        """Take instances back, as if they had never begun."""
        stored = [instance for instance in instances if instance in self.states and instance not in self._begun]
        for instance in instances:
            self.states.pop(instance, None)
            for rows in (self._begun, self._moved, self._marked):
                rows.pop(instance, None)
        forget_steps(self.unit, self.row.id, stored)

    def take_seq(self) -> int:
        """The next number of this run. Its row is locked, so nobody else takes one before `flush` writes it."""
        taken = int(self.changes.get("seq", self.row.seq)) + SEQ_STEP
        self.changes["seq"] = taken
        return taken

    def is_open(self, instance: str) -> bool:
        """Whether a result of the instance can still be taken: the run goes on, and it has none."""
        state = self.states.get(instance)
        return not self.state.is_final and (state is None or state.phase not in SETTLED)

    def position_of(self, instance: str) -> int:
        """Where lists show it. What stands for the run as a whole comes last."""
        return self.plan.positions.get(parts_of(instance)[0], len(self.plan.positions))

    def done(self, instance: str, outcome: str, **more: Any) -> None:
        """An instance is done: one fact tells all of this unit, in their order."""
        self._done.append({"step": instance, "outcome": outcome, **more})

    def fact(self, kind: str, *, actor: str = SYSTEM, **payload: Any) -> None:
        """Append to the run's stream, after what was done before."""
        if self._done and kind == RUN_DONE:
            payload["steps"], self._done = self._done, []
        self.tell_done()
        self.unit.journal(f"run:{self.row.id}", kind, actor=actor, payload=payload)

    def tell_done(self) -> None:
        """Append what was done so far to the run's stream, before a fact that others append there."""
        if self._done:
            steps, self._done = self._done, []
            self.unit.journal(f"run:{self.row.id}", STEPS_DONE, actor=SYSTEM, payload={"steps": steps})

    def book_time(self) -> None:
        """Book the machine time gathered so far as one line. Less than a millisecond says nothing."""
        if self.seconds >= _MILLISECOND:
            self.entries.append(machine_time(self.unit, self.row, self.seconds, number=self.ended))
        self.seconds = _NOTHING

    def flush(self, economics: Economics) -> None:
        """Write what was taken up: step rows in one statement, ledger lines in one call, the run's row once."""
        self.tell_done()
        insert_steps(self.unit, self.row.id, tuple(self._begun.values()))
        move_steps(self.unit, self.row.id, self._moved.values())
        mark_steps(self.unit, self.row.id, self._marked)
        if self.entries:
            economics.record(self.unit, self.entries)
        if self.changes:
            change_run(self.unit, self.row.id, **self.changes)
            known = {name: value for name, value in self.changes.items() if name in RunRow.__slots__}
            self.row = replace(self.row, **known)
        self.entries, self.changes = [], {}
        self._begun, self._moved, self._marked = {}, {}, {}

    def variables(self, problem: Mapping[str, Any] = NO_PROBLEM, place: Place | None = None) -> dict[str, Any]:
        state = self.changes.get("state", self.row.state)
        run = {"id": self.row.id, "state": str(state), "outcome": self.changes.get("outcome", self.row.outcome) or ""}
        return self.plan.variables(self.states, run_input=self.row.input, problem=problem, run=run, place=place)

    def call(
        self,
        services: Services,
        place: Place | None,
        *,
        unit: Unit | None = None,
        instance: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> StepCall:
        """What a step's code gets. Without a place, the run as a whole is meant."""
        row = self.row
        step = self.plan.recipe.step[-1] if place is None else place.step
        name = instance or (step.id if place is None else place.instance)
        around = self.plan.surroundings(self.states, place, self.lists) if place is not None and place.indices else {}
        if place is not None and around.get("previous"):
            before = (*place.indices[:-1], place.indices[-1] - 1)
            around["previous"] = self.plan.inputs(self.states, place._replace(indices=before))
        return StepCall(
            run=RunInfo(row.id, row.intent, row.recipe, row.team, row.document_id),
            step_id=name,
            inputs=self.plan.inputs(self.states, place),
            input=row.input,
            params=step.params if params is None else params,
            services=services,
            now=self.unit.now,
            key=f"{row.id}:{name}",
            conn=self.unit.conn,
            unit=unit,
            **around,
        )

    def lists_around(self, place: Place) -> None:
        """Have the lists at hand of the maps around an instance, closed ones too."""
        for depth, container in enumerate(self.plan.shape.chains[place.step.id]):
            name = instance_of(container, place.indices[:depth])
            if self.plan.step(container).map is None or name in self.lists or name not in self.states:
                continue
            if "over" not in self.states[name].output:
                row = row_of_step(self.unit.conn, self.row.id, name)
                self.lists[name] = list(row.evidence.get("over", ()))

    @property
    def is_touched(self) -> bool:
        """A person decided something in this run."""
        deciders = (str(state.output.get("by") or "system:") for state in self.states.values())
        return any(not person.startswith("system:") for person in deciders)


def ambiguity(step: Step) -> str:
    return (
        f"{step.title!r} was begun and its confirmation never arrived. It is not repeated on its own: "
        "look in the other system and say whether it took place."
    )


def result_data(result: StepResult) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "output": result.output,
        "summary": result.summary,
        "evidence": result.evidence,
    }


def result_from(data: Mapping[str, Any]) -> StepResult:
    """A confirmed effect's result, as `result_data` made it or as a person settled it."""
    return StepResult(
        outcome=str(data.get("outcome", "done")),
        output=dict(data.get("output", {})),
        summary=str(data.get("summary", "confirmed")),
        evidence=dict(data.get("evidence", {})),
    )
