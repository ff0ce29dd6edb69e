"""What the pages about returns and statements show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.table import Table
from tiebeam.web.views.ledger import Chip, Days
from tiebeam.web.views.parts import Commands, Fact, Figure, Kpi, Link, Pill


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    days: Days
    by: str
    chips: tuple[Chip, ...]
    clear: str
    kpis: tuple[Kpi, ...]
    figure: Figure | None
    missing: str
    """Currencies without a rate, whose values are left out."""
    is_worth_unknown: bool
    """Nothing was told of what came of the use."""
    report: Commands
    """How to tell it."""
    executions: Table
    commands: Commands


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """One execution: what each step used, and what came of it all."""

    name: str
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    figure: Figure | None
    came: tuple[CameLine, ...]
    steps: Table
    ledger: str
    commands: Commands
    report: Commands


@dataclass(frozen=True, slots=True)
class CameLine:
    title: str
    note: str
    value: str


@dataclass(frozen=True, slots=True)
class PartyLine:
    """Whose statement there is, and what it comes to."""

    title: str
    kind: str
    owner: str
    total: str
    state: Pill
    href: str


@dataclass(frozen=True, slots=True)
class IssuedLine:
    about: str
    number: str
    usd: str
    issued_at: datetime
    issued_by: str
    href: str


@dataclass(frozen=True, slots=True)
class StatementsPage:
    month: str
    months: tuple[Link, ...]
    """The months one may look at; the present one has no address."""
    kpis: tuple[Kpi, ...]
    issued: tuple[IssuedLine, ...]
    commands: Commands


@dataclass(frozen=True, slots=True)
class StatementSection:
    name: str
    title: str
    note: str
    total: str
    table: Table


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A statement as it stands, or as it was issued."""

    title: str
    about: str
    month: str
    kind: str
    pills: tuple[Pill, ...]
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    said: tuple[str, ...]
    """What to know before going by the figures."""
    sections: tuple[StatementSection, ...]
    months: tuple[Link, ...]
    issued: tuple[IssuedLine, ...]
    files: tuple[Link, ...]
    back: str
    may_issue: bool
    problem: str
    commands: Commands
