"""The shape of a recipe: which steps lie in whose body and what comes after what, from the recipe alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tiebeam.spec import Join, Recipe, Step, StepKind, step_variable
from tiebeam.workflow.runs.instances import Indices, instance_of

CONTAINERS = frozenset({StepKind.MAP, StepKind.LOOP})
LAST = 1 << 40
"""Behind every index: a container is looked at after what lies in it."""

OrderKey = tuple[int, ...]


class Place(NamedTuple):
    """An instance and its step."""

    step: Step
    indices: Indices
    instance: str


class Shape:
    """Bodies, predecessors and successors of steps, as they see one another.

    A step inside a container is, to those outside, its container: a name in `after` is taken for the outermost
    container that hides it.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.steps = {step.id: step for step in recipe.step}
        self.positions = {step.id: position for position, step in enumerate(recipe.step)}
        self.chains = {step.id: self._chain(step) for step in recipe.step}
        """The containers around each step, the outermost first."""
        self.bodies: dict[str | None, list[Step]] = {None: []}
        for step in recipe.step:
            self.bodies.setdefault(step.inside, []).append(step)
        self.before = {
            step.id: tuple(dict.fromkeys(self._seen(step.id, name) for name in step.after)) for step in recipe.step
        }
        self.following: dict[str, list[str]] = {step.id: [] for step in recipe.step}
        for step in recipe.step:
            for name in self.before[step.id]:
                self.following[name].append(step.id)
        self._visible: dict[tuple[str, ...], dict[str, tuple[str, int]]] = {}

    def _chain(self, step: Step) -> tuple[str, ...]:
        chain: list[str] = []
        inside = step.inside
        while inside is not None and inside not in chain:
            chain.append(inside)
            container = self.steps.get(inside)
            inside = None if container is None else container.inside
        return tuple(reversed(chain))

    def _seen(self, step_id: str, name: str) -> str:
        """What `step_id` sees under this name: the step itself, or the container that hides it."""
        own, other = self.chains[step_id], self.chains.get(name, ())
        for mine, theirs in zip((*own, None), other, strict=False):
            if mine != theirs:
                return theirs
        return other[len(own)] if len(other) > len(own) else name

    def place(self, step_id: str, indices: Indices = ()) -> Place:
        return Place(self.steps[step_id], indices, instance_of(step_id, indices))

    def key(self, step_id: str, indices: Indices) -> OrderKey:
        """Sorts instances by place in the file, and what lies in a body by its index first."""
        around: list[int] = []
        for container, index in zip(self.chains[step_id], indices, strict=True):
            around += (self.positions[container], index)
        end = LAST if self.steps[step_id].kind in CONTAINERS else -1
        return (*around, self.positions[step_id], end)

    def outer(self, step_id: str, indices: Indices) -> Indices:
        """The indices under which a step sees another one that encloses it or stands beside it."""
        return indices[: len(self.chains[step_id])]

    def predecessors(self, place: Place) -> list[str]:
        """The instances it comes after."""
        return [instance_of(name, self.outer(name, place.indices)) for name in self.before[place.step.id]]

    def joins_any(self, step: Step) -> bool:
        return step.join is Join.ANY and bool(step.after)

    def visible(self, step: Step | None) -> Mapping[str, tuple[str, int]]:
        """{CEL name: (step id, how many indices)} of what a step sees; of the run as a whole for None."""
        chain = () if step is None else self.chains[step.id]
        found = self._visible.get(chain)
        if found is None:
            found = {}
            for depth, container in enumerate((None, *chain)):
                for one in self.bodies.get(container, ()):
                    found[step_variable(one.id)] = (one.id, depth)
            self._visible[chain] = found
        return found

    def losers(self, join: Step, settled: frozenset[str]) -> list[str]:
        """The steps that are withdrawn when a join begins with the first branch that is done.

        Those before it that are not `settled` and that nothing else comes after: what others wait for goes on.
        """
        chain = self.chains[join.id]
        withdrawn = {join.id}
        found: list[str] = []
        ancestors = self.ancestors(join.id)
        for step in reversed(self.bodies[join.inside]):
            if step.id not in ancestors or step.id in settled or self.chains[step.id] != chain:
                continue
            if all(self._beside(name, chain) in withdrawn for name in self.following[step.id]):
                withdrawn.add(step.id)
                found.append(step.id)
        return found

    def _beside(self, name: str, chain: tuple[str, ...]) -> str:
        """A step as those of a body see it: itself, or its container there."""
        other = self.chains[name]
        return other[len(chain)] if len(other) > len(chain) else name

    def ancestors(self, step_id: str) -> set[str]:
        """Every step this one comes after, directly or not."""
        found: set[str] = set()
        waiting = list(self.before[step_id])
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.before[name])
        return found

    def after_all(self, step_id: str) -> set[str]:
        """Every step of the same body that comes after this one, directly or not, containers for what they hide."""
        chain = self.chains[step_id]
        found: set[str] = set()
        waiting = [step_id]
        while waiting:
            for name in self.following[waiting.pop()]:
                beside = self._beside(name, chain)
                if beside not in found and beside != step_id:
                    found.add(beside)
                    waiting.append(beside)
        return found
