"""Warnings about a recipe that loads, and would disappoint: what never happens, what nobody waits for, what lasts."""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam import spec
from tiebeam.graph.graph import Graph
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_names import constant_of, expressions_of
from tiebeam.graph.recipe_outcomes import outcome_warnings
from tiebeam.graph.recipe_scope import CONTAINERS, Scope
from tiebeam.graph.recipe_shape import OUTSIDE

MOST_INSTANCES = 10_000
"""So many steps a run may well come to; more is meant by nobody."""


def recipe_warnings(graph: Graph, recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    """Warnings about one recipe by itself; every rule of loading holds already."""
    scope = Scope(recipe)
    yield from _never(scope, source)
    yield from outcome_warnings(graph, scope, source)
    yield from _loops(scope, source)
    yield from _joins(scope, source)
    yield from _effects(scope, source)
    yield from _times(scope, source)
    yield from _triggers(recipe, source)


def _never(scope: Scope, source: Source) -> Iterator[Problem]:
    recipe = scope.recipe
    for place, step in enumerate(recipe.step):
        if step.when is not None and constant_of(step.when) is False:
            message = f"{step.id!r} never runs: its condition is always false."
            yield source.problem("never", ("step", place, "when"), message, fix="correct `when`, or remove the step.")
    for place, rule in enumerate(recipe.stop):
        if not any(path.startswith("steps.") for path in _paths(rule.when)):
            message = f"the stop rule {rule.id!r} looks at no step, so it is never asked."
            yield source.problem("never", ("stop", place, "when"), message, fix="name in it the step it watches.")
    caught = next((rule.id for rule in recipe.escalation if constant_of(rule.when) is True), None)
    for place, rule in enumerate(recipe.escalation):
        below = place > [one.id for one in recipe.escalation].index(caught) if caught else False
        if below or constant_of(rule.when) is False:
            why = f"{caught!r} above it catches every case" if below else "its condition is always false"
            message = f"the escalation rule {rule.id!r} is never reached: {why}."
            fix = "order the rules from special to general, or remove it."
            yield source.problem("never", ("escalation", place, "when"), message, fix=fix)


def _paths(text: str) -> tuple[str, ...]:
    heads = ("input", "run", "problem", "steps", "item", "index", "previous", "event", "at")
    return spec.compile_condition(text, heads).paths


def _loops(scope: Scope, source: Source) -> Iterator[Problem]:
    for place, step in enumerate(scope.recipe.step):
        if step.loop is not None:
            inner = {f"steps.{spec.step_variable(one.id)}" for one in scope.body(step.id)}
            read = _paths(step.loop.until)
            if not any(path.split(".")[0] in {"index", "previous"} or _head(path) in inner for path in read):
                message = f"nothing in a turn of {step.id!r} can change {step.loop.until!r}."
                fix = "let `until` read a step inside the loop, such as steps.<id>.outcome."
                yield source.problem("loop-endless", ("step", place, "loop", "until"), message, fix=fix)
        if step.kind in CONTAINERS and (most := _most(scope, step)) > MOST_INSTANCES:
            message = f"what is inside {step.id!r} may run {most} times in one run."
            fix = "lower `most`, or start a recipe of its own for each item."
            yield source.problem("many-instances", ("step", place), message, fix=fix)


def _head(path: str) -> str:
    return ".".join(path.split(".")[:2])


def _most(scope: Scope, step: spec.Step) -> int:
    most = 1
    for one in (step, *scope.enclosing(step.id)):
        most *= one.map.most if one.map else one.loop.most if one.loop else 1
    return most


def _joins(scope: Scope, source: Source) -> Iterator[Problem]:
    """A branch whose end nobody waits for, nobody reads, and which changes nothing."""
    read = _steps_read(scope)
    for container in (None, *(step.id for step in scope.recipe.step if step.kind in CONTAINERS)):
        ends = scope.ends(container)
        last = scope.body(container)[-1] if scope.body(container) else None
        for step in ends:
            if step == last or spec.step_variable(step.id) in read or _acts(scope, step):
                continue
            message = f"nothing waits for {step.id!r} and nothing reads what came of it."
            fix = f"let a later step come after it ({last.id!r}?), or remove it." if last else "remove it."
            yield source.problem("missing-join", ("step", scope.places[step.id]), message, fix=fix)


def _acts(scope: Scope, step: spec.Step) -> bool:
    """Whether a step, or one inside it, leaves something behind."""
    if step.effect is not spec.Effect.PURE or step.kind is spec.StepKind.RECIPE:
        return True
    return any(_acts(scope, inner) for inner in scope.body(step.id))


def _steps_read(scope: Scope) -> frozenset[str]:
    recipe = scope.recipe
    texts = [text for step in recipe.step for _, text, _ in expressions_of(step)]
    texts += [rule.when for rule in (*recipe.stop, *recipe.escalation)]
    texts += [recipe.instrumentation.accepted_when] if recipe.instrumentation else []
    found = {path.split(".")[1] for text in texts for path in _paths(text) if path.count(".") and _head(path)}
    for step in recipe.step:
        found |= {spec.step_variable(name) for name in scope.steps if f"steps.{name}." in str(step.params)}
        found |= {spec.step_variable(name) for name in (step.review.four_eyes_with if step.review else ())}
    return frozenset(found)


def _effects(scope: Scope, source: Source) -> Iterator[Problem]:
    recipe = scope.recipe
    for place, step in enumerate(recipe.step):
        if step.effect not in OUTSIDE or step.uses == spec.COMPLETE:
            continue
        before = scope.before(step.id)
        is_final = step.effect is spec.Effect.AT_MOST_ONCE
        if is_final and not any(scope.steps[name].kind is spec.StepKind.REVIEW for name in before):
            message = f"{step.id!r} happens at most once, and no review comes before it."
            fix = "let it come after the review, or say in the review's handoff why it may go ahead."
            yield source.problem("unreviewed", ("step", place), message, fix=fix)
        if recipe.limits.at_deadline is spec.AtDeadline.STOP and step.undo is None:
            message = f"a run that is stopped at its deadline leaves what {step.id!r} did outside."
            yield source.problem("no-undo", ("step", place), message, fix='add `undo`, or use at_deadline = "ask".')


def _times(scope: Scope, source: Source) -> Iterator[Problem]:
    limits = scope.recipe.limits
    if limits.deadline_hours is None:
        return
    for place, step in enumerate(scope.recipe.step):
        for key, hours, counted in (
            ("timer", step.timer.after_hours if step.timer else None, step.timer and step.timer.hours),
            ("event", step.event.timeout_hours if step.event else None, step.event and step.event.hours),
        ):
            if hours is not None and hours >= limits.deadline_hours and counted is limits.hours:
                message = f"{step.id!r} may wait {hours} hours, and the whole run has {limits.deadline_hours}."
                fix = "shorten the wait, or raise `limits.deadline_hours`."
                yield source.problem("past-deadline", ("step", place, key), message, fix=fix)


def _triggers(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    heard = {step.event.name for step in recipe.step if step.event is not None}
    for place, trigger in enumerate(recipe.trigger):
        if trigger.mode is spec.TriggerMode.STATEFUL and trigger.event is not None and trigger.event not in heard:
            message = (
                f"later events {trigger.event!r} belong to the run that is open, and no step of it waits for them."
            )
            fix = 'add a step of kind "event" with that name, or use mode = "triggered".'
            yield source.problem("WF-14", ("trigger", place, "mode"), message, fix=fix)
