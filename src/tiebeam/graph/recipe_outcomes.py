"""Warnings about outcomes that a step can never have: a typing error in one makes a branch that never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiebeam import spec
from tiebeam.graph.graph import Graph
from tiebeam.graph.lines import KeyPath
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_names import expressions_of
from tiebeam.graph.recipe_scope import Scope

_COMPARED = re.compile(r"(?:steps|previous)\.(\w+)\.outcome\s*(?:==|!=)\s*'([^']*)'")
_AMONG = re.compile(r"(?:steps|previous)\.(\w+)\.outcome\s+in\s+\[([^\]]*)\]")
_TEXT = re.compile(r"'([^']*)'")
VERBS = frozenset({"approve", "reject", "edit"})
_ALWAYS = frozenset({"skipped", "withdrawn", "pending"})


def outcome_warnings(graph: Graph, scope: Scope, source: Source) -> Iterator[Problem]:
    """Comparisons with an outcome that the compared step does not have."""
    recipe = scope.recipe
    known = {
        spec.step_variable(step.id): found
        for step in recipe.step
        if (found := outcomes_of(graph, recipe, step)) is not None
    }
    texts: list[tuple[KeyPath, str]] = [
        (("step", place, *path), text)
        for place, step in enumerate(recipe.step)
        for path, text, _ in expressions_of(step)
    ]
    texts += [(("stop", place, "when"), rule.when) for place, rule in enumerate(recipe.stop)]
    texts += [(("escalation", place, "when"), rule.when) for place, rule in enumerate(recipe.escalation)]
    if recipe.instrumentation is not None:
        texts.append((("instrumentation", "accepted_when"), recipe.instrumentation.accepted_when))
    for path, text in texts:
        for name, said in _compared(text):
            if name in known and said not in known[name]:
                message = f"the outcome of {name!r} is never {said!r}."
                yield source.problem("never", path, message, fix=nearest(said, known[name]))


def _compared(text: str) -> Iterator[tuple[str, str]]:
    yield from _COMPARED.findall(text)
    for name, listed in _AMONG.findall(text):
        # A list may name every verb, whichever of them the protocol allows today.
        yield from ((name, said) for said in _TEXT.findall(listed) if said not in VERBS)


def outcomes_of(graph: Graph, recipe: spec.Recipe, step: spec.Step) -> frozenset[str] | None:
    """Every outcome a step can have, as far as the records tell; None when its code alone knows."""
    match step.kind:
        case spec.StepKind.REVIEW:
            named = step.review.handoff if step.review else None
            protocols = [named] if named else [rule.handoff for rule in recipe.escalation]
            return _ALWAYS | {verb for one in protocols for verb in graph.handoffs[one].verbs}
        case spec.StepKind.TIMER:
            return _ALWAYS | {"elapsed"}
        case spec.StepKind.EVENT:
            late = step.event.on_timeout if step.event else None
            return _ALWAYS | {"arrived"} | ({late} if late else set[str]())
        case spec.StepKind.MAP:
            return _ALWAYS | {"done"}
        case spec.StepKind.LOOP:
            return _ALWAYS | {"done", "limit"}
        case spec.StepKind.CODE if step.uses == spec.COMPLETE:
            asked = spec.Completion.model_validate(dict(step.params))
            return _ALWAYS | {"confirmed-by-person", *(asked.outcomes or ("completed",))}
        case _:
            return None
