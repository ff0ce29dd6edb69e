"""Instances: one execution of a step. Outside containers its id is the step's; in a body it carries indices."""

from __future__ import annotations

UNDO = "~undo"
"""Ends the id of the instance that takes another one's effect back: `post~undo`."""
DEADLINE = "~deadline"
"""The instance at which people are asked about a run that takes too long. No step can be called so."""

Indices = tuple[int, ...]


def instance_of(step_id: str, indices: Indices = ()) -> str:
    """`check`, and in bodies `check[2]` or `check[2.0]`: the outermost container's index first."""
    return f"{step_id}[{'.'.join(map(str, indices))}]" if indices else step_id


def parts_of(instance: str) -> tuple[str, Indices]:
    """The step's id and the indices; those of what an undoing instance takes back."""
    instance = instance.removesuffix(UNDO)
    if not instance.endswith("]"):
        return instance, ()
    step_id, _, indices = instance[:-1].partition("[")
    return step_id, tuple(map(int, indices.split(".")))
