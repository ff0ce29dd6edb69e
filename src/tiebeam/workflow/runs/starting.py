"""The start of a run: its row, the versions it goes by, its deadline, and its first segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tiebeam.errors import Invalid
from tiebeam.spec import Hours, Recipe, RunLimits
from tiebeam.store import Unit
from tiebeam.workflow.runs.instances import DEADLINE
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.problems import WAKE
from tiebeam.workflow.runs.rows import RunRow, insert_run, pin_recipe, row_of_new_run


class RecipeCircle(Invalid):
    """A recipe runs itself, directly or through others."""

    code = "recipe_circle"


@dataclass(frozen=True, slots=True)
class Parent:
    """The run and the instance in it that wait for a new run, and the versions that one was started with."""

    run_id: str
    instance: str
    pins: Mapping[str, str]


def pins_of(means: Means, unit: Unit, recipe: Recipe) -> dict[str, str]:
    """{recipe: hash} of every recipe this one may run, directly or through others, as they are applied now."""
    found: dict[str, str] = {}
    _pin(means, unit, recipe, found, (recipe.id,))
    return found


def _pin(means: Means, unit: Unit, recipe: Recipe, found: dict[str, str], way: tuple[str, ...]) -> None:
    for step in recipe.step:
        if step.recipe is None:
            continue
        if step.recipe.id in way:
            circle = " → ".join((*way, step.recipe.id))
            raise RecipeCircle(f"the recipe {recipe.id!r} would run without end: {circle}", recipe=recipe.id)
        if step.recipe.id not in found:
            other = means.recipe_of(step.recipe.id)
            _pin(means, unit, other, found, (*way, other.id))
            found[other.id] = pin_recipe(unit, other)


def begin_run(
    means: Means,
    unit: Unit,
    recipe: Recipe,
    *,
    recipe_hash: str | None = None,
    team: str,
    subject: str,
    run_input: Mapping[str, Any],
    actor: str,
    parent: Parent | None = None,
    document_id: str | None = None,
    batch_id: str | None = None,
    trigger: str | None = None,
    key: str | None = None,
) -> RunRow:
    """Write a new run and enqueue its first segment."""
    run_id = unit.store.ids.new("run")
    digest = recipe_hash or pin_recipe(unit, recipe, digest=means.plans.digest_of(recipe))
    pins = dict(parent.pins) if parent is not None else pins_of(means, unit, recipe)
    deadline_at, deadline_wait = set_deadline(means, unit, run_id, recipe.limits, team=team, started_at=unit.now)
    more: dict[str, Any] = {
        "parent_run_id": None if parent is None else parent.run_id,
        "parent_step": None if parent is None else parent.instance,
        "pins": pins or None,
        "trigger_id": trigger,
        "trigger_key": key,
        "deadline_at": deadline_at,
        "deadline_wait": deadline_wait,
    }
    values = insert_run(
        unit,
        run_id=run_id,
        recipe=recipe,
        recipe_hash=digest,
        team=team,
        subject=subject,
        run_input=run_input,
        document_id=document_id,
        batch_id=batch_id,
        actor=actor,
        more=more,
    )
    means.engine.enqueue(unit, kind="run", key=run_id, seq=0, queue="work", team=team, priority=recipe.limits.priority)
    return row_of_new_run(values)


def set_deadline(
    means: Means, unit: Unit, run_id: str, limits: RunLimits, *, team: str, started_at: datetime
) -> tuple[datetime | None, str | None]:
    """The moment at which a run has taken too long, and the wait that stands for it; two times None without one."""
    if limits.deadline_hours is None:
        return None, None
    if limits.hours is Hours.WORKING:
        at = means.working_hours(team, started_at, limits.deadline_hours)
    else:
        at = started_at + timedelta(seconds=float(limits.deadline_hours * 3600))
    wait_id = means.engine.open_wait(
        unit, run_id=run_id, seq=0, step_id=DEADLINE, kind="deadline", key=run_id, due_at=at
    )
    payload = {"run": run_id, "step": DEADLINE, "seq": 0}
    means.engine.set_timer(unit, wait_id=wait_id, at=at, action=WAKE, payload=payload)
    return at, wait_id
