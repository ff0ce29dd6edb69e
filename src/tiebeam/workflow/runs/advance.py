"""The interpreter: carries a run from where it stands to its next wait, its next call outside, or its end.

Steps that only compute or write our own rows share one unit of work; it is committed before anything outside is called.
A run that is interrupted anywhere goes on from its rows: what is finished is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tiebeam.economics import Economics
from tiebeam.engine import Engine, Segment
from tiebeam.spec import Recipe
from tiebeam.store import Store, Unit
from tiebeam.workflow.runs.carrying import Carrying
from tiebeam.workflow.runs.closing import Ending
from tiebeam.workflow.runs.instances import parts_of
from tiebeam.workflow.runs.means import (
    Means,
    Plans,
    TakeKept,
    WorkingHours,
    no_other_recipes,
    nothing_kept,
    on_the_clock,
)
from tiebeam.workflow.runs.presenting import Presenter
from tiebeam.workflow.runs.reviewing import Reviewing
from tiebeam.workflow.runs.rows import RunRow, StepRow, change_run, load_run, take_seq
from tiebeam.workflow.runs.starting import Parent, begin_run, pins_of, set_deadline
from tiebeam.workflow.runs.states import StepPhase
from tiebeam.workflow.runs.steering import Steering, take_up
from tiebeam.workflow.runs.work import CallOutside, Work
from tiebeam.workflow.steps import Services, StepRegister


class Interpreter:
    """`recipe_of`, `working_hours` and `take_kept` are what sub-recipes, business hours and early events need."""

    def __init__(
        self,
        store: Store,
        *,
        engine: Engine,
        economics: Economics,
        register: StepRegister,
        services: Callable[[], Services],
        reviewing: Reviewing,
        presenter_of: Callable[[str], Presenter],
        on_stopped: Callable[[Unit, RunRow], None],
        recipe_of: Callable[[str], Recipe] = no_other_recipes,
        working_hours: WorkingHours = on_the_clock,
        take_kept: TakeKept = nothing_kept,
    ) -> None:
        self._store = store
        self._means = Means(
            store=store,
            engine=engine,
            economics=economics,
            register=register,
            services=services,
            reviewing=reviewing,
            presenter_of=presenter_of,
            on_stopped=on_stopped,
            recipe_of=recipe_of,
            working_hours=working_hours,
            take_kept=take_kept,
            plans=Plans(),
        )
        self._ending = Ending(
            engine=engine,
            economics=economics,
            plans=self._means.plans,
            cancel_tasks=lambda unit, run_id, reason, steps: reviewing.cancel(unit, run_id, reason=reason, steps=steps),
            on_stopped=on_stopped,
        )
        self._carrying = Carrying(self._means, self._ending)
        self._steering = Steering(self._means, self._ending)
        self.woken = self._steering.woken
        self.event_waits = self._steering.event_waits
        self.event_arrived = self._steering.event_arrived
        self.pause = self._steering.pause
        self.resume = self._steering.resume
        self.abort = self._steering.abort
        self.withdraw = self._steering.withdraw
        self.rewind = self._steering.rewind

    def run_segment(self, segment: Segment) -> None:
        """The engine's handler for kind `run`."""
        self._go(segment.key, segment)

    def child_ended(self, segment: Segment) -> None:
        """The engine's handler for kind `child`: the run that waited for this one goes on.

        In a segment of its own kind, so that what becomes of it is seen and settled as with every other.
        """
        with self._store.unit() as unit:
            parent = load_run(unit.conn, segment.key).parent_run_id
            if parent is not None:
                row = load_run(unit.conn, parent, for_update=True)
                priority = self._means.plans.of(unit.conn, row.recipe_hash).recipe.limits.priority
                seq = take_seq(unit, parent)
                self._means.engine.enqueue(
                    unit, kind="run", key=parent, seq=seq, queue="work", team=row.team, priority=priority
                )
            segment.finish(unit)

    def advance(self, run_id: str) -> None:
        """Carry the run on as far as it goes now."""
        self._go(run_id, None)

    def start(
        self,
        unit: Unit,
        recipe: Recipe,
        *,
        team: str,
        subject: str,
        run_input: Mapping[str, Any],
        actor: str,
        parent: Parent | None = None,
        document_id: str | None = None,
        batch_id: str | None = None,
        trigger: str | None = None,
        key: str | None = None,
    ) -> RunRow:
        """A new run of this version of the recipe, with its first segment. Raises RecipeCircle and NotFound.

        `key` is that of a stateful trigger: a second open run of the same recipe, trigger and key is refused by the
        database.
        """
        return begin_run(
            self._means,
            unit,
            recipe,
            team=team,
            subject=subject,
            run_input=run_input,
            actor=actor,
            parent=parent,
            document_id=document_id,
            batch_id=batch_id,
            trigger=trigger,
            key=key,
        )

    def pins_of(self, unit: Unit, recipe: Recipe) -> dict[str, str]:
        """{recipe: hash} of the recipes this one may run, as they are applied now. Raises RecipeCircle and NotFound."""
        return pins_of(self._means, unit, recipe)

    def set_deadline(self, unit: Unit, run_id: str, recipe: Recipe) -> None:
        """Count a run's deadline anew from its start, by another version of its recipe."""
        row = load_run(unit.conn, run_id, for_update=True)
        if row.deadline_wait is not None:
            self._means.engine.close_wait(unit, row.deadline_wait, outcome="moved")
        at, wait_id = set_deadline(self._means, unit, run_id, recipe.limits, team=row.team, started_at=row.started_at)
        change_run(unit, run_id, deadline_at=at, deadline_wait=wait_id)

    def continue_later(self, unit: Unit, run_id: str) -> None:
        """Enqueue the rest of the run, for when the caller must not wait for the outer world."""
        row = load_run(unit.conn, run_id)
        seq = take_seq(unit, run_id)
        self._means.engine.enqueue(unit, kind="run", key=run_id, seq=seq, queue="effects", team=row.team)

    def work(self, unit: Unit, run_id: str) -> tuple[CallOutside, ...]:
        """Do every step that needs nothing from outside, in the caller's unit; returns the calls that are left."""
        return self.carry_on(self.take_up(unit, run_id))

    def take_up(self, unit: Unit, run_id: str) -> Work:
        """The run as it stands; on PostgreSQL its row is locked until the unit ends. Raises NotFound."""
        return take_up(self._means, unit, run_id)

    def carry_on(self, work: Work) -> tuple[CallOutside, ...]:
        """`work` with a run in hand; what the caller added to it is written too."""
        self._carrying.walk(work)
        work.book_time()
        work.flush(self._means.economics)
        return tuple(work.calls)

    def record(
        self,
        unit: Unit,
        run_id: str,
        instance: str,
        *,
        outcome: str,
        output: Mapping[str, Any],
        summary: str | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        """Close an instance as done with a result that is known, whatever it waited for; stop rules are asked."""
        work = self.take_up(unit, run_id)
        if instance in work.states:
            self._ending.withdraw(work, [instance], reason="its result is known")
        row = StepRow(
            step_id=instance,
            phase=StepPhase.DONE,
            outcome=outcome,
            position=work.position_of(instance),
            summary=summary,
            output=output,
            evidence=evidence or {},
        )
        work.keep(row)
        self._ending.stops(work, work.plan.shape.place(*parts_of(instance)))
        work.flush(self._means.economics)

    def _go(self, run_id: str, segment: Segment | None) -> None:
        self._carrying.segment(run_id, segment)
