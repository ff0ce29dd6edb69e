"""Calls outside: made with no unit of work open, side by side where the recipe lets them, each answer in its unit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from tiebeam.engine import EffectStatus
from tiebeam.errors import TiebeamError
from tiebeam.spec import Effect
from tiebeam.workflow.runs.closing import AMBIGUOUS, Ending
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.problems import failed, open_problem
from tiebeam.workflow.runs.undoing import Undoing
from tiebeam.workflow.runs.walking import Walking
from tiebeam.workflow.runs.work import CallOutside, Work, ambiguity
from tiebeam.workflow.steps import ApprovalExpired, EffectUnclear, StepBusy, StepFailed, StepResult

POLL_SECONDS = 0.25
"""How often a segment that waits for calls looks whether somebody else has moved its run on."""


class CallTimedOut(TiebeamError):
    """A call took longer than its step allows; what became of it is unknown."""

    code = "timed_out"
    status = 504


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of a call: its result, the failure its code reported, or an error of the code itself."""

    outside: CallOutside
    result: StepResult | None = None
    failure: TiebeamError | None = None
    error: BaseException | None = None
    found: dict[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0


def make(outside: CallOutside) -> Landed:
    """Make the call, and report whatever comes of it."""
    begun = time.perf_counter()
    try:
        if outside.effect is not None and outside.effect.state is EffectStatus.AMBIGUOUS:
            raise EffectUnclear(ambiguity(outside.step))
        result = outside.code.run(outside.call)
    except EffectUnclear as doubt:
        return Landed(outside, failure=doubt, found=_look_outside(outside), seconds=time.perf_counter() - begun)
    except (StepFailed, ApprovalExpired) as failure:
        return Landed(outside, failure=failure, seconds=time.perf_counter() - begun)
    except BaseException as error:  # noqa: BLE001 - it is raised again on the segment's own thread
        return Landed(outside, error=error)
    return Landed(outside, result=result, seconds=time.perf_counter() - begun)


def _look_outside(outside: CallOutside) -> dict[str, Any]:
    """What the outer system itself knows of the effect; a system that cannot say leaves it to the person."""
    if outside.code.find is None:
        return {}
    try:
        return outside.code.find(outside.call) or {}
    except TiebeamError as failure:
        return {"not_checked": failure.message}


class Flight:
    """The calls of one segment that have left and are not back."""

    def __init__(self, means: Means, *, moved_on: Callable[[], bool]) -> None:
        self._means = means
        self._moved_on = moved_on
        self._back: SimpleQueue[Landed] = SimpleQueue()
        self._out: dict[str, tuple[CallOutside, float | None]] = {}

    @property
    def instances(self) -> set[str]:
        return set(self._out)

    def leave(self, calls: list[CallOutside], *, alone: bool) -> None:
        """Make these calls. One that nothing else could happen beside is made on this very thread."""
        for outside in calls:
            seconds = outside.step.timeout_seconds
            until = None if seconds is None else time.monotonic() + float(seconds)
            self._out[outside.instance] = (outside, until)
        if alone and len(calls) == len(self._out) == 1 and calls[0].step.timeout_seconds is None:
            self._back.put(make(calls[0]))
            return
        for outside in calls:
            work = self._means.engine.carried(lambda one=outside: self._back.put(make(one)))
            threading.Thread(target=work, name=f"call {outside.call.key}", daemon=True).start()

    def next(self) -> Landed | None:
        """The next call that is back, or has taken too long; None when somebody else has moved the run on."""
        while True:
            try:
                landed = self._back.get(timeout=self._patience())
            except Empty:
                landed = self._overdue()
                if landed is None and self._moved_on():
                    return None
            # What comes back after it was given up counts no more.
            if landed is not None and self._out.get(landed.outside.instance, (None,))[0] is landed.outside:
                del self._out[landed.outside.instance]
                return landed

    def _patience(self) -> float:
        ends = [until for _, until in self._out.values() if until is not None]
        return max(0.0, min(POLL_SECONDS, *(until - time.monotonic() for until in ends))) if ends else POLL_SECONDS

    def _overdue(self) -> Landed | None:
        now = time.monotonic()
        for outside, until in self._out.values():
            if until is not None and until <= now:
                seconds = outside.step.timeout_seconds
                message = f"{outside.step.title!r} was given up after {seconds} seconds; it may have taken place"
                return Landed(outside, failure=CallTimedOut(message))
        return None


class Recording:
    """Takes what came of a call into the run."""

    def __init__(self, means: Means, ending: Ending, walking: Walking, undoing: Undoing) -> None:
        self._means = means
        self._ending = ending
        self._walking = walking
        self._undoing = undoing

    def record(self, work: Work, landed: Landed) -> None:
        outside = landed.outside
        if landed.result is not None:
            is_open = work.is_open(outside.instance)
            self._walking.confirm(work, outside, landed.result)
            if is_open:
                self._finish(work, outside, landed.result, landed.seconds)
            return
        failure = landed.failure
        assert failure is not None
        if isinstance(failure, (StepFailed, ApprovalExpired)):
            self._take_back(work, outside, failure)
        if not work.is_open(outside.instance):
            return
        refused = isinstance(failure, (StepFailed, ApprovalExpired))
        if refused and not outside.undoes and not self._walking.is_wanted(work, outside.place):
            self._walking.leave(work, outside.place)
            return
        match failure:
            case ApprovalExpired():
                self._walking.ask_again(work, outside.place, failure)
            case StepFailed():
                self._refused(work, outside, failure)
            case _:
                self._unclear(work, outside, failure, landed.found)

    def _finish(self, work: Work, outside: CallOutside, result: StepResult, seconds: float) -> None:
        if outside.undoes:
            self._undoing.finish(work, outside.place, result, seconds=seconds)
            return
        self._walking.finish(work, outside.place, result, code=outside.code, seconds=seconds)
        if work.ends_as is None:
            self._ending.stops(work, outside.place)

    def _refused(self, work: Work, outside: CallOutside, failure: StepFailed) -> None:
        if outside.undoes:
            self._undoing.failed(work, outside.place, message=failure.message)
            return
        after = failure.after_seconds if isinstance(failure, StepBusy) else 0
        failed(self._means, work, outside.place, code=failure.code, message=failure.message, after_seconds=after)

    def _unclear(self, work: Work, outside: CallOutside, failure: TiebeamError, found: dict[str, Any]) -> None:
        """Nobody knows whether it took place: only what may be repeated is tried again."""
        repeatable = outside.code.effect is Effect.IDEMPOTENT and not outside.undoes and work.ends_as is None
        if repeatable and (outside.step.retry is not None or failure.code == CallTimedOut.code):
            kind = None if failure.code == CallTimedOut.code else AMBIGUOUS
            failed(self._means, work, outside.place, code=failure.code, message=failure.message, kind=kind)
            return
        open_problem(
            self._means,
            work,
            outside.place,
            kind=AMBIGUOUS,
            message=failure.message,
            found=found,
            instance=outside.instance,
        )

    def _take_back(self, work: Work, outside: CallOutside, refusal: TiebeamError) -> None:
        """A refusal takes the intent back: nothing happened outside."""
        self._means.engine.effects.settle(
            work.unit,
            run_id=work.row.id,
            step_id=outside.instance,
            happened=False,
            result={"refused": refusal.message},
            actor="system:tiebeam",
        )
