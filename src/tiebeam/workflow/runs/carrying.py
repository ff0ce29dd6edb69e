"""One segment of a run: unit after unit, each with what came back from outside and what can be done then."""

from __future__ import annotations

import time

from tiebeam.engine import Segment
from tiebeam.store import DatabaseTrouble, Unit
from tiebeam.workflow.runs.calling import Flight, Landed, Recording
from tiebeam.workflow.runs.closing import Ending
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.rows import in_state, load_run, seq_of
from tiebeam.workflow.runs.states import PARKED, RunState
from tiebeam.workflow.runs.steering import enqueue, take_up
from tiebeam.workflow.runs.undoing import Undoing
from tiebeam.workflow.runs.walking import Walking
from tiebeam.workflow.runs.work import Work

SEGMENT_SECONDS = 30
SEGMENT_STEPS = 200
"""A segment that has done so much leaves the rest to the next one: others have their turn, and commits stay small."""
TROUBLE_SECONDS = 30.0
"""How long an answer from outside waits for a database that is away: a call may be made once only."""
DIRECT = "direct"
"""Who calls outside when no segment does."""


class Carrying:
    def __init__(self, means: Means, ending: Ending) -> None:
        self._means = means
        walking = Walking(means, ending)
        undoing = Undoing(means, ending, walking)
        self._walking = walking
        self._undoing = undoing
        self._recording = Recording(means, ending, walking, undoing)

    def walk(self, work: Work) -> None:
        """Do what can be done now. What runs wait for, and calls outside, are left."""
        if work.state.is_final or work.state is RunState.PAUSED:
            return
        if work.ends_as is None:
            if work.state is not RunState.RUNNING:
                work.changes |= in_state(work.unit, RunState.RUNNING)
            self._walking.walk(work)
        if work.ends_as is not None:
            self._undoing.walk(work)

    def segment(self, run_id: str, segment: Segment | None) -> None:
        """Carry a run on as far as it goes now, as this segment, or as nobody's."""
        token = DIRECT if segment is None else f"{segment.kind}:{segment.key}:{segment.seq}"
        _Trip(self, self._means, self._recording, run_id, segment, token).go()


class _Trip:
    """A segment under way. Its calls outside are its own: another segment of the run only tells it to look again."""

    def __init__(
        self, carrying: Carrying, means: Means, recording: Recording, run_id: str, segment: Segment | None, token: str
    ) -> None:
        self._carrying = carrying
        self._means = means
        self._recording = recording
        self._run_id = run_id
        self._segment = segment
        self._token = token
        self._flight = Flight(means, moved_on=self._moved_on)
        self._until = time.monotonic() + SEGMENT_SECONDS
        self._left = SEGMENT_STEPS
        self._work: Work | None = None
        self._error: BaseException | None = None

    def go(self) -> None:
        landed: Landed | None = None
        while True:
            work = self._through_trouble(landed)
            if work is None:
                break
            self._flight.leave(work.calls, alone=not any(s.phase in PARKED for s in work.states.values()))
            if not self._flight.instances:
                break
            landed = self._next()
            if self._error is not None and landed is None:
                break
        if self._error is not None:
            raise self._error

    def _next(self) -> Landed | None:
        """What came back. After an error of a step's own code, what else is out is still taken in."""
        while True:
            landed = self._flight.next()
            if landed is None or landed.error is None:
                return landed
            self._error = self._error or landed.error
            if not self._flight.instances:
                return None

    def _through_trouble(self, landed: Landed | None) -> Work | None:
        """`_unit`, made again while the database is in trouble and there is an answer that nobody else has."""
        until, pause = time.monotonic() + TROUBLE_SECONDS, 0.1
        while True:
            try:
                return self._unit(landed)
            except DatabaseTrouble:
                if landed is None or time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _unit(self, landed: Landed | None) -> Work | None:
        """One unit: what came back is recorded, and all that can be done then is done. None when others carry it."""
        known, self._work = self._work, None
        with self._means.store.unit() as unit:
            work = self._take_up(unit, known)
            if work.row.held_by not in (None, self._token):
                # Whoever holds it looks at the number, and does what has become possible.
                work.take_seq()
                work.flush(self._means.economics)
                self._finish(unit)
                return None
            work.token, work.left = self._token, self._left
            work.under_way.clear()
            work.under_way |= self._flight.instances
            if landed is not None:
                self._recording.record(work, landed)
            if not self._is_over:
                self._carrying.walk(work)
            self._write(work)
        self._work, self._left = work, work.left or 0
        return work

    @property
    def _is_over(self) -> bool:
        return self._error is not None or time.monotonic() > self._until

    def _take_up(self, unit: Unit, known: Work | None) -> Work:
        """The run as it stands. Its steps are read again only when somebody else has changed them."""
        if known is not None:
            row = load_run(unit.conn, self._run_id, for_update=True)
            if row.seq == known.row.seq:
                return known.again(unit, row)
        return take_up(self._means, unit, self._run_id)

    def _write(self, work: Work) -> None:
        if work.calls or self._flight.instances:
            if work.row.held_by != self._token:
                work.changes["held_by"] = self._token
            work.flush(self._means.economics)
            return
        if self._error is not None:
            work.flush(self._means.economics)
            return
        if work.row.held_by is not None:
            work.changes["held_by"] = None
        stays = work.state.is_final or work.state is RunState.PAUSED
        if (work.has_more or self._is_over) and not stays:
            enqueue(self._means.engine, work)
        work.book_time()
        work.flush(self._means.economics)
        self._finish(work.unit)

    def _finish(self, unit: Unit) -> None:
        if self._segment is not None:
            self._segment.finish(unit)

    def _moved_on(self) -> bool:
        known = self._work
        try:
            with self._means.store.read() as conn:
                return known is not None and seq_of(conn, self._run_id) != known.row.seq
        except DatabaseTrouble:
            # Whoever moves it on needs the database, too.
            return False
