"""Which instance of a step comes after which. Pure: ids and a recipe."""

from __future__ import annotations

from collections.abc import Collection

from tiebeam.spec import Recipe, StepKind
from tiebeam.workflow.runs import Shape, parts_of


def step_of(instance: str) -> str:
    """The id of the step an instance belongs to: `check` of `check[2.0]`, `post` of `post~undo`."""
    return parts_of(instance)[0]


def instances_from(recipe: Recipe, present: Collection[str], first: str) -> tuple[str, ...]:
    """Of `present`, the instance `first` and all that came after it: what saw its outcome, directly or not.

    Later steps of its body and later turns of its loop come after it, other items of a map do not; the containers
    around it and all that follows them do.
    """
    shape = Shape(recipe)
    if step_of(first) not in shape.steps:
        return (first,)
    return tuple(name for name in present if name == first or comes_after(shape, first, name))


def comes_after(shape: Shape, first: str, other: str) -> bool:
    """Whether `other` may have seen what became of `first`, or lies in its body."""
    (name, turns), (other_name, other_turns) = parts_of(first), parts_of(other)
    if other_name not in shape.steps:
        return False
    ahead = zip((*shape.chains[name], name), (*turns, None), strict=False)
    behind = zip((*shape.chains[other_name], other_name), (*other_turns, None), strict=False)
    for (step, turn), (other_step, other_turn) in zip(ahead, behind, strict=False):
        if step != other_step:
            return other_step in shape.after_all(step)
        if turn is None or other_turn is None:
            # One of the two is the container the other lies in.
            return True
        if turn != other_turn:
            return shape.steps[step].kind is StepKind.LOOP and other_turn > turn
    return True
