"""Rules about expressions: each compiles, reads only what is there at that point, and gives what it is asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from tiebeam import spec
from tiebeam.graph.lines import KeyPath
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_scope import Scope

_BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*\}\}", re.ASCII)
"""A place in a prompt, as the step that asks a model fills it."""
_NOTHING = object()
_LATER = {"run.state", "run.outcome"}
"""What a step's own code is not told of the run."""


def expression_problems(scope: Scope, source: Source) -> Iterator[Problem]:
    """Every expression of a recipe whose order is sound, except those of its triggers."""
    for place, step in enumerate(scope.recipe.step):
        for path, text, kind in expressions_of(step):
            names = scope.names_after_turn(step.id) if path == ("loop", "until") else scope.names(step.id)
            yield from value_problems(text, names, source, ("step", place, *path), wanted=kind)
        for name, text in _arguments(step):
            path = ("step", place, "params", "args", name)
            yield from value_problems(text, {*scope.names(step.id)} - _LATER, source, path, wanted="anything")
        if step.uses == spec.COMPLETE:
            yield from _blanks(scope, step, place, source)
    recipe = scope.recipe
    for place, rule in enumerate(recipe.escalation):
        yield from condition_problems(rule.when, scope.names_of_rules(), source, "escalation", place, "when")
    for place, stop in enumerate(recipe.stop):
        yield from condition_problems(stop.when, scope.names_of_rules(), source, "stop", place, "when")
    if recipe.instrumentation is not None:
        accepted = recipe.instrumentation.accepted_when
        yield from condition_problems(accepted, scope.names_at_end(), source, "instrumentation", "accepted_when")


def expressions_of(step: spec.Step) -> Iterator[tuple[KeyPath, str, str]]:
    """(path below the step, expression, what it must give: `truth`, `text`, `list` or `anything`)."""
    if step.when is not None:
        yield ("when",), step.when, "truth"
    if step.review is not None:
        for name in ("role", "person"):
            if (text := getattr(step.review, name)) is not None:
                yield ("review", name), text, "text"
    if step.timer is not None and step.timer.until is not None:
        yield ("timer", "until"), step.timer.until, "text"
    if step.event is not None:
        yield ("event", "key"), step.event.key, "anything"
    if step.map is not None:
        yield ("map", "over"), step.map.over, "list"
    if step.loop is not None:
        yield ("loop", "until"), step.loop.until, "truth"
    for name, text in (step.recipe.input if step.recipe else {}).items():
        yield ("recipe", "input", name), text, "anything"


def _arguments(step: spec.Step) -> Iterator[tuple[str, str]]:
    """The expressions that give a contributed function its arguments."""
    given: Any = step.params.get("args")
    if step.uses is None or not isinstance(given, Mapping):
        return
    for name, text in cast("Mapping[str, Any]", given).items():
        yield name, str(text)


def condition_problems(text: str, names: Collection[str], source: Source, *path: str | int) -> Iterator[Problem]:
    """What is wrong with a condition at `path` that may read `names`."""
    yield from value_problems(text, names, source, path, wanted="truth")


def value_problems(
    text: str, names: Collection[str], source: Source, path: KeyPath, *, wanted: str
) -> Iterator[Problem]:
    """The same for any expression; `wanted` is what it must give, and a constant that gives another is found here."""
    try:
        compiled = spec.compile_condition(text, names)
    except spec.ConditionBroken as broken:
        fix = "correct the condition; see the recipe guide."
        yield source.problem("condition", path, f"{broken.message}.", fix=fix)
        return
    found = constant_value(compiled)
    if found is not _NOTHING and not _is(found, wanted):
        message = f"{text!r} is always {found!r}, where {_WANTED[wanted]} is needed."
        yield source.problem("condition", path, message, fix="correct it; text stands in single quotes inside.")


_WANTED = {"truth": "true or false", "text": "text", "list": "a list"}


def constant_value(compiled: spec.Condition) -> Any:
    """What an expression that reads nothing always gives; a mark of its own when it reads something."""
    if compiled.paths:
        return _NOTHING
    try:
        return compiled.value({})
    except spec.ConditionFailed:
        return _NOTHING


def constant_of(text: str) -> Any:
    """The same of a text that compiles by itself; None when it reads something or does not."""
    try:
        found = constant_value(spec.compile_condition(text, ()))
    except spec.ConditionBroken:
        return None
    return None if found is _NOTHING else found


def _is(found: object, wanted: str) -> bool:
    match wanted:
        case "truth":
            return isinstance(found, bool)
        case "text":
            return isinstance(found, str)
        case "list":
            return isinstance(found, list)
        case _:
            return True


def _blanks(scope: Scope, step: spec.Step, place: int, source: Source) -> Iterator[Problem]:
    """What a prompt's `{{…}}` name, as far as the recipe can tell."""
    seen = scope.before(step.id)
    for key in ("system", "prompt"):
        for name in _BLANK.findall(str(step.params.get(key, ""))):
            parts = str(name).split(".")
            if parts[0] == "steps" and (len(parts) == 1 or parts[1] not in seen):
                message = f"the {key} of {step.id!r} reads {name!r}, and no such step comes before it."
                fix = nearest(f"steps.{parts[1] if len(parts) > 1 else ''}", [f"steps.{one}" for one in seen])
                yield source.problem("condition", ("step", place, "params", key), message, fix=fix)
