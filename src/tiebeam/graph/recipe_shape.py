"""Rules about one step on its own: what its kind needs, what its kind does not know, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tiebeam import spec
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source

OUTSIDE = frozenset({spec.Effect.IDEMPOTENT, spec.Effect.AT_MOST_ONCE})
UNCLEAR = frozenset({"effect_unclear", "ambiguous_effect"})
"""Codes of failures that leave open whether something happened outside."""
BUSY = "step_busy"
"""Code of the refusal that proves that nothing happened."""
_PARTS: Mapping[str, spec.StepKind] = {
    "review": spec.StepKind.REVIEW,
    "timer": spec.StepKind.TIMER,
    "event": spec.StepKind.EVENT,
    "map": spec.StepKind.MAP,
    "loop": spec.StepKind.LOOP,
    "recipe": spec.StepKind.RECIPE,
}
_OF_CODE = ("uses", "effect", "evidence", "params", "timeout_seconds", "retry", "undo")
_NEEDED = {
    spec.StepKind.TIMER: "timer = { after_hours = … }",
    spec.StepKind.EVENT: "event = { name = …, key = … }",
    spec.StepKind.MAP: "map = { over = … }",
    spec.StepKind.LOOP: "loop = { until = …, most = … }",
    spec.StepKind.RECIPE: "recipe = { id = … }",
}

KnownSteps = Collection[str] | Mapping[str, spec.Effect]
"""The registered step codes, with what each does to the world where that is known."""


def shape_problems(step: spec.Step, place: int, source: Source, *, known_steps: KnownSteps | None) -> Iterator[Problem]:
    """Everything wrong with one step by itself. `place` is its position in the file."""
    yield from _foreign_parts(step, place, source)
    match step.kind:
        case spec.StepKind.CODE:
            yield from _code(step, place, source, known_steps=known_steps)
        case spec.StepKind.REVIEW:
            yield from _answer(step.review, ("step", place, "review", "answer"), step.id, source)
        case spec.StepKind.TIMER if step.timer is not None:
            yield from _timer(step.timer, place, step.id, source)
        case spec.StepKind.EVENT if step.event is not None:
            yield from _event(step.event, place, step.id, source)
        case _:
            pass
    if step.kind in _NEEDED and getattr(step, step.kind.value) is None:
        message = f"{step.id!r} is a {step.kind.value} and does not say which."
        yield source.problem("shape", ("step", place), message, fix=f"add `{_NEEDED[step.kind]}`.")
    if step.join is spec.Join.ANY and len(step.after) < 2:
        message = f"{step.id!r} begins with the first of several steps and comes after fewer than two."
        yield source.problem("shape", ("step", place, "join"), message, fix="name the others under `after`.")


def _foreign_parts(step: spec.Step, place: int, source: Source) -> Iterator[Problem]:
    for name, kind in _PARTS.items():
        if getattr(step, name) is None or step.kind is kind:
            continue
        what = "runs code" if step.kind is spec.StepKind.CODE else f"is a {step.kind.value}"
        message = f"{step.id!r} {what} and has a {name}."
        fix = f"make the {name} its own step, or set kind = {kind.value!r}."
        yield source.problem("shape", ("step", place, name), message, fix=fix)
    if step.kind is spec.StepKind.CODE:
        return
    for name in _OF_CODE:
        if getattr(step, name) != type(step).model_fields[name].get_default(call_default_factory=True):
            message = f"{step.id!r} is a {step.kind.value}: it runs no code and has no effect."
            fix = f"remove `{name}`, or give it to a step that runs code."
            yield source.problem("shape", ("step", place, name), message, fix=fix)


def _code(step: spec.Step, place: int, source: Source, *, known_steps: KnownSteps | None) -> Iterator[Problem]:
    path = ("step", place)
    if step.uses is None:
        yield source.problem(
            "shape", path, f"the step {step.id!r} names no code.", fix="add `uses = …` or give it another kind."
        )
    else:
        yield from _registered(step.uses, step.effect, path, step.id, source, known_steps=known_steps)
    if step.effect is not spec.Effect.PURE and not step.evidence:
        message = f"the step {step.id!r} changes something and declares no evidence."
        yield source.problem("WF-09", path, message, fix="list under `evidence` what it must leave for later review.")
    if step.timeout_seconds is not None and step.effect not in OUTSIDE:
        message = f"{step.id!r} calls nobody outside, so there is nothing to give up after a time."
        fix = "remove it, or declare the effect the step has."
        yield source.problem("shape", (*path, "timeout_seconds"), message, fix=fix)
    if step.retry is not None:
        yield from _retry(step, step.retry, place, source)
    if step.undo is not None:
        yield from _undo(step, step.undo, place, source, known_steps=known_steps)


def _registered(
    uses: str,
    effect: spec.Effect,
    path: tuple[str | int, ...],
    step_id: str,
    source: Source,
    *,
    known_steps: KnownSteps | None,
) -> Iterator[Problem]:
    if known_steps is None:
        return
    if uses not in known_steps:
        message = f"no step code is registered as {uses!r}."
        yield source.problem("uses", (*path, "uses"), message, fix=nearest(uses, known_steps))
    elif isinstance(known_steps, Mapping) and known_steps[uses] is not effect:
        truth = known_steps[uses]
        message = f"{step_id!r} says its effect is {effect.value}, and the code {uses!r} is {truth.value}."
        yield source.problem("effect", (*path, "effect"), message, fix=f'write effect = "{truth.value}".')


def _retry(step: spec.Step, retry: spec.Retry, place: int, source: Source) -> Iterator[Problem]:
    path = ("step", place, "retry")
    if retry.most_seconds < retry.first_seconds:
        message = f"{step.id!r} first waits {retry.first_seconds} s and at most {retry.most_seconds} s."
        yield source.problem("shape", (*path, "most_seconds"), message, fix="raise it, or lower `first_seconds`.")
    if step.effect is not spec.Effect.AT_MOST_ONCE:
        return
    if not retry.on:
        message = f"{step.id!r} happens at most once, so not every failure may be tried again."
        fix = f'name under `on` the refusals that prove nothing happened, such as on = ["{BUSY}"].'
        yield source.problem("retry", path, message, fix=fix)
    for which, code in enumerate(retry.on):
        if code in UNCLEAR:
            message = f"after {code!r} nobody knows whether {step.id!r} happened; another try could do it twice."
            yield source.problem("retry", (*path, "on", which), message, fix="leave it out; a person is asked.")


def _undo(
    step: spec.Step, undo: spec.Undo, place: int, source: Source, *, known_steps: KnownSteps | None
) -> Iterator[Problem]:
    path = ("step", place, "undo")
    if step.effect is spec.Effect.PURE:
        message = f"{step.id!r} changes nothing, so there is nothing to take back."
        yield source.problem("undo", path, message, fix="remove `undo`, or declare the effect the step has.")
    if undo.effect is spec.Effect.PURE:
        message = f"what undoes {step.id!r} changes something itself."
        fix = 'write effect = "db", "idempotent" or "at_most_once".'
        yield source.problem("undo", (*path, "effect"), message, fix=fix)
    else:
        yield from _registered(undo.uses, undo.effect, path, step.id, source, known_steps=known_steps)


def _timer(timer: spec.TimerUse, place: int, step_id: str, source: Source) -> Iterator[Problem]:
    path = ("step", place, "timer")
    if (timer.after_hours is None) == (timer.until is None):
        said = "neither" if timer.until is None else "both"
        message = f"the timer {step_id!r} says {said} of `after_hours` and `until`."
        yield source.problem("shape", path, message, fix="write exactly one of them.")
    elif timer.until is not None and timer.hours is spec.Hours.WORKING:
        message = f"the timer {step_id!r} ends at a moment, which no business hours move."
        yield source.problem("shape", (*path, "hours"), message, fix="remove `hours`, or count with `after_hours`.")


def _event(event: spec.EventUse, place: int, step_id: str, source: Source) -> Iterator[Problem]:
    path = ("step", place, "event")
    if event.timeout_hours is not None and event.on_timeout is None:
        message = f"{step_id!r} stops waiting after {event.timeout_hours} hours and does not say with which outcome."
        yield source.problem("shape", path, message, fix='add on_timeout = "late", and ask for it in later conditions.')
    if event.timeout_hours is None and event.on_timeout is not None:
        message = f"{step_id!r} has an outcome for a timeout and never times out."
        fix = "add `timeout_hours`, or remove `on_timeout`."
        yield source.problem("shape", (*path, "on_timeout"), message, fix=fix)
    if event.timeout_hours is None and event.hours is spec.Hours.WORKING:
        message = f"{step_id!r} counts business hours and has no `timeout_hours` to count."
        yield source.problem("shape", (*path, "hours"), message, fix="add `timeout_hours`, or remove `hours`.")
    yield from _schema(event.payload, (*path, "payload"), step_id, source)


def _answer(review: spec.Review | None, path: tuple[str | int, ...], step_id: str, source: Source) -> Iterator[Problem]:
    if review is not None:
        yield from _schema(review.answer, path, step_id, source)


def _schema(
    schema: Mapping[str, Any] | None, path: tuple[str | int, ...], step_id: str, source: Source
) -> Iterator[Problem]:
    if schema is None:
        return
    try:
        spec.check_schema(schema)
    except spec.SchemaBroken as broken:
        message = f"{step_id!r}: {broken.message}."
        yield source.problem("json-schema", path, message, fix="correct it; the guide of recipes shows one.")
