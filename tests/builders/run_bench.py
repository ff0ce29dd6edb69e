"""The real interpreter over a real database, driven one segment at a time, and killed wherever a test says."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.builders.authority import authority
from tests.builders.run_recipes import HANDOFF, INPUT, Drawn, code_name
from tests.builders.run_world import World
from tests.rooms.workforce.company import COMPANY
from tests.rooms.workforce.company import HANDOFF as ANY_HANDOFF
from tiebeam.economics import Economics, Prices
from tiebeam.engine import Engine, Enqueued, Segment, Timer
from tiebeam.kit import FixedClock, Ids
from tiebeam.spec import Effect
from tiebeam.store import Store, Unit
from tiebeam.workflow.runs import Deciding, Interpreter, PlainPresenter, Reviewing, RunState, RunView, run_view
from tiebeam.workflow.steps import (
    EffectUnclear,
    Services,
    StepBusy,
    StepCall,
    StepCode,
    StepFailed,
    StepRegister,
    StepResult,
)
from tiebeam.workforce import Workforce

_MOST_SEGMENTS = 300
_KINDS = ("run", "child")


class Killed(BaseException):
    """The process ends here: no handler of the product may catch this, and nothing more is committed."""


class MortalStore(Store):
    """A store whose process dies at the boundary it is armed for: before, within or after a unit, or in a call."""

    def __init__(self, url: str, *, clock: FixedClock, ids: Ids) -> None:
        super().__init__(url, clock=clock, ids=ids)
        self._left: int | None = None
        self._dead = False
        self.deaths = 0

    def arm(self, boundary: int | None) -> None:
        """Die at the so-many-th boundary from now; None is never."""
        self._left = boundary

    def revive(self) -> None:
        self._left, self._dead = None, False

    def boundary(self) -> None:
        if self._dead:
            raise Killed
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._dead = True
            self.deaths += 1
            raise Killed

    @contextmanager
    def unit(self) -> Generator[Unit]:
        self.boundary()
        with super().unit() as unit:
            yield unit
            self.boundary()
        self.boundary()


class HandCranked(Engine):
    """An engine whose segments wait in a list until `crank`; they are in it once the unit that asked is committed."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.waiting: dict[tuple[str, str, int], None] = {}

    def enqueue(self, unit: Unit, *, kind: str, key: str, seq: int, **_more: Any) -> None:
        unit.after_commit(lambda: self.waiting.setdefault((kind, key, seq)))

    def enqueue_many(self, unit: Unit, segments: Sequence[Enqueued]) -> None:
        for one in segments:
            self.enqueue(unit, kind=one.kind, key=one.key, seq=one.seq)

    def finish(self, unit: Unit, segment: Segment) -> None:
        unit.after_commit(lambda: self.waiting.pop((segment.kind, segment.key, segment.seq), None))

    def carried(self, work: Callable[..., Any]) -> Callable[..., Any]:
        return work


class Bench:
    """One run of a drawn recipe. Decisions, events and time reach it as they do in the product."""

    def __init__(self, store: MortalStore, clock: FixedClock, drawn: Drawn) -> None:
        self.store, self.clock, self.drawn = store, clock, drawn
        self.world = World(dict(drawn.faults))
        self.engine = HandCranked(store)
        self.workforce = Workforce(store, self.engine, people=lambda: COMPANY, authority=authority())
        self.economics = Economics(store, prices=Prices({}, clock=clock))
        self.events = 0
        with store.unit() as unit:
            unit.conn.execute(sa.text("create table if not exists probe (instance varchar(200) not null)"))
        deciding = Deciding(
            engine=self.engine,
            economics=self.economics,
            cancel_tasks=lambda unit, run_id, reason: self.workforce.cancel_tasks(unit, run_id, reason=reason),
            rates=lambda _intent, _plan: (Decimal(30), "EUR"),
            on_stopped=lambda _unit, _row: None,
        )
        self.workforce.on_decided(deciding)
        self.interpreter = self._interpreter()
        self.engine.on_timer("run.wake", self._woken)
        with store.unit() as unit:
            row = self.interpreter.start(
                unit, drawn.main, team="payables", subject="a case", run_input=INPUT, actor="person:ada"
            )
        self.run_id = row.id

    def _woken(self, unit: Unit, timer: Timer) -> None:
        self.interpreter.woken(unit, timer)

    def _interpreter(self) -> Interpreter:
        """Made anew after each death: nothing it remembers may be needed."""
        services = Services(workspace=Path(), erp=None, payments=None, mail=None, debtor={})
        handoff = ANY_HANDOFF.model_copy(
            update={"id": HANDOFF, "context": ("problem",), "ladder": (), "expires_hours": None, "editable": ()}
        )
        codes = [
            *(StepCode(code_name(effect), effect, self._code(effect)) for effect in Effect),
            *(StepCode(f"test.undo-{one.value}", one, self._code(one)) for one in (Effect.DB, Effect.IDEMPOTENT)),
        ]
        recipes = {one.id: one for one in (self.drawn.main, self.drawn.child)}
        return Interpreter(
            self.store,
            engine=self.engine,
            economics=self.economics,
            register=StepRegister(codes),
            services=lambda: services,
            reviewing=Reviewing(self.workforce, handoffs=lambda: {HANDOFF: handoff}),
            presenter_of=lambda _intent: PlainPresenter(),
            on_stopped=lambda _unit, _row: None,
            recipe_of=recipes.__getitem__,
        )

    def _code(self, effect: Effect) -> Callable[[StepCall], StepResult]:
        is_outside = effect in {Effect.IDEMPOTENT, Effect.AT_MOST_ONCE}

        def run(call: StepCall) -> StepResult:
            name = call.step_id.removesuffix("~undo")
            step_id, _, indices = name.rstrip("]").partition("[")
            undoes = call.step_id.endswith("~undo")
            fault = self.world.faults.get(f"{step_id}~undo" if undoes else step_id)
            if fault == "broken":
                raise StepFailed("it is out of order")
            if fault == "busy":
                raise StepBusy("it is busy")
            if call.unit is not None:
                call.unit.conn.execute(sa.text("insert into probe values (:name)"), {"name": call.key})
            if is_outside:
                self.world.take_place(call.key, effect)
                self.store.boundary()
            if fault == "unclear":
                raise EffectUnclear("the line broke")
            where = tuple(int(part) for part in indices.split(".") if part)
            outcome = "ok" if undoes else self.world.outcome(step_id, where)
            return StepResult(outcome, {"n": 1}, "done", {} if fault == "forgetful" else {"proof": 1})

        return run

    # What a test does to it

    def crank(self, death: int | None) -> set[tuple[str, str]]:
        """Run segments until none is left, dying once at that boundary.

        Gives (run, instance) of calls that were out when the process died.
        """
        lost: set[tuple[str, str]] = set()
        self.store.arm(death)
        for _ in range(_MOST_SEGMENTS):
            if not self.engine.waiting:
                self.store.revive()
                return lost
            kind, key, seq = next(iter(self.engine.waiting))
            segment = Segment(kind, key, seq, self.engine)
            try:
                if kind == "run":
                    self.interpreter.run_segment(segment)
                elif kind == "child":
                    self.interpreter.child_ended(segment)
                self.engine.waiting.pop((kind, key, seq), None)
            except Killed:
                self.store.revive()
                self.interpreter = self._interpreter()
                lost |= self._calls_out()
        raise AssertionError(f"the run never comes to rest: {list(self.engine.waiting)[:5]}")

    def _calls_out(self) -> set[tuple[str, str]]:
        query = "select run_id, step_id from engine_effect where state = 'intent' and mode = 'at_most_once'"
        with self.store.read() as conn:
            return {(row.run_id, row.step_id) for row in conn.execute(sa.text(query))}

    def decide(self, run_id: str, instance: str, verb: str) -> None:
        with self.store.read() as conn:
            tasks = self.workforce.tasks(conn, run_id=run_id, state="active").rows
            steps = {step.task_id: step.step_id for step in run_view(conn, run_id).steps}
        task = next(task for task in tasks if steps.get(task.id) == instance)
        self.workforce.decide(self.workforce.principal("ada"), task.id, verb=verb)

    def send(self, name: str, key: str) -> int:
        """An event; gives how many steps took it."""
        self.events += 1
        with self.store.unit() as unit:
            waits = self.interpreter.event_waits(unit.conn, name, key)
            taken = [
                self.interpreter.event_arrived(
                    unit, wait, payload={}, event_id=f"event-{self.events}", actor="service:test"
                )
                for wait in waits
            ]
        return sum(taken)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds + 0.001)
        while self.engine.sweep(self.clock.now()):
            pass

    def pause(self) -> None:
        with self.store.unit() as unit:
            self.interpreter.pause(unit, self.run_id, actor="person:ada", reason="a test")

    def resume(self) -> None:
        with self.store.unit() as unit:
            self.interpreter.resume(unit, self.run_id, actor="person:ada", reason="a test")

    def cancel(self) -> None:
        with self.store.unit() as unit:
            self.interpreter.abort(unit, self.run_id, actor="person:ada", reason="a test", final=RunState.CANCELLED)

    # What can be seen of it

    def view(self, run_id: str) -> RunView:
        with self.store.read() as conn:
            return run_view(conn, run_id)

    def children(self, run_id: str) -> dict[str, str]:
        """{instance: the newest run it started}."""
        query = "select parent_step, id from run where parent_run_id = :run order by started_at, id"
        with self.store.read() as conn:
            return {row.parent_step: row.id for row in conn.execute(sa.text(query), {"run": run_id})}

    def written(self) -> dict[str, int]:
        """How often each `db` step's own row stands in the database, by its key."""
        with self.store.read() as conn:
            rows = conn.execute(sa.text("select instance, count(*) as n from probe group by instance"))
            return {row.instance: row.n for row in rows}

    def open_timers(self) -> int:
        with self.store.read() as conn:
            query = "select count(*) from engine_timer where state = 'pending' and action = 'run.wake'"
            return int(conn.execute(sa.text(query)).scalar_one())
