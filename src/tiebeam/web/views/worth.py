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
class ShareLine:
    """A part of a cost that several share, with how it came about. `detail` is set apart, as a sum of its own."""

    title: str
    note: str
    usd: str
    href: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StatementSection:
    """What stands in a statement beside the use itself."""

    title: str
    note: str
    total: str
    lines: tuple[ShareLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A statement as it stands, or as it was issued: then `months` are none, and it is nobody's to issue."""

    title: str
    about: str
    month: str
    kind: str
    pill: Pill
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    said: tuple[str, ...]
    """What to know before going by the figures."""
    sections: tuple[StatementSection, ...]
    files: tuple[Link, ...]
    commands: Commands
    months: tuple[Link, ...] = ()
    issued: tuple[IssuedLine, ...] = ()
    may_issue: bool = False
