"""How a product is sold: what one turns, what each stream earns, and what headless changes."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Commands, Figure, Kpi, Pill
from tiebeam.web.views.reckoning import Slider


@dataclass(frozen=True, slots=True)
class StreamLine:
    title: str
    sold: str
    operations: str
    revenue: str
    cost: str
    margin: str
    by_count: str
    by_revenue: str


@dataclass(frozen=True, slots=True)
class MovedLine:
    """What it means that so much of the seats' work goes headless."""

    share: str
    lost: str
    gained: str
    cost: str
    margin: str
    is_loss: bool


@dataclass(frozen=True, slots=True)
class UseCaseLine:
    title: str
    reason: str
    billed: str
    called_for: str
    agrees: Pill
    pays_from: str


@dataclass(frozen=True, slots=True)
class PricingNote:
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class PricingFigureLine:
    """A figure with the field that changes it. `now` is empty while it stands as stated."""

    name: str
    label: str
    about: str
    unit: str
    stated: str
    range: str
    now: str
    source: str
    """Its own; empty where it is the record's."""
    checked: str
    is_default: bool
    is_turned: bool
    """A slider stands for it, so the table has no field of its own."""


@dataclass(frozen=True, slots=True)
class PricingAnswerView:
    kpis: tuple[Kpi, ...]
    notes: tuple[PricingNote, ...]
    streams: tuple[StreamLine, ...]
    """The last one is their sum."""
    said: tuple[str, ...]
    curve: Figure | None
    """None where no work is done at seats."""
    moved: tuple[MovedLine, ...]
    use_cases: tuple[UseCaseLine, ...]
    price_source: str


@dataclass(frozen=True, slots=True)
class PricingPage:
    """A `problem` stands in place of the answer."""

    path: str
    title: str
    about: str
    owner: str
    source: str
    """Of the figures without one of their own, with the day."""
    currency: str
    sliders: tuple[Slider, ...]
    figures: tuple[PricingFigureLine, ...]
    commands: Commands
    answer: PricingAnswerView | None
    problem: str = ""
