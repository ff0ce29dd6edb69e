"""The calculator: what one turns, what it comes to, and what was decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.table import Table
from tiebeam.web.views.parts import Commands, Figure, Kpi


@dataclass(frozen=True, slots=True)
class Slider:
    """`typed` is what counts and may be nonsense; `place` is where the slider stands for it."""

    name: str
    label: str
    low: str
    high: str
    step: str
    place: str
    typed: str
    shown: str
    writing: str = "plain"
    """How the figure is typed: plain, share (40%) or ratio (3:1)."""
    is_log: bool = False
    """The slider moves over powers of ten."""
    hint: str = ""
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    """(value, label) pairs."""
    value: str = ""
    everything: str = ""
    """The label of choosing nothing; without it one of the choices is always in force."""
    is_toggle: bool = False
    """Shown as buttons side by side."""
    renews: str = ""
    """The choice that another choice here makes void: the page is then asked for anew."""


@dataclass(frozen=True, slots=True)
class Controls:
    sliders: tuple[Slider, ...]
    choices: tuple[Choice, ...] = ()
    sort: str = ""
    search: str | None = None
    """Words of a model's name; None where the form does not search."""
    kept: tuple[tuple[str, str], ...] = ()
    """Parameters of the address that the form does not offer."""


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What was decided. `href` shows the figures it was taken on."""

    id: str
    title: str
    chosen: str
    owner: str
    reason: str
    at: datetime
    href: str
    premium: str = ""
    """What it costs a month beyond the cheapest, where it is not the cheapest."""
    revisit: str = ""
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """The two options that are compared, and the decision between them, where somebody took one on this question."""

    metered: str
    rented: str
    decision: DecisionLine | None = None


@dataclass(frozen=True, slots=True)
class Deciding:
    """The form that ends a comparison. Without `owners` nobody here may record one; `typed` is what was sent before."""

    address: str
    owners: tuple[tuple[str, str], ...]
    lines: tuple[DecisionLine, ...]
    typed: Mapping[str, str]
    first_day: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a question comes to: the part of the page that follows the sliders. A `problem` comes alone."""

    problem: str = ""
    kpis: tuple[Kpi, ...] = ()
    weighed: Weighed | None = None
    verdict: str = ""
    """What follows from it, where there is something to weigh."""
    table: Table | None = None
    figure: Figure | None = None
    said: str = ""
    """One sentence about the whole: the day, what was left out, what it rests on."""
    commands: Commands | None = None
    files: tuple[tuple[str, str], ...] = ()
    """(name, address) of the same as a file."""
