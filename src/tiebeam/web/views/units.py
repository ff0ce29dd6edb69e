"""Unit economics of a workflow, and of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Commands, Figure, Kpi, Pill


@dataclass(frozen=True, slots=True)
class FigureLine:
    """An assumption with the field that changes it for this view. `now` is empty while it stands as stated."""

    name: str
    label: str
    about: str
    unit: str
    stated: str
    range: str
    now: str
    source: str
    owner: str
    checked: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class WorthLine:
    """One line of what an accepted outcome is worth."""

    vector: str
    title: str
    formula: str
    baseline: str
    worth: str


@dataclass(frozen=True, slots=True)
class GrowthLine:
    """A figure of the month at the asked volume and at ten times that."""

    label: str
    one: str
    ten: str
    times: str
    tone: str = ""
    """`warn` where it does not simply follow the volume."""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """The month at another token price; only the token part moves."""

    label: str
    tokens: str
    others: str
    cost: str
    margin: Pill


@dataclass(frozen=True, slots=True)
class WayField:
    """A figure of the two ways compared, as stated and as set for each."""

    name: str
    label: str
    stated: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class WayLine:
    label: str
    left: str
    right: str
    cheaper: str = ""
    """`left` or `right`."""


@dataclass(frozen=True, slots=True)
class TwoWays:
    """One workflow done in two ways beside each other."""

    fields: tuple[WayField, ...]
    left_model: str
    right_model: str
    lines: tuple[WayLine, ...]
    said: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UnitAnswerView:
    """What the answer shows; absent while a figure is wrong."""

    verdict: Pill
    kpis: tuple[Kpi, ...]
    spread: Figure
    ladder: Figure
    tornado: Figure | None
    worth: tuple[WorthLine, ...]
    growth: tuple[GrowthLine, ...]
    growth_said: str
    prices: tuple[PriceLine, ...]
    prices_said: str
    gate: Pill
    gate_said: str
    currency: str
    price_source: str


@dataclass(frozen=True, slots=True)
class UnitPage:
    """`models` are what can be asked instead of the stated one: (class, (value, name) pairs)."""

    path: str
    title: str
    recipe: str
    tab: str
    """Empty for the answer; figures or ways."""
    volume: str
    price: str
    at: str
    model: str
    stated_model: str
    models: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    figures: tuple[FigureLine, ...]
    answer: UnitAnswerView | None
    ways: TwoWays | None
    commands: Commands
    changed: int
    problem: str = ""
