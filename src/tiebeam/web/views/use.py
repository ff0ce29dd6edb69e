"""What the pages about the use of models show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tiebeam.web.views.parts import Commands, Event, Fact, Figure, Kpi, Link, Pill


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A ceiling as a line of the tree. `used` and `held` are shares of the ceiling, each from 0 to 100."""

    id: str
    title: str
    depth: int
    level: str
    spent: str
    cap: str
    used: float
    held: float
    said: str
    """What the bar says in words."""
    state: Pill
    ends: str
    owner: str
    href: str


@dataclass(frozen=True, slots=True)
class BudgetsPage:
    kpis: tuple[Kpi, ...]
    rows: tuple[BudgetRow, ...]
    uncovered: str
    """What is said of calls no budget covers."""
    commands: Commands


@dataclass(frozen=True, slots=True)
class AskForm:
    """The form by which more is asked for. `task` is the request that waits already."""

    budget: str
    usd: str = ""
    reason: str = ""
    problem: str = ""
    task: Link | None = None


@dataclass(frozen=True, slots=True)
class BudgetPage:
    """One ceiling, what it went on, and who decides about it."""

    id: str
    title: str
    row: BudgetRow
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    above: tuple[BudgetRow, ...]
    below: tuple[BudgetRow, ...]
    figure: Figure | None
    parts: tuple[tuple[str, tuple[Fact, ...]], ...]
    """(heading, the dearest names under it)."""
    changes: tuple[Event, ...]
    ask: AskForm | None
    ledger: str
    """Where its charges are."""
    commands: Commands
    until: datetime | None = field(default=None)
