"""Workflows and the library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Commands, Event, Fact, Figure, Kpi, Link, Picture, Pill
from tiebeam.web.views.work import RunItem


@dataclass(frozen=True, slots=True)
class GateView:
    name: str
    state: Pill
    reason: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationView:
    name: str
    passed: int
    total: int
    threshold: str
    ran_at: datetime | None
    state: Pill
    misses: tuple[tuple[str, str, str], ...] = ()
    """(case, expected, answered)."""


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    id: str
    title: str
    outcome: str
    state: str
    stages: tuple[str, ...]
    owner: Fact
    recipe: Link
    kpis: tuple[Kpi, ...]
    figures: tuple[Figure, ...]
    gates: tuple[GateView, ...]
    versions: tuple[Event, ...]
    evaluation: EvaluationView | None
    facts: tuple[Fact, ...]
    graph: Picture
    runs: tuple[RunItem, ...]
    days: int
    next_state: str = ""
    promote_refusal: str = ""
    can_evaluate: bool = False
    commands: Commands | None = None


@dataclass(frozen=True, slots=True)
class RecipePart:
    name: str
    is_present: bool
    summary: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipeView:
    id: str
    name: str
    summary: str
    version: str
    parts: tuple[RecipePart, ...]
    graph: Picture
    workforce_effect: str = ""
    is_adopted: bool = False


@dataclass(frozen=True, slots=True)
class IntentPage:
    id: str
    title: str
    outcome: str
    pills: tuple[Pill, ...]
    facts: tuple[Fact, ...]
    recipes: tuple[RecipeView, ...]
    roles: tuple[Link, ...]
    used_by: tuple[Link, ...]
    depends_on: tuple[Link, ...]
    workflow: Link | None
    source: str = ""
    commands: Commands | None = None
