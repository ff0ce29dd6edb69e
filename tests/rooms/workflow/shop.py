"""A shop for the tests of the interpreter: step codes a test chooses, and what they did to the outer world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.builders.authority import authority
from tests.rooms.workflow.test_plan import META
from tests.rooms.workforce.company import COMPANY, HANDOFF
from tiebeam.economics import Economics, Prices
from tiebeam.engine import Engine
from tiebeam.kit import FixedClock
from tiebeam.spec import Effect, EscalationRule, Instrumentation, Recipe, Review, Step, StepKind, StopRule
from tiebeam.store import Store, Unit, read_journal
from tiebeam.workflow.runs import (
    WAKE,
    Deciding,
    Interpreter,
    KeptEvent,
    PlainPresenter,
    Reviewing,
    RunFilter,
    RunRow,
    RunState,
    RunView,
    list_runs,
    run_view,
)
from tiebeam.workflow.steps import Services, StepCall, StepCode, StepRegister, StepResult
from tiebeam.workforce import Workforce

HANDOFFS = {
    "test.any": HANDOFF.model_copy(
        update={"id": "test.any", "context": ("problem",), "ladder": (), "editable": ("a",), "expires_hours": None}
    ),
}
RULES = (EscalationRule(id="anything", when="true", handoff="test.any"),)


def fine(_call: StepCall) -> StepResult:
    return StepResult("done", {"n": 1}, "done", {"proof": 1})


@dataclass
class Shop:
    """An interpreter with step codes a test chooses, and what it did to the outer world."""

    store: Store
    engine: Engine
    clock: FixedClock
    codes: dict[str, StepCode] = field(default_factory=dict[str, StepCode])
    recipes: dict[str, Recipe] = field(default_factory=dict[str, Recipe])
    kept: dict[tuple[str, str], KeptEvent] = field(default_factory=dict[tuple[str, str], KeptEvent])
    calls: list[str] = field(default_factory=list[str])
    ended: list[str] = field(default_factory=list[str])

    def stopped(self, _unit: Unit, row: RunRow) -> None:
        self.ended.append(row.id)

    def __post_init__(self) -> None:
        self.workforce = Workforce(self.store, self.engine, people=lambda: COMPANY, authority=authority())
        self.economics = Economics(self.store, prices=Prices({}, clock=self.clock))
        deciding = Deciding(
            engine=self.engine,
            economics=self.economics,
            cancel_tasks=lambda unit, run_id, reason: self.workforce.cancel_tasks(unit, run_id, reason=reason),
            rates=lambda _intent, _plan: (Decimal(30), "EUR"),
            on_stopped=self.stopped,
        )
        self.workforce.on_decided(deciding)
        self.engine.on_timer(WAKE, lambda unit, timer: self.interpreter().woken(unit, timer))

    def code(self, name: str, run: Callable[[StepCall], StepResult], *, effect: Effect = Effect.PURE) -> None:
        def noted(call: StepCall) -> StepResult:
            self.calls.append(name)
            return run(call)

        self.codes[f"test.{name}"] = StepCode(f"test.{name}", effect, noted, find=lambda _call: {"seen": True})

    def interpreter(self) -> Interpreter:
        services = Services(workspace=Path(), erp=None, payments=None, mail=None, debtor={})
        return Interpreter(
            self.store,
            engine=self.engine,
            economics=self.economics,
            register=StepRegister(self.codes.values()),
            services=lambda: services,
            reviewing=Reviewing(self.workforce, handoffs=lambda: HANDOFFS),
            presenter_of=lambda _intent: PlainPresenter(),
            on_stopped=self.stopped,
            recipe_of=lambda recipe: self.recipes[recipe],
            working_hours=lambda team, start, hours: self.workforce.hours(team).add(start, hours),
            take_kept=lambda _unit, name, key, _schema, _by: self.kept.pop((name, key), None),
        )

    def recipe(self, *steps: Step, stop: tuple[StopRule, ...] = (), **values: Any) -> Recipe:
        return Recipe(
            **{
                "id": "test.intent/recipe",
                "meta": META,
                "intent": "test.intent",
                "title": "A recipe",
                "summary": "For tests",
                "workforce_effect": "None",
                "step": steps,
                "escalation": RULES,
                "stop": stop,
                "instrumentation": Instrumentation(
                    accepted_when="run.state == 'done'",
                    baseline_cost_per_unit=Decimal(9),
                    baseline_minutes_per_unit=Decimal(15),
                    baseline_source="a test",
                    metrics=("n",),
                ),
                **values,
            }
        )

    def start(self, *steps: Step, given: Mapping[str, Any] | None = None, **values: Any) -> str:
        """A new run of a recipe of these steps; its id."""
        return self.begin(self.recipe(*steps, **values), given=given)

    def begin(self, recipe: Recipe, *, given: Mapping[str, Any] | None = None) -> str:
        with self.store.unit() as unit:
            row = self.interpreter().start(
                unit,
                recipe,
                team="payables",
                subject="a case",
                run_input={"subject": "a case", **(given or {})},
                actor="person:ada",
            )
        return row.id

    def advance(self, run_id: str) -> RunView:
        self.interpreter().advance(run_id)
        return self.view(run_id)

    def view(self, run_id: str) -> RunView:
        with self.store.read() as conn:
            return run_view(conn, run_id)

    def all_on(self) -> None:
        """Carry every run on until none goes any further, as workers would."""
        while True:
            before = self.numbers()
            for run_id in [run_id for run_id, state, *_ in before if not RunState(state).is_final]:
                self.interpreter().advance(run_id)
            if self.numbers() == before:
                return

    def numbers(self) -> list[tuple[Any, ...]]:
        """Where every run stands."""
        with self.store.read() as conn:
            items = list_runs(conn, RunFilter(sort="started_at"), size=500).items
            steps = {
                item.id: [(one.step_id, one.state.value) for one in run_view(conn, item.id).steps] for item in items
            }
        return [(item.id, item.state.value, steps[item.id]) for item in items]

    def later(self, run_id: str, **parts: float) -> RunView:
        """Let time pass, fire what is due, and carry the run on."""
        self.clock.advance(**parts)
        self.engine.sweep()
        return self.advance(run_id)

    def send(self, name: str, key: str, payload: Mapping[str, Any], *, event_id: str = "event_1") -> list[bool]:
        """Hand an event to everything that waits for it."""
        with self.store.unit() as unit:
            waits = self.interpreter().event_waits(unit.conn, name, key)
            return [
                self.interpreter().event_arrived(unit, wait, payload=payload, event_id=event_id, actor="system:test")
                for wait in waits
            ]

    def tasks(self, run_id: str) -> list[Any]:
        with self.store.read() as conn:
            return list(self.workforce.tasks(conn, run_id=run_id, state="active").rows)

    def decide(self, run_id: str, verb: str, *, by: str = "ada", step: str | None = None) -> RunView:
        """Decide the one open task of a run, or that of an instance."""
        (task,) = [task for task in self.tasks(run_id) if step in (None, task.step_id)]
        self.workforce.decide(self.workforce.principal(by), task.id, verb=verb)
        return self.advance(run_id)

    def kinds(self, run_id: str) -> list[str]:
        with self.store.read() as conn:
            return [entry.kind for entry in read_journal(conn, f"run:{run_id}")]


def review(step_id: str, **values: Any) -> Step:
    given = {name: values.pop(name) for name in ("after", "inside", "join", "when") if name in values}
    return Step(
        id=step_id,
        title=step_id,
        kind=StepKind.REVIEW,
        pattern="orchestration",
        review=Review(handoff="test.any", **values),
        **given,
    )


def part(step_id: str, kind: StepKind, **values: Any) -> Step:
    """A step of a kind that runs no code."""
    return Step(id=step_id, title=step_id, kind=kind, pattern="orchestration", **values)


def states(view: RunView) -> dict[str, str]:
    """{instance: where it stands}."""
    return {item.step_id: item.state.value for item in view.steps}


def outcomes(view: RunView) -> dict[str, str | None]:
    return {item.step_id: item.outcome for item in view.steps}


def output(view: RunView, instance: str) -> Mapping[str, Any]:
    return next(item.output for item in view.steps if item.step_id == instance)
