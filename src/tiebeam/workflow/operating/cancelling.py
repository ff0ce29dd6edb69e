"""Ending a run before its time: its effects taken back first, or left as they are."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.errors import Conflict
from tiebeam.workflow.operating.desk import Desk, said
from tiebeam.workflow.operating.undoing import Trace, traces
from tiebeam.workflow.runs import RunRow, RunState, load_run, run_view


class EffectOpen(Conflict):
    """A call to another system was begun and nobody knows yet whether it took place."""

    code = "effect_open"


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling would do now. `undone` in the order they would be taken back; `stays` what no step undoes."""

    run: str
    state: RunState
    undone: tuple[Trace, ...]
    stays: tuple[Trace, ...]
    tasks: int
    """Open tasks that would be withdrawn."""

    @property
    def is_over(self) -> bool:
        return is_over(self.state)

    @property
    def unsure(self) -> tuple[Trace, ...]:
        return tuple(trace for trace in (*self.undone, *self.stays) if trace.is_unsure)


def preview_cancel(desk: Desk, conn: sa.Connection, run_id: str) -> CancelPreview:
    """Raises NotFound."""
    view = run_view(conn, run_id)
    found = traces_of(desk, conn, run_id)
    tasks = desk.workforce.tasks(conn, state="active", run_id=run_id, size=1).total
    return CancelPreview(
        run=run_id,
        state=view.item.state,
        undone=tuple(trace for trace in found if not trace.stays),
        stays=tuple(trace for trace in found if trace.stays),
        tasks=tasks,
    )


def traces_of(desk: Desk, conn: sa.Connection, run_id: str) -> tuple[Trace, ...]:
    """What the run has done so far that others can see, the latest first."""
    view = run_view(conn, run_id)
    effects = {effect.step_id: effect for effect in desk.engine.effects.list(conn, run_id)}
    return traces(view.recipe, view.steps, effects)


def cancel(desk: Desk, principal: Principal, run_id: str, *, reason: str, undo: bool) -> RunRow:
    """End a run before its time: open tasks are withdrawn, and nothing more leaves the house but what undoes.

    With `undo` what the run did is taken back first, where its steps say how. A run that has ended stays as it is.
    Raises Refused, Invalid without a reason, and EffectOpen while nobody knows whether something left already.
    """
    why = said(reason, doing="cancelling a run")
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.cancel", run_id)
        if is_over(load_run(unit.conn, run_id).state):
            return load_run(unit.conn, run_id)
        # Whoever decides a task locks it before the run: taken the other way round, the two would wait for each other.
        desk.workforce.cancel_tasks(unit, run_id, reason=why)
        row = load_run(unit.conn, run_id, for_update=True)
        _check_effects(row, traces_of(desk, unit.conn, run_id), undo=undo)
        desk.interpreter.abort(unit, run_id, actor=principal.actor, reason=why, final=RunState.CANCELLED, undo=undo)
        return load_run(unit.conn, run_id)


def is_over(state: RunState) -> bool:
    """Nothing is left to cancel. A failed run is only put aside: it may still be ended, and what it did taken back."""
    return state.is_final and state is not RunState.FAILED


def _check_effects(row: RunRow, found: tuple[Trace, ...], *, undo: bool) -> None:
    """What can be taken back is found out about on the way; nobody would ever ask about the rest."""
    unsure = [trace.instance for trace in found if trace.is_unsure and (trace.stays or not undo)]
    if unsure:
        raise EffectOpen(
            f"step {unsure[0]!r} of run {row.id!r} was begun and is not confirmed; wait for it, or decide the task "
            "that asks whether it took place, then cancel",
            run=row.id,
            step=unsure[0],
        )
