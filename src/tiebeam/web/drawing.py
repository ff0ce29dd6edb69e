"""Recipes and runs as graphs."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from tiebeam.spec import Effect, Recipe, StepKind
from tiebeam.web import svg
from tiebeam.web.wording import in_words
from tiebeam.workflow.runs import RunStepView

_CLASSES = {"done": "done", "waiting": "waiting", "problem": "waiting", "failed": "failed", "running": "running"}

_LEAVES = {Effect.AT_MOST_ONCE: "at most once", Effect.IDEMPOTENT: "idempotent"}
"""Effects outside the house, which a reader of the graph should see."""


def direct_edges(after: Mapping[str, tuple[str, ...]]) -> list[svg.Edge]:
    """The edges that a reader needs: one that a longer way implies is left out."""
    reaches: dict[str, set[str]] = {}
    for step, before in after.items():
        reaches[step] = {other for one in before for other in {one, *reaches.get(one, set())}}
    return [
        svg.Edge(one, step)
        for step, before in after.items()
        for one in before
        if not any(one in reaches.get(other, set()) for other in before if other != one)
    ]


def recipe_graph(recipe: Recipe, *, name: str) -> Markup:
    nodes = [
        svg.Node(step.id, step.title, "by a person" if step.kind is StepKind.REVIEW else _LEAVES.get(step.effect, ""))
        for step in recipe.step
    ]
    return svg.draw_graph(nodes, direct_edges({step.id: step.after for step in recipe.step}), name=name)


def run_graph(recipe: Recipe, steps: Mapping[str, RunStepView], *, is_over: bool, name: str) -> Markup:
    """The recipe with the state of each step; nodes lead to the step's details."""
    nodes: list[svg.Node] = []
    for step in recipe.step:
        view = steps.get(step.id)
        if view is None:
            nodes.append(svg.Node(step.id, step.title, "", "skipped" if is_over else ""))
            continue
        state = "skipped" if view.state == "skipped" or view.outcome == "skipped" else _CLASSES.get(view.state, "")
        said = in_words(view.outcome) if view.outcome else in_words(view.state)
        nodes.append(svg.Node(step.id, step.title, said, state, f"#step-{step.id}"))
    return svg.draw_graph(nodes, direct_edges({step.id: step.after for step in recipe.step}), name=name)
