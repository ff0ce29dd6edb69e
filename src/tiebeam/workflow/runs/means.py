"""What carrying out runs needs of other rooms, and plans that are compiled once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics import Economics
from tiebeam.engine import Engine
from tiebeam.errors import NotFound
from tiebeam.spec import Recipe, fingerprint
from tiebeam.store import Store, Unit
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.presenting import Presenter
from tiebeam.workflow.runs.reviewing import Reviewing
from tiebeam.workflow.runs.rows import RunRow, pinned
from tiebeam.workflow.steps import Services, StepRegister

_MOST_PLANS = 64

WorkingHours = Callable[[str, datetime, Decimal], datetime]
"""From a team, a moment and hours to the moment when so many of the team's business hours have passed."""


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event that came before anything waited for it."""

    id: str
    payload: Mapping[str, Any]


TakeKept = Callable[[Unit, str, str, Mapping[str, Any] | None, tuple[str, str]], KeptEvent | None]
"""The oldest kept event of a name and key whose payload keeps the schema; a run's instance takes it, in that unit."""


def nothing_kept(
    _unit: Unit, _name: str, _key: str, _schema: Mapping[str, Any] | None, _by: tuple[str, str]
) -> KeptEvent | None:
    """Where no events are kept."""
    return None


def on_the_clock(_team: str, start: datetime, hours: Decimal) -> datetime:
    """Where no team keeps business hours."""
    return start + timedelta(seconds=float(hours * 3600))


def no_other_recipes(recipe: str) -> Recipe:
    """Where recipes run no other ones."""
    raise NotFound(f"there is no recipe {recipe!r} here", recipe=recipe)


class Plans:
    """Plans of pinned recipes, read and compiled once; the oldest make room."""

    def __init__(self) -> None:
        self._plans: dict[str, RunPlan] = {}
        self._digests: dict[int, tuple[Recipe, str]] = {}
        self._turn = threading.Lock()

    def of(self, conn: sa.Connection, digest: str) -> RunPlan:
        plan = self._plans.get(digest)
        if plan is None:
            plan = RunPlan(pinned(conn, digest))
            with self._turn:
                self._plans[digest] = plan
                while len(self._plans) > _MOST_PLANS:
                    del self._plans[next(iter(self._plans))]
        return plan

    def digest_of(self, recipe: Recipe) -> str:
        """The hash of a recipe's content, worked out once for each record in memory."""
        known = self._digests.get(id(recipe))
        if known is not None and known[0] is recipe:
            return known[1]
        digest = fingerprint(recipe)
        with self._turn:
            # The record is kept with its hash, so that no other one takes its place in memory.
            self._digests[id(recipe)] = (recipe, digest)
            while len(self._digests) > _MOST_PLANS:
                del self._digests[next(iter(self._digests))]
        return digest


@dataclass(frozen=True, slots=True)
class Means:
    """`recipe_of` gives the applied version of another recipe; `on_stopped` hears of runs ended before time."""

    store: Store
    engine: Engine
    economics: Economics
    register: StepRegister
    services: Callable[[], Services]
    reviewing: Reviewing
    presenter_of: Callable[[str], Presenter]
    on_stopped: Callable[[Unit, RunRow], None]
    recipe_of: Callable[[str], Recipe]
    working_hours: WorkingHours
    take_kept: TakeKept
    plans: Plans
