"""Rules about one recipe as a whole: six parts, a sound order, conditions that compile, reviews that reach someone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from tiebeam import spec
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source

OUTSIDE = frozenset({spec.Effect.IDEMPOTENT, spec.Effect.AT_MOST_ONCE})


def recipe_problems(recipe: spec.Recipe, source: Source, *, known_steps: Collection[str] | None) -> Iterator[Problem]:
    """Everything wrong with one recipe. `known_steps` are the registered step codes; None = not checked."""
    yield from _six_parts(recipe, source)
    order = list(_order(recipe, source))
    yield from order
    yield from _steps(recipe, source, known_steps=known_steps)
    if not order:
        yield from _conditions(recipe, source)


def _six_parts(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    parts: Mapping[str, tuple[object, str]] = {
        "evaluation": (recipe.evaluation, "an evaluation set with its threshold"),
        "training_track": (recipe.training_track, "a training track for the people it changes work for"),
        "integration": (recipe.integration, "the systems it reads and writes, with the access it needs"),
        "escalation": (recipe.escalation, "rules that send a case to a person"),
        "instrumentation": (recipe.instrumentation, "what counts as accepted and what the old way costs"),
    }
    for key, (value, what) in parts.items():
        if not value:
            message = f"the recipe {recipe.id!r} lacks one of its six parts: {key}."
            yield source.problem("WF-04", (), message, fix=f"declare {what} under `{key}`.")
    if not recipe.stop:
        yield source.problem(
            "WF-08",
            (),
            f"the recipe {recipe.id!r} declares nothing that stops it.",
            fix="add a [[stop]] with `id`, `when` and `reason`.",
        )


def _order(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    places: dict[str, int] = {}
    for place, step in enumerate(recipe.step):
        if step.id in places:
            yield source.problem(
                "step-order", ("step", place, "id"), f"two steps are called {step.id!r}.", fix="rename one of them."
            )
        places.setdefault(step.id, place)
    for place, step in enumerate(recipe.step):
        for which, name in enumerate(step.after):
            path = ("step", place, "after", which)
            if name not in places:
                yield source.problem(
                    "step-order", path, f"{step.id!r} comes after {name!r}, which is no step.", fix=_near(name, places)
                )
            elif places[name] >= place:
                yield source.problem(
                    "step-order",
                    path,
                    f"{step.id!r} comes after {name!r}, which stands below it.",
                    fix="move the step so that every step stands below those it comes after; that rules out circles.",
                )
        for which, name in enumerate(step.review.four_eyes_with if step.review else ()):
            if name not in ancestors_of(recipe, step.id):
                path = ("step", place, "review", "four_eyes_with", which)
                yield source.problem(
                    "step-order",
                    path,
                    f"{step.id!r} needs other eyes than {name!r}, which is not decided before it.",
                    fix="name a review step that this one comes after.",
                )


def ancestors_of(recipe: spec.Recipe, step_id: str) -> frozenset[str]:
    """All steps that are finished or skipped when `step_id` begins."""
    after = {step.id: step.after for step in recipe.step}
    found: set[str] = set()
    waiting = list(after.get(step_id, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(after.get(name, ()))
    return frozenset(found)


def _steps(recipe: spec.Recipe, source: Source, *, known_steps: Collection[str] | None) -> Iterator[Problem]:
    for place, step in enumerate(recipe.step):
        path = ("step", place)
        if step.kind is spec.StepKind.REVIEW:
            yield from _review_step(recipe, step, source, place=place)
            continue
        if step.uses is None:
            yield source.problem(
                "shape", path, f"the step {step.id!r} names no code.", fix="add `uses = …` or make it a review."
            )
        elif known_steps is not None and step.uses not in known_steps:
            message = f"no step code is registered as {step.uses!r}."
            yield source.problem("uses", (*path, "uses"), message, fix=_near(step.uses, known_steps))
        if step.review is not None:
            yield source.problem(
                "shape",
                (*path, "review"),
                f"{step.id!r} runs code and has a review.",
                fix="make the review its own step.",
            )
        if step.effect is not spec.Effect.PURE and not step.evidence:
            message = f"the step {step.id!r} changes something and declares no evidence."
            yield source.problem(
                "WF-09", path, message, fix="list under `evidence` what it must leave for later review."
            )
    if any(step.effect in OUTSIDE for step in recipe.step) and not any(
        step.kind is spec.StepKind.REVIEW for step in recipe.step
    ):
        message = f"the recipe {recipe.id!r} acts on another system and has no human checkpoint."
        yield source.problem("WF-07", (), message, fix='add a step with `kind = "review"` before the effect.')


def _review_step(recipe: spec.Recipe, step: spec.Step, source: Source, *, place: int) -> Iterator[Problem]:
    path = ("step", place)
    if step.uses is not None or step.effect is not spec.Effect.PURE:
        key = "uses" if step.uses is not None else "effect"
        message = f"the review {step.id!r} runs no code and has no effect."
        yield source.problem("shape", (*path, key), message, fix=f"remove `{key}`.")
    if (step.review is None or step.review.handoff is None) and not recipe.escalation:
        message = f"the review {step.id!r} names no handoff protocol and the recipe has no escalation rules."
        yield source.problem("HO-01", path, message, fix="add `review.handoff = …`, or [[escalation]] rules.")


def _conditions(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    everywhere = {"input", "run", *(f"steps.{spec.step_variable(step.id)}" for step in recipe.step)}
    for place, step in enumerate(recipe.step):
        if step.when is not None:
            before = (f"steps.{spec.step_variable(name)}" for name in ancestors_of(recipe, step.id))
            yield from condition_problems(step.when, {"input", "run", *before}, source, "step", place, "when")
    for place, rule in enumerate(recipe.escalation):
        yield from condition_problems(rule.when, {*everywhere, "problem"}, source, "escalation", place, "when")
    for place, stop in enumerate(recipe.stop):
        yield from condition_problems(stop.when, {*everywhere, "problem"}, source, "stop", place, "when")
    if recipe.escalation and recipe.escalation[-1].when != "true":
        message = f"no escalation rule of {recipe.id!r} catches what the others leave."
        fix = 'end with a rule whose `when = "true"`, so that every case reaches a person.'
        yield source.problem("HO-01", ("escalation", len(recipe.escalation) - 1), message, fix=fix)
    if recipe.instrumentation is not None:
        accepted = recipe.instrumentation.accepted_when
        yield from condition_problems(accepted, everywhere, source, "instrumentation", "accepted_when")


def condition_problems(text: str, names: Collection[str], source: Source, *path: str | int) -> Iterator[Problem]:
    try:
        spec.compile_condition(text, names)
    except spec.ConditionBroken as broken:
        yield source.problem(
            "condition", path, f"{broken.message}.", fix="correct the condition; see the recipe guide."
        )


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(sorted(known)) or 'none'}."
