"""Whether a run that began by one version of a recipe may go on by another. Pure: two versions and where it stands.

A run fits when nothing that was done is lost or done twice, and everything that is waited for is still waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiebeam.spec import Effect, Recipe, Step, StepKind
from tiebeam.workflow.operating.order import step_of
from tiebeam.workflow.runs import UNDO, Shape, StepPhase, StepState, begins, parts_of

_SETTLED = frozenset({StepPhase.DONE, StepPhase.SKIPPED})


@dataclass(frozen=True, slots=True)
class Fit:
    """What becomes of a run under another version.

    `reasons` say why it does not fit; empty when it does. `notes` say what stays as it was begun. `forgets` are
    instances of pure steps the other version no longer has. `next` are the steps that would begin, `waits` the
    instances that are waited for as before; a run with neither ends at once.
    """

    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    forgets: tuple[str, ...]
    next: tuple[str, ...]
    waits: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.reasons

    @property
    def ends(self) -> bool:
        return self.fits and not self.next and not self.waits


def compare(old: Recipe, new: Recipe, states: Mapping[str, StepState]) -> Fit:
    """How a run that stands at `states` under `old` would go on under `new`."""
    before = {step.id: step for step in old.step}
    after = {step.id: step for step in new.step}
    reasons: list[str] = []
    notes: list[str] = []
    forgets: list[str] = []
    for instance, state in states.items():
        was, becomes = before.get(step_of(instance)), after.get(step_of(instance))
        if was is None:
            # A question about the run as a whole belongs to no step and goes with it.
            continue
        if becomes is None:
            why = _why_it_cannot_go(was, state)
            (forgets if why is None else reasons).append(instance if why is None else why)
        else:
            reasons += _reasons(was, becomes, state)
            notes += _notes(was, becomes, state)
    kept = {name: state for name, state in states.items() if name not in forgets}
    shape = Shape(new)
    if not reasons:
        reasons += _overtaken(shape, kept)
    following = () if reasons else _next(shape, kept)
    waits = tuple(name for name, state in kept.items() if state.phase not in _SETTLED)
    return Fit(tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(notes)), tuple(forgets), following, waits)


def _why_it_cannot_go(was: Step, state: StepState) -> str | None:
    """Why a step that the other version no longer has keeps the run where it is; None when it may be forgotten."""
    if state.phase not in _SETTLED:
        return f"{state.step_id!r} is waited for, and the other version has no such step"
    if state.phase is StepPhase.SKIPPED:
        return None
    if was.effect is not Effect.PURE:
        return f"{state.step_id!r} has had an effect, and the other version has no such step to answer for it"
    if was.kind in {StepKind.REVIEW, StepKind.RECIPE}:
        what = "a person decided" if was.kind is StepKind.REVIEW else "another run ended"
        return f"in {state.step_id!r} {what}, and the other version has no such step"
    return None


def _reasons(was: Step, becomes: Step, state: StepState) -> list[str]:
    name = state.step_id
    if was.inside != becomes.inside:
        return [f"{name!r} is inside {becomes.inside or 'no container'!r} now, and was inside {was.inside or 'none'!r}"]
    if state.phase is StepPhase.SKIPPED:
        return []
    if was.kind is not becomes.kind:
        return [f"{name!r} was a step of kind {was.kind.value} and is now of kind {becomes.kind.value}"]
    if was.effect is not becomes.effect:
        return [f"the effect of {name!r} was {was.effect.value} and is now {becomes.effect.value}"]
    if state.phase is StepPhase.DONE:
        return []
    if was.event and becomes.event and (was.event.name, was.event.key) != (becomes.event.name, becomes.event.key):
        return [f"{name!r} waits for event {was.event.name!r}, and the other version waits for another or another key"]
    if was.recipe and becomes.recipe and was.recipe.id != becomes.recipe.id:
        return [f"{name!r} waits for a run of {was.recipe.id!r}, and the other version runs {becomes.recipe.id!r}"]
    return []


def _notes(was: Step, becomes: Step, state: StepState) -> list[str]:
    name = state.step_id
    if was == becomes:
        return []
    if state.phase in _SETTLED:
        return [f"{name!r} is declared otherwise now and stays as it was: {state.phase.value}"]
    if was.kind is StepKind.REVIEW and was.review != becomes.review:
        return [f"the open task of {name!r} stays as it was asked"]
    if was.kind is StepKind.TIMER and was.timer != becomes.timer:
        return [f"the timer of {name!r} keeps its moment"]
    if was.kind is StepKind.RECIPE:
        return [f"the run that {name!r} waits for goes on as it began"]
    if was.kind is StepKind.MAP and was.map != becomes.map:
        return [f"{name!r} keeps the list it began with"]
    return []


def _overtaken(shape: Shape, states: Mapping[str, StepState]) -> list[str]:
    """Steps that are settled although the other version puts a step before them that has not begun."""
    found: list[str] = []
    for instance, state in states.items():
        if state.phase not in _SETTLED or instance.endswith(UNDO) or step_of(instance) not in shape.steps:
            continue
        place = shape.place(*parts_of(instance))
        missing = [name for name in shape.predecessors(place) if name not in states]
        if missing and not shape.joins_any(place.step):
            found.append(f"{instance!r} is settled already, and the other version puts {missing[0]!r} before it")
    return found


def _next(shape: Shape, states: Mapping[str, StepState]) -> tuple[str, ...]:
    """Steps outside of containers that have not begun and may."""
    places = (shape.place(step.id) for step in shape.bodies[None])
    return tuple(one.instance for one in places if one.instance not in states and begins(shape, one, states))
