"""What may be spent at one place of the tree, and the places a call counts against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tiebeam.economics.spending.windows import Window
from tiebeam.errors import TiebeamError
from tiebeam.spec import BudgetWindow


class Level(StrEnum):
    """Where a node stands, from the top."""

    ORGANISATION = "organisation"
    LINE = "line"
    TEAM = "team"
    WORKFLOW = "workflow"
    KEY = "key"
    EXECUTION = "execution"


@dataclass(frozen=True, slots=True)
class KeyCap:
    """A ceiling of one key, in nano-dollars a window."""

    cap_nano: int
    window: BudgetWindow = BudgetWindow.EVER


@dataclass(frozen=True, slots=True)
class CapChange:
    """A ceiling decided on after its record was written. The latest one of a budget holds."""

    budget: str
    cap_nano: int
    instead_of_nano: int
    """What the record said. Once it says something else, the record holds again."""
    window_start: int | None
    """The one window it is for; None for all from now on."""


@dataclass(frozen=True, slots=True)
class Node:
    """A ceiling. Its amounts are kept by its id and the start of the window."""

    id: str
    title: str
    level: Level
    parent: str | None
    cap_nano: int
    window: Window
    hard: bool = True
    open_when_away: bool = False
    """Lets calls through, marked, while the database cannot be reached and what was leased is spent."""
    warn_percent: tuple[int, ...] = ()
    owner_role: str | None = None
    budget: str | None = None
    """The record whose owner answers for it; None for a key that no budget covers."""
    caps: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """Ceilings of single windows by their start."""

    def cap_in(self, window_start: int) -> int:
        return self.caps.get(window_start, self.cap_nano)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Every ceiling a call counts against, in the tree it was found in."""

    asked: tuple[str, str, str, str]
    """Team, workflow, key and execution; empty text for none."""
    tree: object = field(repr=False)
    lasting: tuple[Node, ...]
    """From the key or the lowest budget up to the organisation; one object for all calls that share them."""
    run: Node | None
    """The ceiling of the call's execution, where it names one and a budget limits executions."""
    limit: Node | None
    """The ceiling of any one execution. A call that names no execution is one of its own."""
    warn_nano: int | None
    """From here on an execution is flagged."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.lasting if self.run is None else (self.run, *self.lasting)

    @property
    def is_hard(self) -> bool:
        """Whether anything here refuses; then a call whose cost cannot be bounded is refused."""
        return self.limit is not None or any(node.hard for node in self.lasting)


class NoBudget(TiebeamError):
    """No budget covers the team or the workflow, and the key has no cap: nobody has said what may be spent."""

    code = "no_budget"
    status = 403
