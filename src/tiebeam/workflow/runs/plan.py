"""A recipe ready to be carried out: its shape, its expressions compiled, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.spec import Condition, Recipe, Step, StepKind, compile_condition, step_variable
from tiebeam.workflow.runs.frontier import Frontier
from tiebeam.workflow.runs.instances import Indices, instance_of
from tiebeam.workflow.runs.shape import Place, Shape
from tiebeam.workflow.runs.states import StepState

_NAMES = frozenset({"steps", "input", "run", "problem", "item", "index", "previous"})
NO_PROBLEM: Mapping[str, Any] = {"kind": "none", "step": "", "message": "", "found": {}}
_PENDING: Mapping[str, Any] = {"outcome": "pending", "output": {}}


class NoHandoff(TiebeamError):
    """No escalation rule of the recipe holds, so nobody would be asked."""

    code = "no_handoff"
    status = 422


class Steps(Mapping[str, Mapping[str, Any]]):
    """What an instance sees of the others, by their CEL names; one that has not begun reads as `pending`.

    Members are looked up when they are read: a run has many steps and a condition looks at two.
    """

    def __init__(
        self,
        names: Mapping[str, tuple[str, int]],
        states: Mapping[str, StepState],
        indices: Indices = (),
        *,
        hidden: Collection[str] = (),
    ) -> None:
        self._names = names
        self._states = states
        self._indices = indices
        self._hidden = hidden

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._names and name in self._hidden:
            # Rules are about all steps, whichever of them can be seen from where they are asked.
            return _PENDING
        step_id, depth = self._names[name]
        state = self._states.get(instance_of(step_id, self._indices[:depth]))
        return _PENDING if state is None else state.seen

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Inputs(Mapping[str, Mapping[str, Any]]):
    """What step code sees of the instances that have begun, by the ids of their steps, in the order of the file."""

    def __init__(
        self, names: Mapping[str, tuple[str, int]], states: Mapping[str, StepState], indices: Indices = ()
    ) -> None:
        self._places = {step_id: instance_of(step_id, indices[:depth]) for step_id, depth in names.values()}
        self._states = states

    def __getitem__(self, step_id: str) -> Mapping[str, Any]:
        return self._states[self._places[step_id]].seen

    def __iter__(self) -> Iterator[str]:
        return (step_id for step_id, instance in self._places.items() if instance in self._states)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class RunPlan:
    """A recipe with its expressions compiled. Raises on those that do not compile, before anything runs."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.shape = Shape(recipe)
        self.positions = self.shape.positions
        self._all = frozenset(step_variable(step.id) for step in recipe.step)
        self._expressions: dict[str, Condition] = {}
        self._when = {step.id: self.compiled(step.when) for step in recipe.step if step.when is not None}
        self._stops = [(rule, self.compiled(rule.when)) for rule in recipe.stop]
        self._watched = {rule.id: _steps_read(condition) for rule, condition in self._stops}
        self._escalations = [(rule, self.compiled(rule.when)) for rule in recipe.escalation]
        accepted = recipe.instrumentation.accepted_when if recipe.instrumentation else None
        self._accepted = None if accepted is None else self.compiled(accepted)
        for step in recipe.step:
            for text in _expressions(step):
                self.compiled(text)
        self.can_undo = any(step.undo is not None or step.kind is StepKind.RECIPE for step in recipe.step)

    def compiled(self, text: str) -> Condition:
        """An expression of the recipe, compiled once."""
        found = self._expressions.get(text)
        if found is None:
            found = self._expressions[text] = compile_condition(text, _NAMES)
        return found

    def step(self, step_id: str) -> Step:
        return self.shape.steps[step_id]

    def next_step(self, states: Mapping[str, StepState]) -> Step | None:
        """The first step in file order that can begin; outside bodies its id says which instance."""
        place = Frontier(self.shape, states).take()
        return None if place is None else place.step

    def applies(self, step: Step, variables: Mapping[str, Any]) -> bool:
        """Raises ConditionFailed when the condition cannot be evaluated."""
        condition = self._when.get(step.id)
        return condition is None or condition.holds(variables)

    def has_when(self, step: Step) -> bool:
        return step.id in self._when

    def stop_reason(self, variables: Mapping[str, Any], *, after: Step) -> str | None:
        """The reason of the first rule that looks at this step and holds. Other steps may still read as `pending`."""
        watched = step_variable(after.id)
        for rule, condition in self._stops:
            if watched in self._watched[rule.id] and condition.holds(variables):
                return f"{rule.id}: {rule.reason}"
        return None

    def is_watched(self, step: Step) -> bool:
        """Whether a stop rule looks at the step."""
        name = step_variable(step.id)
        return any(name in watched for watched in self._watched.values())

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
        place: Place | None = None,
    ) -> dict[str, Any]:
        """What expressions see: of the run as a whole, or from the place of an instance."""
        step = None if place is None else place.step
        indices = () if place is None else place.indices
        steps = Steps(self.shape.visible(step), states, indices, hidden=self._all)
        seen = {"steps": steps, "input": run_input, "problem": problem, "run": run or {}}
        return seen if place is None or not indices else seen | self.surroundings(states, place)

    def surroundings(
        self, states: Mapping[str, StepState], place: Place, lists: Mapping[str, Sequence[Any]] = MappingProxyType({})
    ) -> dict[str, Any]:
        """`item` of the nearest map around, `index` of the nearest container, `previous` turn of the nearest loop.

        `lists` are those of maps that are closed, by their instances.
        """
        chain, indices = self.shape.chains[place.step.id], place.indices
        found: dict[str, Any] = {"index": indices[-1]}
        for depth in range(len(chain), 0, -1):
            container = self.shape.steps[chain[depth - 1]]
            if container.kind is StepKind.LOOP and "previous" not in found:
                first = indices[depth - 1] == 0
                found["previous"] = {} if first else self._turn_before(container, states, indices[:depth])
            if container.kind is StepKind.MAP and "item" not in found:
                name = instance_of(container.id, indices[: depth - 1])
                over = lists.get(name) or (states[name].output.get("over") if name in states else None)
                if over is not None:
                    found["item"] = over[indices[depth - 1]]
        return {"previous": {}, **found}

    def turn(self, states: Mapping[str, StepState], place: Place, turn: int) -> dict[str, Any]:
        """What `until` sees besides what the loop itself sees: the steps of a turn, its index, the turn before."""
        body = self.shape.bodies.get(place.step.id)
        if not body:
            return {}
        inside = self.shape.place(body[0].id, (*place.indices, turn))
        steps = Steps(self.shape.visible(body[0]), states, inside.indices, hidden=self._all)
        return {"steps": steps, **self.surroundings(states, inside)}

    def _turn_before(self, loop: Step, states: Mapping[str, StepState], indices: Indices) -> Mapping[str, Any]:
        names = {step_variable(step.id): (step.id, len(indices)) for step in self.shape.bodies[loop.id]}
        return Steps(names, states, (*indices[:-1], indices[-1] - 1))

    def inputs(self, states: Mapping[str, StepState], place: Place | None) -> Inputs:
        step = None if place is None else place.step
        return Inputs(self.shape.visible(step), states, () if place is None else place.indices)

    def last_done(self, states: Mapping[str, StepState], body: str | None, indices: Indices) -> dict[str, Any]:
        """Outcome and output of the last step of a body, in the order of the file, that was done."""
        for step in reversed(self.shape.bodies.get(body, ())):
            state = states.get(instance_of(step.id, indices))
            if state is not None and state.phase == "done":
                return {"outcome": state.outcome, "output": dict(state.output)}
        return {"outcome": "skipped", "output": {}}


def _steps_read(condition: Condition) -> frozenset[str]:
    """Names of the steps a condition looks at."""
    parts = (path.split(".") for path in condition.paths)
    return frozenset(part[1] for part in parts if part[0] == "steps" and len(part) > 1)


def _expressions(step: Step) -> Iterator[str]:
    """Every expression of a step besides `when`."""
    if step.review is not None:
        yield from (text for text in (step.review.role, step.review.person) if text is not None)
    if step.timer is not None and step.timer.until is not None:
        yield step.timer.until
    if step.event is not None:
        yield step.event.key
    if step.map is not None:
        yield step.map.over
    if step.loop is not None:
        yield step.loop.until
    if step.recipe is not None:
        yield from step.recipe.input.values()
