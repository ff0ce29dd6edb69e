"""The pure part of running a recipe: which step is next, and what its conditions say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.spec import Condition, Recipe, Step, compile_condition, step_variable

_NAMES = frozenset({"steps", "input", "run", "problem"})
NO_PROBLEM: Mapping[str, Any] = {"kind": "none", "step": "", "message": "", "found": {}}


class StepPhase(StrEnum):
    """Where one step of a run stands. A step without a row has not begun.

    `waiting`: for a person, a moment, an event or another run. `open`: a container whose body runs. `retrying`: it
    failed and is tried again. `undone`: it was done and its effect is taken back.
    """

    DONE = "done"
    SKIPPED = "skipped"
    WAITING = "waiting"
    PROBLEM = "problem"
    OPEN = "open"
    RETRYING = "retrying"
    UNDONE = "undone"


SETTLED = frozenset({StepPhase.DONE, StepPhase.SKIPPED, StepPhase.UNDONE})


class NoHandoff(TiebeamError):
    """No escalation rule of the recipe holds, so nobody would be asked."""

    code = "no_handoff"
    status = 422


@dataclass(frozen=True, slots=True)
class StepState:
    step_id: str
    phase: StepPhase
    outcome: str
    output: Mapping[str, Any]


class RunPlan:
    """A recipe with its conditions compiled. Raises on conditions that do not compile, before anything runs."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.positions = {step.id: position for position, step in enumerate(recipe.step)}
        self._names = {step.id: step_variable(step.id) for step in recipe.step}
        self._when = {step.id: _compiled(step.when) for step in recipe.step if step.when is not None}
        self._stops = [(rule, _compiled(rule.when)) for rule in recipe.stop]
        self._watched = {rule.id: _steps_read(condition) for rule, condition in self._stops}
        self._escalations = [(rule, _compiled(rule.when)) for rule in recipe.escalation]
        accepted = recipe.instrumentation.accepted_when if recipe.instrumentation else None
        self._accepted = None if accepted is None else _compiled(accepted)

    def step(self, step_id: str) -> Step:
        return next(step for step in self.recipe.step if step.id == step_id)

    def next_step(self, states: Mapping[str, StepState]) -> Step | None:
        """The first step in file order that has not begun and whose predecessors are all settled."""
        for step in self.recipe.step:
            if step.id in states:
                continue
            if all(name in states and states[name].phase in SETTLED for name in step.after):
                return step
        return None

    def applies(self, step: Step, variables: Mapping[str, Any]) -> bool:
        """Raises ConditionFailed when the condition cannot be evaluated."""
        condition = self._when.get(step.id)
        return condition is None or condition.holds(variables)

    def stop_reason(self, variables: Mapping[str, Any], *, after: Step) -> str | None:
        """The reason of the first rule that looks at this step and holds. Other steps may still read as `pending`."""
        watched = step_variable(after.id)
        for rule, condition in self._stops:
            if watched in self._watched[rule.id] and condition.holds(variables):
                return f"{rule.id}: {rule.reason}"
        return None

    def handoff(self, variables: Mapping[str, Any]) -> tuple[str, str]:
        """(handoff protocol id, escalation rule id) of the first rule that holds."""
        for rule, condition in self._escalations:
            if condition.holds(variables):
                return rule.handoff, rule.id
        raise NoHandoff(
            f'no escalation rule of recipe {self.recipe.id!r} holds; add a last rule with when = "true"',
            recipe=self.recipe.id,
        )

    def is_accepted(self, variables: Mapping[str, Any]) -> bool:
        return self._accepted is not None and self._accepted.holds(variables)

    def variables(
        self,
        states: Mapping[str, StepState],
        *,
        run_input: Mapping[str, Any],
        problem: Mapping[str, Any] = NO_PROBLEM,
        run: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What conditions see. A step that has not begun reads as outcome `pending` with an empty output."""
        pending: dict[str, Any] = {"outcome": "pending", "output": {}}
        steps: dict[str, Any] = {}
        for step in self.recipe.step:
            state = states.get(step.id)
            known = pending if state is None else {"outcome": state.outcome, "output": state.output}
            steps[self._names[step.id]] = known
        return {"steps": steps, "input": dict(run_input), "problem": dict(problem), "run": dict(run or {})}


def _steps_read(condition: Condition) -> frozenset[str]:
    """Names of the steps a condition looks at."""
    parts = (path.split(".") for path in condition.paths)
    return frozenset(part[1] for part in parts if part[0] == "steps" and len(part) > 1)


def _compiled(text: str) -> Condition:
    return compile_condition(text, _NAMES)
