"""How the steps of a run stand, where a step inside a container ran several times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiebeam.spec import Recipe, Step
from tiebeam.web.wording import in_words
from tiebeam.workflow.runs import RunStepView

_UNDO = "~undo"
_STYLES = {
    "problem": "failed",
    "waiting": "waiting",
    "retrying": "running",
    "open": "running",
    "done": "done",
    "undone": "undone",
    "skipped": "skipped",
}
"""CSS class of a phase, the most urgent first: several instances show the first that one of them has."""
_WORDS = {"problem": "needs a person", "open": "under way", "retrying": "is tried again", "undone": "taken back"}


@dataclass(frozen=True, slots=True)
class Standing:
    """`words` for people, `style` for the picture, `href` to the details of the instance that matters most."""

    words: str = ""
    style: str = ""
    href: str = ""


def step_of(instance: str) -> str:
    """The step of an instance: `check` of `check[2.0]` and of `check[2.0]~undo`."""
    return instance.removesuffix(_UNDO).partition("[")[0]


def numbered(instance: str, title: str) -> str:
    """A title for one instance: `Check the line 3`, `Check the line 3.1`, `Post to the ledger, taken back`."""
    _, bracket, rest = instance.removesuffix(_UNDO).partition("[")
    numbers = ".".join(str(int(part) + 1) for part in rest.rstrip("]").split(".")) if bracket else ""
    undo = ", taken back" if instance.endswith(_UNDO) else ""
    return f"{title} {numbers}".strip() + undo


def standings(recipe: Recipe, steps: Sequence[RunStepView]) -> dict[str, Standing]:
    """{step id: how it stands} of the steps that have begun."""
    by_step: dict[str, list[RunStepView]] = {}
    for view in steps:
        # Undoing shows on the step itself; only one that fails says more than that.
        if not view.step_id.endswith(_UNDO) or view.state == "problem":
            by_step.setdefault(step_of(view.step_id), []).append(view)
    declared = {step.id: step for step in recipe.step}
    return {step_id: _standing(declared.get(step_id), views) for step_id, views in by_step.items()}


def _standing(step: Step | None, views: Sequence[RunStepView]) -> Standing:
    phases = Counter(_phase(view) for view in views)
    first = next(phase for phase in _STYLES if phase in phases)
    matters = next(view for view in views if _phase(view) == first)
    href = f"#step-{matters.step_id}"
    if len(views) > 1:
        said = ", ".join(f"{phases[phase]} {_in_words(phase)}" for phase in _STYLES if phase in phases)
        return Standing(said, _STYLES[first], href)
    return Standing(_one(step, matters), _STYLES[first], href)


def _phase(view: RunStepView) -> str:
    return "skipped" if view.outcome == "skipped" else view.state.value


def _in_words(phase: str) -> str:
    return _WORDS.get(phase, phase)


def _one(step: Step | None, view: RunStepView) -> str:
    phase = _phase(view)
    if step is not None and step.map is not None:
        return _items(phase, view.output)
    if step is not None and step.loop is not None:
        return _turns(phase, view.output, step.loop.most)
    if phase in {"open", "retrying", "undone"}:
        return _in_words(phase)
    return in_words(view.outcome) if view.outcome else in_words(view.state)


def _items(phase: str, output: Mapping[str, Any]) -> str:
    count = output.get("count", len(output.get("over", ())))
    noun = "item" if count == 1 else "items"
    return (
        f"{count} {noun}, under way" if phase == "open" else f"{count} {noun}" if phase == "done" else _in_words(phase)
    )


def _turns(phase: str, output: Mapping[str, Any], most: int) -> str:
    if phase == "open":
        return f"turn {int(output.get('turn', 0)) + 1} of at most {most}"
    turns = int(output.get("turns", 0))
    return f"{turns} {'turn' if turns == 1 else 'turns'}" if phase == "done" else _in_words(phase)
