"""What each step of a recipe can see: which steps have ended when it begins, and which names its expressions read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tiebeam import spec

CONTAINERS = frozenset({spec.StepKind.MAP, spec.StepKind.LOOP})
RUN = ("run.id", "run.state", "run.outcome")
PROBLEM = ("problem.kind", "problem.step", "problem.message", "problem.found")
"""What expressions know of the run, and rules of the problem a step met."""


class Scope:
    """A recipe read as nested bodies. Takes any recipe of the right shape, also one whose order is wrong."""

    def __init__(self, recipe: spec.Recipe) -> None:
        self.recipe = recipe
        self.steps: dict[str, spec.Step] = {}
        self.places: dict[str, int] = {}
        for place, step in enumerate(recipe.step):
            self.steps.setdefault(step.id, step)
            self.places.setdefault(step.id, place)
        self._before: dict[str, frozenset[str]] = {}

    def body(self, container: str | None) -> tuple[spec.Step, ...]:
        """The steps directly inside a container in file order; None gives those inside none."""
        return tuple(step for step in self.recipe.step if step.inside == container)

    def enclosing(self, step_id: str) -> tuple[spec.Step, ...]:
        """The containers around a step, the innermost first. A circle ends where it closes."""
        found: list[spec.Step] = []
        current = self.steps[step_id].inside
        while current is not None and current in self.steps and self.steps[current] not in found:
            found.append(self.steps[current])
            current = self.steps[current].inside
        return tuple(found)

    def before(self, step_id: str) -> frozenset[str]:
        """All steps that have ended when this one begins: in its own body, and before the containers around it."""
        known = self._before.get(step_id)
        if known is None:
            around = (container.id for container in self.enclosing(step_id))
            known = frozenset(name for start in (step_id, *around) for name in self._earlier(start))
            self._before[step_id] = known
        return known

    def _earlier(self, step_id: str) -> set[str]:
        found: set[str] = set()
        waiting = list(self.steps[step_id].after)
        while waiting:
            name = waiting.pop()
            if name in self.steps and name not in found:
                found.add(name)
                waiting.extend(self.steps[name].after)
        return found

    def names(self, step_id: str) -> set[str]:
        """What the expressions of a step may read."""
        return {"input", *RUN, *variables(self.before(step_id)), *self._around(self.enclosing(step_id))}

    def names_after_turn(self, loop_id: str) -> set[str]:
        """What `until` may read: the turn that ended, the one before it, and all that the loop itself sees."""
        here = (self.steps[loop_id], *self.enclosing(loop_id))
        inner = (step.id for step in self.body(loop_id))
        return {"input", *RUN, *variables(self.before(loop_id)), *variables(inner), *self._around(here)}

    def _around(self, containers: tuple[spec.Step, ...]) -> Iterator[str]:
        if not containers:
            return
        yield "index"
        if any(one.kind is spec.StepKind.MAP for one in containers):
            yield "item"
        loop = next((one for one in containers if one.kind is spec.StepKind.LOOP), None)
        for step in self.body(loop.id) if loop else ():
            yield f"previous.{spec.step_variable(step.id)}"

    def names_of_rules(self) -> set[str]:
        """What stop and escalation rules may read: every step; one that has not begun reads as `pending`."""
        return {"input", *RUN, *PROBLEM, *variables(self.steps)}

    def names_at_end(self) -> set[str]:
        """What `accepted_when` may read: the steps inside a container are gone by then, the container stays."""
        return {"input", *RUN, *variables(step.id for step in self.body(None))}

    def ends(self, container: str | None) -> tuple[spec.Step, ...]:
        """The steps of a body that no other step comes after."""
        inside = self.body(container)
        followed = {name for step in inside for name in step.after}
        return tuple(step for step in inside if step.id not in followed)


def variables(step_ids: Iterable[str]) -> Iterator[str]:
    """`steps.call_back` for each id."""
    for step_id in step_ids:
        yield f"steps.{spec.step_variable(step_id)}"
