"""Total cost of ownership: one study with what one turns, what it comes to and every figure behind it."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Commands, Figure, Kpi, Pill
from tiebeam.web.views.reckoning import Slider


@dataclass(frozen=True, slots=True)
class StudyFigureLine:
    """A figure of a study with the field that changes it. `now` is empty while it stands as stated."""

    name: str
    label: str
    about: str
    unit: str
    stated: str
    range: str
    now: str
    basis: Pill
    source: str
    checked: str
    is_default: bool
    """Nobody states it: the model's own, kept apart."""
    field: str
    """Its name in the address: that of its slider, or `set.` before its own."""


@dataclass(frozen=True, slots=True)
class TenfoldLine:
    """A side at the asked volume and at ten times that."""

    side: str
    one: str
    ten: str
    times: str
    nodes: str
    people: str


@dataclass(frozen=True, slots=True)
class PartLine:
    side: str
    part: str
    cost: str
    share: str


@dataclass(frozen=True, slots=True)
class StudyAnswerView:
    kpis: tuple[Kpi, ...]
    said: tuple[str, ...]
    """One sentence a comparison."""
    notes: tuple[str, ...]
    curves: Figure | None = None
    tornado: Figure | None = None
    by_users: Figure | None = None
    spread: Figure | None = None
    parts: tuple[PartLine, ...] = ()
    tenfold: tuple[TenfoldLine, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyPage:
    """`tab` is answer, volume or figures: only what it shows is filled."""

    path: str
    tab: str
    title: str
    question: str
    retells: str
    priced_at: str
    owner: str
    checked: str
    sliders: tuple[Slider, ...]
    turned: frozenset[str]
    """The names of the sliders."""
    figures: tuple[StudyFigureLine, ...]
    commands: Commands
    answer: StudyAnswerView | None = None
    problem: str = ""
