"""What cannot go on by itself: tried again after a while where the recipe says so, else put before a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tiebeam.errors import NotFound
from tiebeam.kit import iso
from tiebeam.spec import ConditionFailed, Retry
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.plan import NoHandoff
from tiebeam.workflow.runs.rows import StepRow
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import StepPhase
from tiebeam.workflow.runs.work import Work
from tiebeam.workflow.steps import StepFailed

WAKE = "run.wake"
"""The timers of this room: payload `{run, step, seq}`."""
ASK_AGAIN = timedelta(minutes=15)
"""When somebody is looked for again for a problem that could be put to nobody."""
_LONGEST_PAUSE = 30 * 86_400.0


def open_problem(
    means: Means,
    work: Work,
    place: Place,
    *,
    kind: str,
    message: str,
    found: Mapping[str, Any] | None = None,
    instance: str | None = None,
    kept: Mapping[str, Any] | None = None,
) -> None:
    """Ask a person about an instance. `kept` is what its row must hold on to until it goes on.

    Where nobody can be asked the problem is shown all the same, and put to somebody as soon as somebody is there.
    """
    name = instance or place.instance
    work.tell_done()
    problem = {"kind": kind, "step": place.step.id, "message": message, "found": dict(found or {})}
    call = work.call(services_of(means, work), place, instance=name)
    variables = work.variables(problem, place)
    presenter = means.presenter_of(work.row.intent)
    row = StepRow(
        step_id=name,
        phase=StepPhase.PROBLEM,
        outcome=kind[:40],
        position=work.position_of(name),
        output={"problem": problem, **(kept or {})},
    )
    try:
        task_id, protocol = means.reviewing.open(work, place, call, presenter, variables, problem=problem)
    except (StepFailed, ConditionFailed, NoHandoff, NotFound) as nobody:
        at = work.unit.now + ASK_AGAIN
        wait_id = open_wait(means, work, name, kind="retry", key=f"{work.row.id}:{name}", at=at)
        summary = f"{message} Nobody could be asked: {nobody.message}. Somebody is looked for again at {iso(at)}."
        work.keep(replace(row, summary=summary, wait_id=wait_id))
        work.fact("problem.unasked", step=name, problem=kind, message=nobody.message)
        return
    work.keep(replace(row, summary=f"{message} ({protocol.title})", task_id=task_id))


def failed(
    means: Means,
    work: Work,
    place: Place,
    *,
    code: str,
    message: str,
    after_seconds: float = 0,
    kind: str | None = None,
) -> None:
    """Try an instance again later, or ask a person; `kind` of the problem when it is another word than the code."""
    retry = place.step.retry
    attempts = attempts_of(work, place.instance) + 1
    if retry is None or attempts > retry.times or (retry.on and code not in retry.on):
        tried = f" It was tried {attempts} times." if attempts > 1 else ""
        open_problem(means, work, place, kind=kind or code, message=f"{message}{tried}")
        return
    _try_later(
        means, work, place, attempts=attempts, code=code, message=message, pause=_pause(retry, attempts, after_seconds)
    )


def attempts_of(work: Work, instance: str) -> int:
    """How often an instance failed before."""
    state = work.states.get(instance)
    return 0 if state is None or "retry" not in state.output else int(state.output["retry"]["attempts"])


def _pause(retry: Retry, attempts: int, after_seconds: float) -> float:
    most = float(retry.most_seconds)
    try:
        pause = float(retry.first_seconds) * float(retry.factor) ** (attempts - 1)
    except OverflowError:
        pause = most
    # What the other side asks for may be any number.
    return min(max(min(pause, most), after_seconds), _LONGEST_PAUSE)


def _try_later(means: Means, work: Work, place: Place, *, attempts: int, code: str, message: str, pause: float) -> None:
    name, at = place.instance, work.unit.now + timedelta(seconds=pause)
    wait_id = None
    if pause > 0:
        wait_id = open_wait(means, work, name, kind="retry", key=f"{work.row.id}:{name}", at=at)
    retry = {"attempts": attempts, "at": iso(at), "due": pause <= 0, "code": code, "message": message}
    work.keep(retrying(work, name, retry, wait_id=wait_id))
    work.fact("step.retrying", step=name, attempt=attempts, code=code, message=message, at=iso(at))


def retrying(work: Work, instance: str, retry: Mapping[str, Any], *, wait_id: str | None) -> StepRow:
    """The row of an instance between two attempts."""
    return StepRow(
        step_id=instance,
        phase=StepPhase.RETRYING,
        outcome=str(retry["code"])[:40],
        position=work.position_of(instance),
        summary=f"{retry['message']} Tried {retry['attempts']} times, again at {retry['at']}.",
        output={"retry": dict(retry)},
        wait_id=wait_id,
    )


def open_wait(means: Means, work: Work, instance: str, *, kind: str, key: str, at: Any = None) -> str:
    """A wait of an instance, with the timer that wakes it at that moment."""
    seq = work.take_seq()
    wait_id = means.engine.open_wait(
        work.unit, run_id=work.row.id, seq=seq, step_id=instance, kind=kind, key=key, due_at=at
    )
    if at is not None:
        payload = {"run": work.row.id, "step": instance, "seq": seq}
        means.engine.set_timer(work.unit, wait_id=wait_id, at=at, action=WAKE, payload=payload)
    return wait_id


def services_of(means: Means, work: Work) -> Any:
    """The outer world, asked for once a unit."""
    if work.services is None:
        work.services = means.services()
    return work.services
