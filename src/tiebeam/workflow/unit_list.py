"""Unit economics of everything at once: adopted workflows, proposals, and recipes of the library that state them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tiebeam.economics import Prices, UnitAnswer, assess, case_of
from tiebeam.economics.portfolio import Candidate, Origin
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Recipe, UnitEconomics
from tiebeam.workflow.unit_study import stated_economics


@dataclass(frozen=True, slots=True)
class StatedWorkflow:
    """Something with unit economics. `workflow` is the intent of an adopted one, else the proposal's or recipe's id.

    `stated` is None where an adopted workflow has none, which is what its gate is shut by.
    """

    workflow: str
    recipe: str
    title: str
    origin: Origin
    stated: UnitEconomics | None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """Either an answer or why there is none."""

    of: StatedWorkflow
    answer: UnitAnswer | None
    problem: TiebeamError | None = None


def stated_workflows(
    graph: Graph, *, sees: Callable[[str, str], bool], library: bool = True
) -> Iterator[StatedWorkflow]:
    """What `sees(kind, id)` lets the asker see: adopted workflows, proposals, then recipes that state economics."""
    for intent, adoption in sorted(graph.adoptions.items()):
        recipe = graph.recipes.get(adoption.recipe)
        if recipe is not None and sees("recipe", intent):
            title = graph.intents[intent].title if intent in graph.intents else recipe.title
            stated = adoption.unit_economics or recipe.unit_economics
            yield StatedWorkflow(intent, recipe.id, title, Origin.ADOPTED, stated)
    for proposal_id, proposal in sorted(graph.proposals.items()):
        if sees("record", f"proposals/{proposal_id}"):
            stated = proposal.unit_economics
            yield StatedWorkflow(proposal_id, proposal_id, proposal.title, Origin.PROPOSED, stated)
    if not library:
        return
    for recipe_id, recipe in sorted(graph.recipes.items()):
        if recipe.unit_economics is not None and sees("record", f"recipes/{recipe_id}"):
            yield StatedWorkflow(recipe_id, recipe_id, _title(graph, recipe), Origin.LIBRARY, recipe.unit_economics)


def portfolio_candidates(
    graph: Graph, *, sees: Callable[[str, str], bool], library: bool = False
) -> Iterator[Candidate]:
    """Adopted workflows and proposals, and with `library` every recipe nobody here has adopted yet."""
    used = {adoption.recipe for adoption in graph.adoptions.values()}
    for one in stated_workflows(graph, sees=sees, library=library):
        if one.origin is not Origin.LIBRARY or one.recipe not in used:
            yield Candidate(one.workflow, one.title, one.origin, one.stated)


def unit_rows(
    graph: Graph,
    prices: Prices,
    *,
    sees: Callable[[str, str], bool],
    seed: int = 1,
    draws: int = 2000,
    at: datetime | None = None,
) -> list[UnitRow]:
    """Each one's answer. What cannot be worked out says why in its own row and spoils no other."""
    return [_row(graph, prices, one, seed=seed, draws=draws, at=at) for one in stated_workflows(graph, sees=sees)]


def _row(graph: Graph, prices: Prices, one: StatedWorkflow, *, seed: int, draws: int, at: datetime | None) -> UnitRow:
    try:
        _, stated = stated_economics(graph, one.workflow)
        return UnitRow(one, assess(case_of(one.recipe, stated, prices, at=at), seed=seed, draws=draws))
    except TiebeamError as problem:
        return UnitRow(one, None, problem)


def _title(graph: Graph, recipe: Recipe) -> str:
    intent = graph.intents.get(recipe.intent)
    return recipe.title if intent is None else f"{intent.title}: {recipe.title}"
