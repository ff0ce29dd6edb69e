"""Open runs by the version of their recipe, many at once, and moving one to another version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tiebeam.spec import Recipe
from tiebeam.store import Unit
from tiebeam.workflow.runs.instances import parts_of
from tiebeam.workflow.runs.states import RunState, StepPhase, StepState
from tiebeam.workflow.runs.tables import pinned_recipe, run, run_step

OPEN = tuple(state for state in RunState if not state.is_final)
_MOST = 500


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has not ended, as far as its version matters."""

    id: str
    intent: str
    recipe: str
    recipe_hash: str
    team: str
    state: RunState
    subject: str
    started_by: str
    held_by: str | None
    """The segment whose calls outside are under way."""
    ends_as: str | None
    """What it ends as once its effects are taken back."""


_OPEN_RUN = [run.c[name] for name in OpenRun.__slots__]


def _wanted(recipe: str, beside: str) -> tuple[sa.ColumnElement[bool], ...]:
    return run.c.recipe == recipe, run.c.state.in_(OPEN), run.c.recipe_hash != beside


def open_runs(
    conn: sa.Connection,
    recipe: str,
    *,
    beside: str = "",
    only: Collection[str] | None = None,
    after: str = "",
    limit: int = _MOST,
    lock: bool = False,
) -> list[OpenRun]:
    """Open runs of a recipe by id, from the one after `after`; those pinned to the version `beside` are left out.

    `lock` holds their rows until the unit ends, and passes by those that somebody is working on right now.
    """
    where = [*_wanted(recipe, beside), run.c.id > after]
    if only is not None:
        where.append(run.c.id.in_(only))
    statement = sa.select(*_OPEN_RUN).where(*where).order_by(run.c.id).limit(min(limit, _MOST))
    rows = conn.execute(statement.with_for_update(skip_locked=True) if lock else statement)
    return [_open_run(row) for row in rows.mappings()]


def open_versions(conn: sa.Connection, recipe: str) -> dict[str, int]:
    """{version: number of open runs pinned to it}."""
    statement = sa.select(run.c.recipe_hash, sa.func.count()).where(*_wanted(recipe, ""))
    return {str(digest): int(count) for digest, count in conn.execute(statement.group_by(run.c.recipe_hash))}


def _open_run(row: Mapping[Any, Any]) -> OpenRun:
    values: dict[str, Any] = {name: row[name] for name in OpenRun.__slots__}
    values["state"] = RunState(values["state"])
    return OpenRun(**values)


def states_of(conn: sa.Connection, run_ids: Sequence[str]) -> dict[str, dict[str, StepState]]:
    """Where the steps of these runs stand, by run and instance, in the recipe's order; at most a page of runs."""
    found: dict[str, dict[str, StepState]] = {run_id: {} for run_id in run_ids}
    names = ("run_id", "step_id", "state", "outcome")
    statement = sa.select(*(run_step.c[name] for name in names)).where(run_step.c.run_id.in_(run_ids[:_MOST]))
    for row in conn.execute(statement.order_by(run_step.c.run_id, run_step.c.position)):
        state = StepState(row.step_id, StepPhase(row.state), row.outcome or row.state, {})
        found[row.run_id][row.step_id] = state
    return found


def repin(
    unit: Unit, run_id: str, recipe: Recipe, *, digest: str, pins: Mapping[str, str], forgets: Collection[str] = ()
) -> None:
    """Pin an open run to another version: its steps take their new places, and those in `forgets` lose their rows.

    `pins` are the versions of the recipes it may run itself from now on.
    """
    where = run_step.c.run_id == run_id
    if forgets:
        unit.conn.execute(sa.delete(run_step).where(where, run_step.c.step_id.in_(forgets)))
    positions = {step.id: place for place, step in enumerate(recipe.step)}
    rows = unit.conn.execute(sa.select(run_step.c.step_id, run_step.c.position).where(where)).all()
    moved = [
        {"of_run": run_id, "of_step": row.step_id, "to": positions[base]}
        for row in rows
        if (base := parts_of(row.step_id)[0]) in positions and positions[base] != row.position
    ]
    if moved:
        place = sa.update(run_step).where(
            run_step.c.run_id == sa.bindparam("of_run"), run_step.c.step_id == sa.bindparam("of_step")
        )
        unit.conn.execute(place.values(position=sa.bindparam("to")), moved)
    values = {"recipe_hash": digest, "recipe": recipe.id, "pins": dict(pins) or None, "updated_at": unit.now}
    unit.conn.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def pinned_versions(conn: sa.Connection, intent: str, *, beginning: str) -> list[str]:
    """Hashes of versions of an intent's recipes that begin like this; at most ten."""
    like = pinned_recipe.c.hash.startswith(beginning, autoescape=True)
    where = (like, pinned_recipe.c.recipe.startswith(f"{intent}/", autoescape=True))
    return list(conn.execute(sa.select(pinned_recipe.c.hash).where(*where).limit(10)).scalars())


def copy_steps(unit: Unit, run_id: str, *, of: str, recipe: Recipe, only: Collection[str]) -> None:
    """Give a run that has not begun the steps of another one, as they were. Their tasks and waits stay the other's."""
    positions = {step.id: place for place, step in enumerate(recipe.step)}
    where = (run_step.c.run_id == of, run_step.c.step_id.in_(only))
    own = {"run_id": run_id, "task_id": None, "wait_id": None, "wait_key": None}
    rows = [
        {**row, **own, "position": positions[parts_of(row["step_id"])[0]]}
        for row in unit.conn.execute(sa.select(run_step).where(*where)).mappings()
    ]
    if rows:
        unit.conn.execute(sa.insert(run_step), rows)


def begin_anew(unit: Unit, run_id: str, *, digest: str, pins: Mapping[str, str]) -> None:
    """Set an ended run to its beginning by another version, its rows of steps gone: for units that are rolled back."""
    unit.conn.execute(sa.delete(run_step).where(run_step.c.run_id == run_id))
    empty = dict.fromkeys(("outcome", "reason", "ended_at", "ends_as", "held_by", "deadline_wait", "parent_run_id"))
    values = {**empty, "state": RunState.QUEUED, "recipe_hash": digest, "pins": dict(pins) or None}
    unit.conn.execute(sa.update(run).where(run.c.id == run_id).values(**values))
