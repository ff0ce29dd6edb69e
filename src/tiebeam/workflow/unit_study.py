"""What a workflow would cost and be worth: the adopted one, a proposal, or any recipe somebody thinks of adopting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from tiebeam.economics import IncompleteEconomics, Prices, UnitCase, case_of
from tiebeam.errors import NotFound
from tiebeam.graph import Graph
from tiebeam.spec import Recipe, UnitEconomics


class NoSuchWorkflow(NotFound):
    """Neither an adopted intent, a proposal nor a recipe has this id."""

    code = "workflow_unknown"


def stated_economics(graph: Graph, workflow: str) -> tuple[str, UnitEconomics]:
    """(recipe's or proposal's id, assumptions): of the adoption, the proposal, else the recipe.

    Raises NoSuchWorkflow or IncompleteEconomics.
    """
    if workflow in graph.proposals and workflow not in graph.adoptions:
        return workflow, graph.proposals[workflow].unit_economics
    adoption = graph.adoptions.get(workflow)
    recipe = graph.recipes.get(adoption.recipe) if adoption else _recipe(graph, workflow)
    if recipe is None:
        adopted, known = sorted(graph.adoptions), sorted(graph.recipes)
        raise NoSuchWorkflow(
            f"{workflow!r} is no adopted workflow ({', '.join(adopted) or 'there is none'}), no proposal "
            f"({', '.join(sorted(graph.proposals)) or 'there is none'}) and no recipe; recipes: {', '.join(known)}",
            workflow=workflow,
        )
    stated = (adoption.unit_economics if adoption else None) or recipe.unit_economics
    if stated is None:
        raise IncompleteEconomics(f"recipe {recipe.id!r} states no unit economics; add [unit_economics] to it")
    return recipe.id, stated


def _recipe(graph: Graph, workflow: str) -> Recipe | None:
    if workflow in graph.recipes:
        return graph.recipes[workflow]
    of_intent = [recipe for recipe in graph.recipes.values() if recipe.intent == workflow]
    return of_intent[0] if len(of_intent) == 1 else None


def seen_economics(graph: Graph, workflow: str, *, may_see: Callable[[str, str], object]) -> tuple[str, UnitEconomics]:
    """As `stated_economics`, for whom `may_see(kind, id)` lets see them; it raises for everybody else."""
    recipe, stated = stated_economics(graph, workflow)
    if workflow in graph.adoptions:
        may_see("recipe", workflow)
    elif workflow in graph.proposals:
        may_see("record", f"proposals/{workflow}")
    else:
        may_see("record", f"recipes/{recipe}")
    return recipe, stated


def unit_case(
    graph: Graph,
    prices: Prices,
    workflow: str,
    *,
    may_see: Callable[[str, str], object],
    changes: Mapping[str, Decimal] | None = None,
    at: datetime | None = None,
    model: str | None = None,
    provider: str | None = None,
) -> UnitCase:
    """The workflow's case at the prices of a day, with figures set for this question. Raises as the parts do.

    `model` and `provider` ask what it would be with another model than the stated one.

    `may_see(kind, id)` raises for whom the figures are not meant: what a workspace adopted is for the readers of its
    intent, what the library ships is open.
    """
    recipe, stated = seen_economics(graph, workflow, may_see=may_see)
    return case_of(recipe, stated, prices, at=at, model=model, provider=provider).having(changes or {})
