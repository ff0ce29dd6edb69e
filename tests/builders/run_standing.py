"""Where a modelled run stands: its instances, what they see, and which of them can begin now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.builders.run_world import World
from tiebeam.spec import Effect, Join, Recipe, Step, StepKind

SETTLED = frozenset({"done", "skipped", "undone"})
FINAL = frozenset({"done", "stopped", "cancelled"})
_LAST = 10**9
OUTSIDE = frozenset({Effect.IDEMPOTENT, Effect.AT_MOST_ONCE})
Where = tuple[int, ...]


class Undecidable(Exception):
    """An expression that cannot be decided."""


@dataclass
class Cell:
    """One instance of a step. `waits_for` is review, timer, event, run or again; `due` is when its timer fires."""

    step: str
    where: Where
    phase: str
    outcome: str
    output: dict[str, Any] = field(default_factory=dict[str, Any])
    waits_for: str = ""
    due: datetime | None = None
    tries: int = 0
    order: int = 0


@dataclass(repr=False)
class Standing:
    """One run, to be looked at."""

    recipe: Recipe
    run_input: dict[str, Any]
    world: World
    now: datetime
    recipes: Mapping[str, Recipe]
    state: str = "running"
    cells: dict[str, Cell] = field(default_factory=dict[str, Cell])
    lost: set[str] = field(default_factory=set[str])
    """Instances whose call outside was under way when the process died: nobody knows whether it took place."""
    confirmed: set[str] = field(default_factory=set[str])
    """Instances of which a person said that their effect took place."""
    undone: list[str] = field(default_factory=list[str])
    """Instances whose effects were taken back, in that order."""
    unsure: list[str] = field(default_factory=list[str])
    """Instances whose effect may have taken place when the run was ended."""
    ends_as: str = ""
    paused: bool = False
    count: int = 0

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(f"{self.recipe.id} {self.state}")

    def __post_init__(self) -> None:
        self.steps = {step.id: step for step in self.recipe.step}
        self.place = {step.id: number for number, step in enumerate(self.recipe.step)}

    # What is there

    def body(self, container: str | None) -> list[Step]:
        return [step for step in self.recipe.step if step.inside == container]

    def around(self, step_id: str) -> list[str]:
        """The containers of a step, the outermost first."""
        inside = self.steps[step_id].inside
        return [] if inside is None else [*self.around(inside), inside]

    def name(self, step_id: str, where: Where) -> str:
        return f"{step_id}[{'.'.join(map(str, where))}]" if where else step_id

    def cell(self, step_id: str, where: Where) -> Cell | None:
        return self.cells.get(self.name(step_id, where))

    def parked(self) -> list[str]:
        return [name for name, cell in self.cells.items() if cell.phase in {"waiting", "problem", "retrying"}]

    def before(self, step_id: str) -> set[str]:
        after = self.steps[step_id].after
        return {one for name in after for one in (name, *self.before(name))}

    # Expressions, read by hand: the recipes of these tests use a handful of forms

    def see(self, name: str, step_id: str, where: Where) -> Cell | None:
        """What a step sees of another one: beside it, or outside of the containers around both."""
        return self.cell(name, where[: len(self.around(name))])

    def holds(self, text: str | None, step_id: str, where: Where) -> bool:
        if text is None:
            return True
        if (found := re.fullmatch(r"steps\.(\w+)\.outcome (==|!=) '(\w+)'", text)) is not None:
            seen = self.see(found[1], step_id, where)
            return ((seen.outcome if seen else "pending") == found[3]) == (found[2] == "==")
        if (found := re.fullmatch(r"index == (\d+)", text)) is not None:
            return where[-1] == int(found[1])
        if text in {"true", "false"}:
            return text == "true"
        raise Undecidable(text)

    # What can go on now

    def ready(self) -> list[tuple[tuple[int, ...], str, Where]]:
        return sorted(self._ready(None, ()))

    def _ready(self, container: str | None, where: Where) -> Iterator[tuple[tuple[int, ...], str, Where]]:
        for step in self.body(container):
            cell = self.cell(step.id, where)
            if cell is None:
                if self._may_begin(step, where):
                    yield self.key(step, where), step.id, where
            elif cell.phase == "open":
                open_ones = [index for index in range(self.size(cell)) if not self.is_over(step.id, (*where, index))]
                if not open_ones:
                    yield self.key(step, where), step.id, where
                for index in open_ones[: step.map.at_once if step.map else 1]:
                    yield from self._ready(step.id, (*where, index))
            elif cell.phase == "retrying" and cell.due is None:
                yield self.key(step, where), step.id, where

    def key(self, step: Step, where: Where) -> tuple[int, ...]:
        outer = [
            part for name, index in zip(self.around(step.id), where, strict=True) for part in (self.place[name], index)
        ]
        return (*outer, self.place[step.id], _LAST if step.kind in {StepKind.MAP, StepKind.LOOP} else -1)

    def _may_begin(self, step: Step, where: Where) -> bool:
        before = [self.cell(name, where) for name in step.after]
        if all(cell is not None and cell.phase in SETTLED for cell in before):
            return True
        return step.join is Join.ANY and any(cell is not None and cell.phase == "done" for cell in before)

    def size(self, cell: Cell) -> int:
        return cell.output["turn"] + 1 if self.steps[cell.step].loop else len(cell.output["over"])

    def is_over(self, container: str, where: Where) -> bool:
        cells = [self.cell(step.id, where) for step in self.body(container)]
        return all(cell is not None and cell.phase in SETTLED for cell in cells)
