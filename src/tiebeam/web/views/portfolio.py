"""The portfolio: all workflows, models and hosting on one page."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Commands, Figure, Kpi, Pill


@dataclass(frozen=True, slots=True)
class PortfolioLine:
    """One workflow with its best place. `problem` stands instead of the figures where there are none."""

    rank: int
    workflow: str
    title: str
    note: str
    way: str
    way_note: str
    cost: str
    range: str
    worth: str
    margin: str
    loss: Pill
    payback: str
    stated: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ServedLine:
    """One way of serving the chosen workflow."""

    title: str
    note: str
    capability: str
    cost: str
    margin: str
    loss: str
    marks: tuple[Pill, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ChosenWorkflow:
    """`hidden` counts the places that are neither efficient nor stated."""

    workflow: str
    title: str
    needed: str
    places: tuple[ServedLine, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """`hidden` counts the lines beyond those shown; exports hold them all."""

    company: str
    person: str
    day: str
    kpis: tuple[Kpi, ...]
    lines: tuple[PortfolioLine, ...]
    hidden: int
    chart: Figure | None
    chosen: ChosenWorkflow | None
    notes: tuple[str, ...]
    currency: str
    library: bool
    any_class: bool
    busy: str
    at: str
    everything: bool
    commands: Commands
    problem: str = ""
