"""What the pages about charges show: the ledger of use, one call, and what stood out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tiebeam.web.views.parts import Commands, Fact, Figure, Kpi, Link, Pill


@dataclass(frozen=True, slots=True)
class Days:
    """The span that is looked at, and the usual ones."""

    since: str
    until: str
    usual: tuple[tuple[str, str, bool], ...]
    """(text, where it leads, whether it is the present one)."""


@dataclass(frozen=True, slots=True)
class Chip:
    """Something a page is narrowed to. `href` takes it away."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class SourceShare:
    """Where figures come from, and how much of the cost. `href` narrows to it, or takes that back."""

    name: str
    cost: str
    share: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class LedgerPage:
    days: Days
    by: str
    chips: tuple[Chip, ...]
    clear: str
    heading: str
    note: str
    focus: str
    """Where the same days are as FOCUS; empty for who does not see all use."""
    export: str
    """The command that writes them."""
    commands: Commands
    kpis: tuple[Kpi, ...] = ()
    """None of them where the list is narrowed by what the daily sums do not know."""
    figure: Figure | None = None
    sources: tuple[SourceShare, ...] = ()
    imported: str = ""
    """How much of all this was metered here."""
    older: str = ""
    """Where the list of charges goes on."""
    newest: str = ""


@dataclass(frozen=True, slots=True)
class TokenClass:
    """Tokens of one class, and their rate."""

    name: str
    tokens: str
    rate: str


@dataclass(frozen=True, slots=True)
class AttemptCard:
    """One attempt at a provider."""

    id: str
    title: str
    state: Pill
    note: str
    cost: str
    facts: tuple[Fact, ...]
    tokens: tuple[TokenClass, ...]
    budgets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class CallPage:
    id: str
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    attempts: tuple[AttemptCard, ...]
    commands: Commands
    files: str
    """The address of the page, for its files."""


@dataclass(frozen=True, slots=True)
class AnomalyLine:
    """One finding in the list. `id` stays the same however often it is looked for."""

    id: str
    kind: Pill
    title: str
    because: str
    day: str
    cost: str
    href: str
    spark: Markup | str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class AnomalyCard:
    """One finding with what was expected, its course, and the charges behind it."""

    kind: Pill
    title: str
    because: str
    facts: tuple[Fact, ...]
    figure: Figure | None
    charges: tuple[ChargeLine, ...]
    ledger: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ChargeLine:
    at: datetime
    text: str
    cost: str
    state: Pill
    href: str


@dataclass(frozen=True, slots=True)
class AnomaliesPage:
    days: Days
    kpis: tuple[Kpi, ...]
    lines: tuple[AnomalyLine, ...]
    more: int
    shown: AnomalyCard | None
    rules: tuple[Fact, ...]
    """The thresholds, as the workspace has them."""
    commands: Commands
