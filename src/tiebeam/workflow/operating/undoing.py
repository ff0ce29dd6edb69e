"""What ending a run before its time would take back, and what would stay: looked at before it is done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tiebeam.engine import EffectRecord
from tiebeam.spec import Effect, Recipe, Step, StepKind
from tiebeam.workflow.operating.order import step_of
from tiebeam.workflow.runs import RunStepView, StepPhase

_OUTSIDE = frozenset({Effect.IDEMPOTENT, Effect.AT_MOST_ONCE})


@dataclass(frozen=True, slots=True)
class Trace:
    """Something a run has done outside our database, or that its recipe takes back by the code `undone_by`."""

    instance: str
    title: str
    kind: StepKind
    effect: Effect
    summary: str
    undone_by: str | None
    is_unsure: bool = False
    """It was begun and nobody knows yet whether it took place."""

    @property
    def happens_once(self) -> bool:
        """Making it again would do it twice: an effect that leaves the house only once, or a whole run."""
        return self.effect is Effect.AT_MOST_ONCE or self.kind is StepKind.RECIPE

    @property
    def stays(self) -> bool:
        return self.undone_by is None


def traces(recipe: Recipe, steps: Sequence[RunStepView], effects: Mapping[str, EffectRecord]) -> tuple[Trace, ...]:
    """The effects of a run, the latest first, as they would be taken back."""
    declared = {step.id: step for step in recipe.step}
    undone = {step.step_id.partition("~")[0] for step in steps if "~" in step.step_id}
    undone |= {step.step_id for step in steps if str(step.state) == "undone"}
    found: list[tuple[float, Trace]] = []
    for step in steps:
        known = declared.get(step_of(step.step_id))
        if known is None or "~" in step.step_id or step.step_id in undone or not _left_something(known, step):
            continue
        by = _undone_by(known)
        trace = Trace(step.step_id, known.title, known.kind, known.effect, step.summary or "", by)
        found.append((step.seq, trace))
    recorded = {step.step_id for step in steps if step.state is StepPhase.DONE}
    for instance, effect in effects.items():
        known = declared.get(step_of(instance))
        if effect.state != "intent" or instance in recorded or known is None or "~" in instance:
            continue
        by = _undone_by(known)
        unsure = Trace(instance, known.title, known.kind, effect.mode, "begun, and not confirmed", by, is_unsure=True)
        found.append((math.inf, unsure))
    return tuple(trace for _, trace in sorted(found, key=lambda one: one[0], reverse=True))


def _left_something(known: Step, step: RunStepView) -> bool:
    if step.state is not StepPhase.DONE or known.kind in {StepKind.REVIEW, StepKind.TIMER, StepKind.EVENT}:
        return False
    return known.undo is not None or known.effect in _OUTSIDE or known.kind is StepKind.RECIPE


def _undone_by(known: Step) -> str | None:
    if known.kind is StepKind.RECIPE:
        return "its own run"
    return None if known.undo is None else known.undo.uses
