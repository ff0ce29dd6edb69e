"""Rules about the order of a recipe's steps: who comes after whom, who is inside what, and whose eyes differ."""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam import spec
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_scope import CONTAINERS, Scope


def order_problems(scope: Scope, source: Source) -> Iterator[Problem]:
    """Unknown, doubled, circular and misplaced steps. Other rules need an order without problems."""
    for place, step in enumerate(scope.recipe.step):
        if scope.places[step.id] != place:
            message = f"two steps are called {step.id!r}."
            yield source.problem("step-order", ("step", place, "id"), message, fix="rename one of them.")
        yield from _after(scope, step, place, source)
        yield from _inside(scope, step, place, source)
        yield from _four_eyes(scope, step, place, source)


def _after(scope: Scope, step: spec.Step, place: int, source: Source) -> Iterator[Problem]:
    for which, name in enumerate(step.after):
        path = ("step", place, "after", which)
        if name not in scope.places:
            message = f"{step.id!r} comes after {name!r}, which is no step."
            yield source.problem("step-order", path, message, fix=nearest(name, scope.places))
        elif scope.places[name] >= place:
            message = f"{step.id!r} comes after {name!r}, which stands below it."
            fix = "move the step so that every step stands below those it comes after; that rules out circles."
            yield source.problem("step-order", path, message, fix=fix)
        elif name in step.after[:which]:
            message = f"{step.id!r} comes after {name!r} twice."
            yield source.problem("step-order", path, message, fix="name it once.")
        elif scope.steps[name].inside != step.inside:
            message, fix = _across(scope, step, scope.steps[name])
            yield source.problem("step-order", path, message, fix=fix)


def _across(scope: Scope, step: spec.Step, other: spec.Step) -> tuple[str, str]:
    """(message, fix) of a step that comes after one of another body."""
    message = f"{step.id!r} comes after {other.id!r}, which is not in the same body."
    around = {one.id for one in scope.enclosing(step.id)}
    if other.id in around:
        return message, "remove it: what is inside a container begins with it."
    if other.inside in {None, *around}:
        outermost = next(one for one in (step, *scope.enclosing(step.id)) if one.inside == other.inside)
        return message, f"let {outermost.id!r} come after it; everything inside then does."
    return message, f"come after {other.inside!r}, which ends with its last item or turn."


def _inside(scope: Scope, step: spec.Step, place: int, source: Source) -> Iterator[Problem]:
    if step.kind in CONTAINERS and not scope.body(step.id):
        message = f"nothing is inside the {step.kind.value} {step.id!r}."
        fix = f'give the steps it repeats inside = "{step.id}".'
        yield source.problem("step-order", ("step", place), message, fix=fix)
    if step.inside is None:
        return
    path = ("step", place, "inside")
    container = scope.steps.get(step.inside)
    if container is None:
        message = f"{step.id!r} is inside {step.inside!r}, which is no step."
        known = [one.id for one in scope.steps.values() if one.kind in CONTAINERS]
        yield source.problem("step-order", path, message, fix=nearest(step.inside, known))
    elif container.kind not in CONTAINERS:
        message = f"{step.id!r} is inside {container.id!r}, which repeats nothing."
        yield source.problem("step-order", path, message, fix='name a step of kind "map" or "loop".')
    elif scope.places[container.id] >= place:
        message = f"{step.id!r} is inside {container.id!r}, which stands below it."
        fix = "move the container above everything inside it; that rules out circles."
        yield source.problem("step-order", path, message, fix=fix)


def _four_eyes(scope: Scope, step: spec.Step, place: int, source: Source) -> Iterator[Problem]:
    for which, name in enumerate(step.review.four_eyes_with if step.review else ()):
        if name in scope.before(step.id):
            continue
        message = f"{step.id!r} needs other eyes than {name!r}, which is not decided before it."
        fix = "name a review step that this one comes after."
        other = scope.steps.get(name)
        if other is not None and other.inside not in {None, *(one.id for one in scope.enclosing(step.id))}:
            message = f"{step.id!r} needs other eyes than {name!r}, which is decided once for each item or turn."
            fix = f"put this review inside {other.inside!r} too, or name a review outside."
        yield source.problem("step-order", ("step", place, "review", "four_eyes_with", which), message, fix=fix)
