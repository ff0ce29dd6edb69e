"""Schedules: at each moment one run, whatever the number of workers, and whatever clocks do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from tiebeam.graph import Graph
from tiebeam.kit import iso
from tiebeam.spec import Missed, Trigger
from tiebeam.store import Store, Unit
from tiebeam.workflow.triggers.declared import DeclaredTrigger, declared_triggers, moment_variables
from tiebeam.workflow.triggers.firing import Firing
from tiebeam.workflow.triggers.rows import TriggerRow, change_state, load_states, lock_state

GRACE = timedelta(minutes=2)
"""A moment that is found this late was missed: nothing ran when it came."""
MOST_MISSED = 1000
"""Of `missed = "all"`: how many of the latest missed moments are made up for."""
_AT_ONCE = 20
_LOOK_SECONDS = 5.0
_SHORTEST = 0.05


def schedule_text(trigger: Trigger) -> str:
    """What the moments of a trigger depend on."""
    return f"{trigger.cron} {trigger.timezone}"


def moments(trigger: Trigger, *, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """The moments of a schedule, in UTC, the first after `after`. They end with `until`, which counts.

    When clocks go forward, a moment in the hour that is left out comes right after it; when they go back, a moment
    given by its hour comes once, the first time, and one of every hour comes in both.
    """
    from cronsim import CronSim

    for local in CronSim(trigger.cron or "", after.astimezone(ZoneInfo(trigger.timezone))):
        moment = local.astimezone(UTC)
        if until is not None and moment > until:
            return
        # When clocks go back, the iterator may begin in the first of two equal hours.
        if moment > after:
            yield moment


def next_moments(trigger: Trigger, *, after: datetime, most: int) -> tuple[datetime, ...]:
    return tuple(islice(moments(trigger, after=after), most))


class Schedules:
    """Safe with several workers: a trigger's row is held by one at a time, and a moment is started once for ever."""

    def __init__(self, store: Store, *, graph: Callable[[], Graph], firing: Firing) -> None:
        self._store = store
        self._graph = graph
        self._firing = firing

    def work(self) -> float:
        """One turn of the worker's loop. Returns the seconds until the next."""
        now = self._store.clock.now()
        wait = _LOOK_SECONDS
        with self._store.read() as conn:
            states = load_states(conn)
        for declared in declared_triggers(self._graph()).values():
            if declared.trigger.cron is None:
                continue
            due = self._due_at(declared, states.get(declared.id), now=now)
            if due <= now:
                wait = min(wait, self._start_due(declared))
            else:
                wait = min(wait, max(_SHORTEST, (due - now).total_seconds()))
        return wait

    def _due_at(self, declared: DeclaredTrigger, state: TriggerRow | None, *, now: datetime) -> datetime:
        """When this trigger wants to be looked at; now where it is new, changed, or ahead of the clock."""
        if state is None or state.schedule != schedule_text(declared.trigger) or is_ahead(state, now):
            return now
        return next(moments(declared.trigger, after=state.reached))

    def _start_due(self, declared: DeclaredTrigger) -> float:
        """Everything that is due of one trigger, some in each unit. Returns the seconds until the next look."""
        schedule = schedule_text(declared.trigger)
        with self._store.unit() as unit:
            state = lock_state(unit, declared.id, schedule=schedule)
            if state.schedule != schedule or is_ahead(state, unit.now):
                # Another schedule counts from here. A clock that was set back does too: what it reached was the future,
                # and whatever was started for a moment then is not started for it again.
                change_state(unit, declared.id, schedule=schedule, reached=unit.now)
                return _SHORTEST
            due = latest_moments(declared.trigger, after=state.reached, until=unit.now)
            if not due:
                return _SHORTEST
            runs = state.paused_at is None and self._firing.standing(unit.conn, declared) is not None
            wanted = wanted_of(declared.trigger, due, unit.now) if runs else []
            some = wanted[:_AT_ONCE]
            for moment in some:
                self._start(unit, declared, moment)
            is_all = len(some) == len(wanted)
            change_state(unit, declared.id, reached=due[-1] if is_all else some[-1])
        return _LOOK_SECONDS if is_all else 0.0

    def _start(self, unit: Unit, declared: DeclaredTrigger, moment: datetime) -> None:
        variables = moment_variables(moment)
        holds, failure = self._firing.asks(declared, variables)
        if holds:
            self._firing.fire(unit, declared, slot=iso(moment), at=moment, variables=variables, failure=failure)


def wanted_of(trigger: Trigger, due: list[datetime], now: datetime) -> list[datetime]:
    """Which of the moments that came are started, as `missed` says."""
    on_time = [moment for moment in due if now - moment <= GRACE]
    match trigger.missed:
        case Missed.SKIP:
            return on_time
        case Missed.ONCE:
            return on_time or due[-1:]
        case Missed.ALL:
            return due


def is_ahead(state: TriggerRow, now: datetime) -> bool:
    """Whether the schedule was looked at further than our clock goes, beyond what clocks of workers differ."""
    return state.reached - now > GRACE


def latest_moments(trigger: Trigger, *, after: datetime, until: datetime) -> list[datetime]:
    """The last `MOST_MISSED` moments after `after` up to `until`, without walking through all before them.

    A schedule of every minute that slept for a year has half a million.
    """
    window = timedelta(hours=12)
    while True:
        start = max(after, until - window)
        found = list(islice(moments(trigger, after=start, until=until), 2 * MOST_MISSED))
        if start == after or len(found) >= MOST_MISSED:
            return found[-MOST_MISSED:] if len(found) < 2 * MOST_MISSED else _last(trigger, start, until)
        window *= 2


def _last(trigger: Trigger, start: datetime, until: datetime) -> list[datetime]:
    return list(deque(moments(trigger, after=start, until=until), maxlen=MOST_MISSED))
