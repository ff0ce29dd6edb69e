"""Holding a run where it is, and letting it go on. What it waits for is kept and taken up afterwards."""

from __future__ import annotations

from tiebeam.authority import Principal
from tiebeam.errors import Conflict
from tiebeam.workflow.operating.desk import Desk, said
from tiebeam.workflow.runs import RunRow, RunState, load_run


class NotPausable(Conflict):
    """A run that has ended is not held."""

    code = "not_pausable"


class NotPaused(Conflict):
    """Only a run that was paused goes on."""

    code = "not_paused"


def pause(desk: Desk, principal: Principal, run_id: str, *, reason: str) -> RunRow:
    """No further step begins until the run is resumed; a paused one stays paused. Raises Refused and NotPausable."""
    why = said(reason, doing="pausing a run")
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.pause", run_id)
        row = load_run(unit.conn, run_id, for_update=True)
        if row.state is RunState.PAUSED:
            return row
        if row.state.is_final:
            raise NotPausable(f"run {run_id!r} is {row.state.value}, and only an open run is paused", run=run_id)
        desk.interpreter.pause(unit, run_id, actor=principal.actor, reason=why)
        return load_run(unit.conn, run_id)


def resume(desk: Desk, principal: Principal, run_id: str, *, reason: str) -> RunRow:
    """A worker takes the run up where it stood. Raises Refused and NotPaused."""
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.resume", run_id)
        row = load_run(unit.conn, run_id, for_update=True)
        if row.state is not RunState.PAUSED:
            raise NotPaused(f"run {run_id!r} is {row.state.value}, not paused", run=run_id)
        desk.interpreter.resume(unit, run_id, actor=principal.actor, reason=reason.strip())
        return load_run(unit.conn, run_id)
