"""Recipes and runs as pictures, with the same in words beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tiebeam.spec import Effect, Join, Recipe, Step, StepKind
from tiebeam.web import svg
from tiebeam.web.instances import Standing, standings
from tiebeam.web.views import Picture, StepLine
from tiebeam.web.wording import quantity
from tiebeam.workflow.runs import RunStepView

_LEAVES = {Effect.AT_MOST_ONCE: "at most once", Effect.IDEMPOTENT: "idempotent"}
"""Effects outside the house, which a reader of the picture should see."""
_MARKS = {
    StepKind.REVIEW: "person",
    StepKind.TIMER: "clock",
    StepKind.EVENT: "event",
    StepKind.MAP: "each",
    StepKind.LOOP: "again",
    StepKind.RECIPE: "recipe",
}
_NOTHING = Standing()


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


def recipe_graph(recipe: Recipe, *, name: str) -> Picture:
    return _Drawing(recipe).picture(name)


def run_graph(recipe: Recipe, steps: Sequence[RunStepView], *, is_over: bool, name: str) -> Picture:
    """The recipe with the state of each step; steps lead to their details."""
    return _Drawing(recipe, standings(recipe, steps), is_run=True, is_over=is_over).picture(name)


def kind_in_words(step: Step) -> str:
    """What a step is, in a few words; empty for code that stays in the house."""
    match step.kind:
        case StepKind.REVIEW:
            return "by a person"
        case StepKind.TIMER:
            return _timer(step)
        case StepKind.EVENT:
            return f"waits for {step.event.name}" if step.event else ""
        case StepKind.MAP:
            return f"for each item, {step.map.at_once} at once" if step.map else ""
        case StepKind.LOOP:
            return f"again, at most {step.loop.most} times" if step.loop else ""
        case StepKind.RECIPE:
            return f"runs {step.recipe.id.rsplit('/', 1)[-1]}" if step.recipe else ""
        case StepKind.CODE:
            return _LEAVES.get(step.effect, "")


def _timer(step: Step) -> str:
    if step.timer is None or step.timer.after_hours is None:
        return "waits until a moment"
    return f"waits {quantity(step.timer.after_hours)} {'working ' if step.timer.hours == 'working' else ''}h"


@dataclass(frozen=True, slots=True)
class _Drawing:
    recipe: Recipe
    standing: Mapping[str, Standing] | None = None
    is_run: bool = False
    is_over: bool = False

    def picture(self, name: str) -> Picture:
        top = self._body(None)
        edges = self._edges(None)
        if any(step.inside for step in self.recipe.step):
            drawn = svg.draw_flow([self._flow(step) for step in top], edges, name=name)
        else:
            drawn = svg.draw_graph([self._node(step) for step in top], edges, name=name)
        return Picture(name, drawn, tuple(self._line(step) for step in top))

    def _body(self, container: str | None) -> list[Step]:
        return [step for step in self.recipe.step if step.inside == container]

    def _edges(self, container: str | None) -> list[svg.Edge]:
        return direct_edges({step.id: step.after for step in self._body(container)})

    def _flow(self, step: Step) -> svg.FlowStep:
        inner = tuple(self._flow(one) for one in self._body(step.id))
        again = f"until {step.loop.until}" if step.loop else ""
        return svg.FlowStep(self._node(step), inner, tuple(self._edges(step.id)), again)

    def _node(self, step: Step) -> svg.Node:
        stands = self._stands(step)
        note = stands.words if self.is_run else kind_in_words(step)
        return svg.Node(step.id, step.title, note, stands.style, stands.href, mark=_MARKS.get(step.kind, ""))

    def _stands(self, step: Step) -> Standing:
        found = (self.standing or {}).get(step.id)
        if found is not None:
            return found
        return Standing(style="skipped") if self.is_run and self.is_over else _NOTHING

    def _line(self, step: Step) -> StepLine:
        stands = self._stands(step)
        what = "; ".join(part for part in (kind_in_words(step) or "code", self._order(step), _when(step)) if part)
        state = stands.words or ("not reached" if self.is_over else "not begun") if self.is_run else ""
        return StepLine(step.title, what, state, stands.href, tuple(self._line(one) for one in self._body(step.id)))

    def _order(self, step: Step) -> str:
        titles = {one.id: one.title for one in self.recipe.step}
        names = [f"“{titles.get(name, name)}”" for name in step.after]
        if not names:
            return "at the beginning" if step.inside is None else "at the beginning of each"
        if step.join is Join.ANY:
            return f"as soon as one of {', '.join(names)} is done"
        return f"after {' and '.join(names)}"


def _when(step: Step) -> str:
    return f"when {step.when}" if step.when else ""
