"""A new run that begins where another one stood, under the same or another version of the recipe."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.errors import Conflict, NotFound
from tiebeam.spec import Recipe
from tiebeam.workflow.operating import tables
from tiebeam.workflow.operating.cancelling import traces_of
from tiebeam.workflow.operating.choosing import PINNED, version_of
from tiebeam.workflow.operating.comparing import Fit, compare
from tiebeam.workflow.operating.desk import Desk, said
from tiebeam.workflow.operating.order import instances_from
from tiebeam.workflow.operating.retrying import settle_standing
from tiebeam.workflow.operating.undoing import Trace
from tiebeam.workflow.runs import RunRow, copy_steps, load_run, run_view, states_of


class NotForkable(Conflict):
    """No new run can begin there."""

    code = "not_forkable"


@dataclass(frozen=True, slots=True)
class ForkPreview:
    """What a new run from `step` (empty: from the beginning) would be.

    `takes`: instances it takes over as they were. `stands`: what the run did from there on that others can see; the new
    run would do it again, so each has to be acknowledged. `fit`: how the steps taken over go with the other version.
    """

    run: str
    step: str
    recipe: str
    takes: tuple[str, ...]
    stands: tuple[Trace, ...]
    fit: Fit
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ForkOf:
    """Where a run was begun from."""

    run: str
    from_run: str
    step: str


def preview_fork(desk: Desk, conn: sa.Connection, run_id: str, *, step: str = "", version: str = PINNED) -> ForkPreview:
    """`version` as in `version_of`. Raises NotFound."""
    return _preview(desk, conn, run_id, step=step, target=version_of(desk, conn, run_id, version))


def _preview(desk: Desk, conn: sa.Connection, run_id: str, *, step: str, target: Recipe) -> ForkPreview:
    view = run_view(conn, run_id)
    present = [one.step_id for one in view.steps]
    if step and step not in present:
        raise NotFound(f"run {run_id!r} has not come to a step {step!r}", run=run_id, step=step)
    forgets = instances_from(view.recipe, present, step) if step else tuple(present)
    takes = tuple(name for name in present if name not in forgets and "~" not in name)
    states = states_of(conn, [run_id])[run_id]
    fit = compare(view.recipe, target, {name: states[name] for name in takes})
    stands = tuple(trace for trace in traces_of(desk, conn, run_id) if trace.instance in forgets)
    refusal = ""
    if not view.item.state.is_final:
        refusal = f"it is {view.item.state.value}, and two runs of one case would both act; cancel it first"
    elif "[" in step:
        refusal = f"{step!r} lies in the body of another step; begin before that one"
    elif not fit.fits:
        refusal = fit.reasons[0]
    elif fit.waits:
        refusal = f"{fit.waits[0]!r} was {states[fit.waits[0]].phase.value} when it ended; begin from there or earlier"
    return ForkPreview(run_id, step, target.id, takes, stands, fit, refusal)


def fork(
    desk: Desk,
    principal: Principal,
    run_id: str,
    *,
    reason: str,
    step: str = "",
    version: str = PINNED,
    again: Collection[str] = (),
) -> RunRow:
    """Begin a new run where an ended one stood before `step`; its effects before it are taken as they were.

    `again` acknowledges each effect the new run would have a second time. Raises Refused, Invalid without a reason,
    NotForkable, NotInService for an applied version that takes no work, and EffectStands.
    """
    why = said(reason, doing="beginning a run from another one")
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.fork", run_id)
        row = load_run(unit.conn, run_id, for_update=True)
        target = version_of(desk, unit.conn, run_id, version)
        preview = _preview(desk, unit.conn, run_id, step=step, target=target)
        if preview.refusal:
            raise NotForkable(f"no run can begin from {run_id!r}: {preview.refusal}", run=run_id)
        settle_standing(preview.stands, run_id=run_id, keep=(), again=again)
        view = run_view(unit.conn, run_id)
        made = desk.interpreter.start(
            unit,
            target,
            team=row.team,
            subject=view.item.subject,
            run_input=row.input,
            actor=principal.actor,
            document_id=row.document_id,
        )
        copy_steps(
            unit, made.id, of=run_id, recipe=target, only=[n for n in preview.takes if n not in preview.fit.forgets]
        )
        note = {"run_id": made.id, "from_run": run_id, "step": step or None, "at": unit.now}
        unit.conn.execute(sa.insert(tables.run_fork).values(**note))
        payload = {"from": run_id, "step": step, "reason": why, "takes": list(preview.takes), "again": sorted(again)}
        unit.journal(f"run:{made.id}", "run.forked", actor=principal.actor, payload=payload)
        unit.journal(f"run:{run_id}", "run.forked", actor=principal.actor, payload={**payload, "to": made.id})
        return made


def fork_of(conn: sa.Connection, run_id: str) -> ForkOf | None:
    """The run this one was begun from."""
    table = tables.run_fork
    row = conn.execute(sa.select(table).where(table.c.run_id == run_id)).first()
    return None if row is None else ForkOf(row.run_id, row.from_run, row.step or "")


def forks_from(conn: sa.Connection, run_id: str) -> list[ForkOf]:
    """Runs that were begun from this one, the latest first; at most twenty."""
    table = tables.run_fork
    rows = conn.execute(sa.select(table).where(table.c.from_run == run_id).order_by(table.c.at.desc()).limit(20))
    return [ForkOf(row.run_id, row.from_run, row.step or "") for row in rows]
