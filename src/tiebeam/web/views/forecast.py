"""What months will cost, and technology spend against revenue."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from tiebeam.web.views.parts import Commands, Fact, Figure, Kpi, Pill


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """Something people should know before it is too late, and where it is told in full."""

    text: str
    href: str
    tone: str


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """How good the forecasts of a workflow were."""

    workflow: str
    href: str
    error: str
    bias: str
    months: str


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """`tab` is month, errors or served. `month` is such as 2026-11, `before` and `after` its neighbours."""

    tab: str
    month: str
    title: str
    before: str
    after: str
    notices: tuple[NoticeLine, ...]
    kpis: tuple[Kpi, ...]
    course: Figure | None
    errors: tuple[ErrorLine, ...]
    commands: Commands


@dataclass(frozen=True, slots=True)
class PartRow:
    """One line of the month: as planned, so far, at its end."""

    title: str
    planned: str
    range: str
    actual: str
    projected: str
    variance: Pill | None
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class ForecastOnePage:
    title: str
    month: str
    before: str
    after: str
    level: Pill
    because: str
    problem: str
    reasoning: str
    kpis: tuple[Kpi, ...]
    course: Figure | None
    parts: tuple[PartRow, ...]
    facts: tuple[Fact, ...]
    history: Figure | None
    path: str
    commands: Commands


@dataclass(frozen=True, slots=True)
class FramePage:
    title: str
    said: str
    verdict: Pill
    kpis: tuple[Kpi, ...]
    picture: Markup
    picture_rows: tuple[tuple[str, str], ...]
    findings: tuple[NoticeLine, ...]
    businesses: tuple[Fact, ...]
    source: str
    others: tuple[tuple[str, str], ...]
    """(name, title) of every frame there is."""
    name: str
    commands: Commands
