"""Doing a run again: one that failed from where it stood, or any from a step on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.spec import Effect, StepKind
from tiebeam.workflow.operating.cancelling import traces_of
from tiebeam.workflow.operating.desk import Desk, said
from tiebeam.workflow.operating.order import instances_from
from tiebeam.workflow.operating.undoing import Trace
from tiebeam.workflow.runs import RunRow, RunState, load_run, retry_run, run_view


class EffectStands(Conflict):
    """Doing this again would do something a second time that leaves the house only once."""

    code = "effect_stands"


class NotRewindable(Conflict):
    """The run cannot be done again from there."""

    code = "not_rewindable"


@dataclass(frozen=True, slots=True)
class RewindPreview:
    """What doing a run again from `step` would mean now.

    `forgets`: instances that would be done again. `stands`: what happened outside and happens only once; of each must
    be said whether it is kept as it is, or was taken back and is made again. `repeats`: other effects, which are made
    again without harm. `refusal`: why it cannot be done at all.
    """

    run: str
    step: str
    forgets: tuple[str, ...]
    stands: tuple[Trace, ...]
    repeats: tuple[Trace, ...]
    refusal: str = ""


def retry(desk: Desk, principal: Principal, run_id: str) -> RunRow:
    """Let a failed run out of quarantine: it goes on from where it stood. Raises Refused, NotFound and NotFailed."""
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.retry", run_id)
        row = retry_run(unit, run_id, actor=principal.actor)
        # The number of the segment that failed is spent; the run goes on under its next one.
        desk.engine.forgive(unit, "run", run_id)
        desk.engine.cancel(unit, "run", run_id)
        if not desk.intake.read_again(unit, row, seq=row.seq):
            desk.engine.enqueue(unit, kind="run", key=run_id, seq=row.seq, queue="work", team=row.team)
        return row


def preview_rewind(desk: Desk, conn: sa.Connection, run_id: str, step: str) -> RewindPreview:
    """Raises NotFound for a run or an instance that is not there."""
    view = run_view(conn, run_id)
    present = [one.step_id for one in view.steps]
    if step not in present:
        known = ", ".join(repr(name) for name in present[:12]) or "none yet"
        raise NotFound(f"run {run_id!r} has not come to a step {step!r}; it has come to {known}", run=run_id, step=step)
    forgets = instances_from(view.recipe, present, step)
    found = [trace for trace in traces_of(desk, conn, run_id) if trace.instance in forgets]
    return RewindPreview(
        run=run_id,
        step=step,
        forgets=forgets,
        stands=tuple(trace for trace in found if trace.happens_once),
        repeats=tuple(trace for trace in found if not trace.happens_once),
        refusal=_refusal(view.item.state, found),
    )


def _refusal(state: RunState, found: Collection[Trace]) -> str:
    if state is RunState.UNDOING:
        return "its effects are being taken back; wait until that has ended"
    if state is RunState.CANCELLED:
        return "it was cancelled; begin a new run from one of its steps instead (fork)"
    if unsure := [trace.instance for trace in found if trace.is_unsure]:
        return f"step {unsure[0]!r} was begun and is not confirmed; decide first whether it took place"
    return ""


def rewind(
    desk: Desk,
    principal: Principal,
    run_id: str,
    step: str,
    *,
    reason: str,
    keep: Collection[str] = (),
    again: Collection[str] = (),
) -> RunRow:
    """Do a run again from the instance `step` on; what comes before it stays as it is.

    Of each effect that stands is said whether the step is to `keep` its result without leaving the house anew, or is to
    be made `again` because it was taken back outside. Raises Refused, Invalid without a reason, NotRewindable, and
    EffectStands where neither was said.
    """
    why = said(reason, doing="doing a run again")
    with desk.store.unit() as unit:
        desk.ask(unit, principal, "run.retry", run_id)
        load_run(unit.conn, run_id, for_update=True)
        preview = preview_rewind(desk, unit.conn, run_id, step)
        if preview.refusal:
            raise NotRewindable(f"run {run_id!r} cannot be done again from {step!r}: {preview.refusal}", run=run_id)
        settle_standing(preview.stands, run_id=run_id, keep=keep, again=again)
        payload = {"step": step, "reason": why, "forgets": list(preview.forgets)}
        payload |= {"kept": sorted(keep), "again": sorted(again)}
        unit.journal(f"run:{run_id}", "run.again", actor=principal.actor, payload=payload)
        for trace in (*preview.repeats, *preview.stands):
            if trace.instance not in keep and trace.effect in {Effect.IDEMPOTENT, Effect.AT_MOST_ONCE}:
                desk.engine.effects.again(unit, run_id=run_id, step_id=trace.instance, actor=principal.actor)
        desk.interpreter.rewind(unit, run_id, step, actor=principal.actor)
        return load_run(unit.conn, run_id)


def settle_standing(stands: Sequence[Trace], *, run_id: str, keep: Collection[str], again: Collection[str]) -> None:
    """Raises EffectStands for what nothing was said of, and Invalid for a name that cannot be meant."""
    kept = {trace.instance for trace in stands if trace.kind is not StepKind.RECIPE}
    names = {trace.instance for trace in stands}
    wrong = sorted((set(keep) - kept) | (set(again) - names) | (set(keep) & set(again)))
    if wrong:
        raise Invalid(
            f"{wrong[0]!r} cannot be kept or made again like this; these happened only once: "
            f"{', '.join(sorted(names)) or 'none'}, and another run cannot be kept"
        )
    left = sorted(names - set(keep) - set(again))
    if left:
        raise EffectStands(
            f"step {left[0]!r} has happened outside and would happen a second time; say that it is kept as it is "
            f"(--keep {left[0]}), or that it was taken back there and is made again (--again {left[0]})",
            run=run_id,
            steps=left,
        )
