"""Warnings about work that nobody answers for: roles a review asks and nobody holds, recipes that nobody adopted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tiebeam import spec
from tiebeam.graph.graph import Graph
from tiebeam.graph.layout import Kind
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Found, Source
from tiebeam.graph.recipe_names import constant_of


def adoption_warnings(graph: Graph, adoption: spec.Adoption, source: Source) -> Iterator[Problem]:
    """What an adopted recipe needs of others. Problems stand at the adoption, which is the workspace's own file."""
    recipe = graph.recipes[adoption.recipe]
    for step in recipe.step:
        role = constant_of(step.review.role) if step.review is not None and step.review.role is not None else None
        if isinstance(role, str) and not graph.people_with(role):
            message = f"the review {step.id!r} asks the role {role!r}, which nobody holds."
            fix = f"give {role!r} to a person, or ask another role."
            yield source.problem("role-empty", ("recipe",), message, fix=fix)
        if step.recipe is None:
            continue
        called = graph.recipes[step.recipe.id]
        answering = graph.adoptions.get(called.intent)
        if answering is None or answering.recipe != called.id:
            message = f"{step.id!r} runs {called.id!r}, which nobody adopted, so nobody answers for its runs."
            yield source.problem("WF-10", ("recipe",), message, fix=f"add adoptions/{_path(called.intent)}.toml.")


def unadopted_triggers(graph: Graph, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    """Triggers of the workspace's own recipes that start nothing."""
    adopted = {adoption.recipe for adoption in graph.adoptions.values()}
    for recipe_id, recipe in graph.recipes.items():
        source = records[(Kind.RECIPES, recipe_id)].source
        if recipe_id in adopted or source.from_library:
            continue
        for place, trigger in enumerate(recipe.trigger):
            message = f"the trigger {trigger.id!r} starts nothing: the recipe is not adopted."
            fix = f"adopt it in adoptions/{_path(recipe.intent)}.toml, or remove the trigger."
            yield source.problem("WF-10", ("trigger", place), message, fix=fix)


def _path(intent_id: str) -> str:
    return intent_id.replace(".", "/")
