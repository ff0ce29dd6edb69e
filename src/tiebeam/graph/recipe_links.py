"""Rules between a recipe and the other records it names in its expressions: other recipes, inputs, roles, people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from tiebeam import spec
from tiebeam.graph.layout import Kind
from tiebeam.graph.lines import KeyPath
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Found, Source
from tiebeam.graph.recipe_names import constant_of

Records = Mapping[tuple[Kind, str], Found]


def link_problems(
    recipe: spec.Recipe, source: Source, records: Records, ids: Mapping[Kind, Collection[str]]
) -> Iterator[Problem]:
    """What a recipe hands to others and what it asks of them. `ids` are all declared ones, broken records too."""
    for place, step in enumerate(recipe.step):
        if step.recipe is not None:
            path = ("step", place, "recipe")
            if (circle := _circle(recipe.id, step.recipe.id, records)) is not None:
                message = f"{step.id!r} runs this recipe again: {' → '.join(circle)}."
                fix = "let one of them end without the other; to repeat steps, use a loop."
                yield source.problem("recursion", (*path, "id"), message, fix=fix)
            other = records.get((Kind.RECIPES, step.recipe.id))
            if other is not None:
                given = cast("spec.Recipe", other.record)
                yield from _input(step.id, given.intent, step.recipe.input, (*path, "input"), source, records)
        if step.review is not None:
            yield from _named(step.review.role, Kind.ROLES, ("step", place, "review", "role"), source, ids)
            yield from _named(step.review.person, Kind.PEOPLE, ("step", place, "review", "person"), source, ids)
    for place, trigger in enumerate(recipe.trigger):
        yield from _input(trigger.id, recipe.intent, trigger.input, ("trigger", place, "input"), source, records)


def called_by(recipe_id: str, records: Records) -> tuple[str, ...]:
    """The recipes that a recipe's steps run, in file order."""
    found = records.get((Kind.RECIPES, recipe_id))
    steps = cast("spec.Recipe", found.record).step if found else ()
    return tuple(step.recipe.id for step in steps if step.recipe is not None)


def _circle(start: str, first: str, records: Records) -> tuple[str, ...] | None:
    """The way from `start` over `first` back to `start`, or None."""
    ways: list[tuple[str, ...]] = [(start, first)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways.extend((*way, following) for following in called_by(way[-1], records))
    return None


def _input(
    who: str, intent_id: str, given: Mapping[str, str], path: KeyPath, source: Source, records: Records
) -> Iterator[Problem]:
    """Whether the input of a run that is started here is the one its intent declares (WF-01)."""
    found = records.get((Kind.INTENTS, intent_id))
    if found is None:
        return
    fields = {field.name: field for field in cast("spec.Intent", found.record).context}
    for name in given:
        if name not in fields:
            message = f"{who!r} gives {name!r}, which {intent_id!r} does not ask for."
            yield source.problem("WF-01", (*path, name), message, fix=nearest(name, fields))
    for name, field in fields.items():
        if field.required and name not in given:
            message = f"{who!r} starts {intent_id!r} without {name!r}, which it requires ({field.type}: {field.help})."
            yield source.problem("WF-01", path, message, fix=f"add `{name} = …` under `input`.")


def _named(
    text: str | None, kind: Kind, path: KeyPath, source: Source, ids: Mapping[Kind, Collection[str]]
) -> Iterator[Problem]:
    """A role or person that is written out can be checked now; one that an expression reads is checked when it runs."""
    name = None if text is None else constant_of(text)
    if isinstance(name, str) and name not in ids[kind]:
        noun = "role" if kind is Kind.ROLES else "person"
        yield source.problem("WF-07", path, f"no {noun} is called {name!r}.", fix=nearest(name, ids[kind]))
