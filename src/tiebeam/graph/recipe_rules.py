"""Rules about one recipe as a whole: six parts, a sound order, sound steps, expressions that compile, a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tiebeam import spec
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_names import expression_problems
from tiebeam.graph.recipe_order import order_problems
from tiebeam.graph.recipe_scope import Scope
from tiebeam.graph.recipe_shape import OUTSIDE, KnownSteps, shape_problems
from tiebeam.graph.trigger_rules import limit_problems, trigger_problems


def recipe_problems(recipe: spec.Recipe, source: Source, *, known_steps: KnownSteps | None) -> Iterator[Problem]:
    """Everything wrong with one recipe. `known_steps` are the registered step codes; None = not checked."""
    scope = Scope(recipe)
    yield from _six_parts(recipe, source)
    order = list(order_problems(scope, source))
    yield from order
    for place, step in enumerate(recipe.step):
        yield from shape_problems(step, place, source, known_steps=known_steps)
    yield from _checkpoints(recipe, source)
    if not order:
        yield from expression_problems(scope, source)
    yield from _escalation(recipe, source)
    yield from trigger_problems(recipe, source)
    yield from limit_problems(recipe, source)


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


def _checkpoints(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    for place, step in enumerate(recipe.step):
        names_no_protocol = step.review is None or step.review.handoff is None
        if step.kind is spec.StepKind.REVIEW and names_no_protocol and not recipe.escalation:
            message = f"the review {step.id!r} names no handoff protocol and the recipe has no escalation rules."
            fix = "add `review.handoff = …`, or [[escalation]] rules."
            yield source.problem("HO-01", ("step", place), message, fix=fix)
    acts_outside = any(step.effect in OUTSIDE for step in recipe.step)
    if acts_outside and not any(step.kind is spec.StepKind.REVIEW for step in recipe.step):
        message = f"the recipe {recipe.id!r} acts on another system and has no human checkpoint."
        yield source.problem("WF-07", (), message, fix='add a step with `kind = "review"` before the effect.')


def _escalation(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    seen: set[str] = set()
    for part, rules in (("escalation", recipe.escalation), ("stop", recipe.stop)):
        for place, rule in enumerate(rules):
            if (name := f"{part} {rule.id}") in seen:
                message = f"two rules under `{part}` are called {rule.id!r}."
                yield source.problem("shape", (part, place, "id"), message, fix="rename one of them.")
            seen.add(name)
    if recipe.escalation and recipe.escalation[-1].when != "true":
        message = f"no escalation rule of {recipe.id!r} catches what the others leave."
        fix = 'end with a rule whose `when = "true"`, so that every case reaches a person.'
        yield source.problem("HO-01", ("escalation", len(recipe.escalation) - 1), message, fix=fix)
