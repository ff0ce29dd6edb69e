"""What the pages about the use of models show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class KeyActions:
    """A key that may be replaced or ended here. `former_until`: so long the secret before works too."""

    id: str
    name: str
    about: str
    may_rotate: bool
    may_revoke: bool
    former_until: datetime | None


@dataclass(frozen=True, slots=True)
class KeysPage:
    """`secret` is there only in the answer to the form that made it; `typed` what the form held when it was refused."""

    kpis: tuple[Kpi, ...]
    secret: str
    secret_name: str
    warnings: tuple[str, ...]
    endpoint: str
    actions: tuple[KeyActions, ...]
    teams: tuple[tuple[str, str], ...]
    workflows: tuple[tuple[str, str], ...]
    endpoints: tuple[str, ...]
    windows: tuple[str, ...]
    typed: Mapping[str, str]
    problem: str
    has_ended: bool
    overlap_days: int
    commands: Commands


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A place a class could go to, in the order of preference."""

    served: str
    place: str
    price: str
    dedicated: str
    quality: str
    state: Pill
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ClassCard:
    """A class of task with what it may go to."""

    name: str
    capability: Pill
    facts: tuple[Fact, ...]
    says: str
    """Where its calls go now and why, or why they are refused."""
    shadow: str
    candidates: tuple[CandidateRow, ...]


@dataclass(frozen=True, slots=True)
class PolicyCard:
    name: str
    mode: Pill
    note: str
    classes: tuple[ClassCard, ...]


@dataclass(frozen=True, slots=True)
class RoutingPage:
    kpis: tuple[Kpi, ...]
    policies: tuple[PolicyCard, ...]
    approvals: tuple[tuple[str, Pill, tuple[Fact, ...]], ...]
    shares: Figure | None
    empty: bool
    commands: Commands
