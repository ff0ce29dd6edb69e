"""Work for the runtime: step codes of every effect, recipes of them, and a workspace whose runs they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.app import App, open_app
from tiebeam.economics import EntryKind, LedgerEntry
from tiebeam.graph import init_workspace
from tiebeam.kit import Clock
from tiebeam.spec import Effect, Recipe
from tiebeam.store import Unit
from tiebeam.workflow.steps import StepCall, StepCode, StepResult

Heard = Callable[[StepCall], None]
INTENT, TEAM = "finance.invoice-processing-matching", "accounts-payable"
ACTOR = "system:benchmark"
EFFECTS = {"p": Effect.PURE, "d": Effect.DB, "i": Effect.IDEMPOTENT, "a": Effect.AT_MOST_ONCE}
LINES = {
    "one": "d",
    "five-db": "ddddd",
    "five": "iiiii",
    "twelve": "ppippippippi",
    "asks": "drd",
    "asks-long": "pdrdp",
    "mixed": "pdiadp",
}
"""Recipes by name, a letter a step: pure, db, idempotent, at most once, r asks a person."""


class Receiver:
    """The world outside: a file that takes down every call it gets, in one write each."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def call(self, key: str) -> None:
        if self._path is None:
            return
        handle = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        os.write(handle, f"{key}\n".encode())
        os.close(handle)


def _given() -> dict[str, Any]:
    return {"value": 1, "text": "x" * 40}


def _charge(call: StepCall) -> LedgerEntry:
    """A call outside costs something, and the ledger says so."""
    return LedgerEntry(
        kind=EntryKind.CHARGE,
        run_id=call.run.id,
        step_id=call.step_id,
        intent=call.run.intent,
        recipe=call.run.recipe,
        team=call.run.team,
        person=None,
        model=None,
        quantity=Decimal(1),
        usd_nano=None,
        amount=Decimal("0.01"),
        currency="EUR",
        at=call.now,
        key=f"{call.key}:charge",
    )


def _counted(call: StepCall) -> StepResult:
    return StepResult("done", _given(), "counted one")


def _written(call: StepCall) -> StepResult:
    """Leaves a row of its own, without a constraint: written twice it would be there twice."""
    assert call.unit is not None
    call.unit.conn.execute(sa.text("INSERT INTO bench_written (key) VALUES (:key)"), {"key": call.key})
    return _counted(call)


def step_codes(
    receiver: Receiver, *, before: Heard | None = None, after: Heard | None = None, writes: bool = False
) -> list[StepCode]:
    """`before` hears of every step that begins, `after` of every call outside that was made and is not confirmed yet;
    with `writes` steps with the effect `db` leave a row each.
    """

    def run(letter: str) -> Callable[[StepCall], StepResult]:
        def work(call: StepCall) -> StepResult:
            if before is not None:
                before(call)
            if letter == "d" and writes:
                return _written(call)
            if letter in "pd":
                return _counted(call)
            receiver.call(call.key)
            if after is not None:
                after(call)
            return StepResult("done", _given(), "called outside", entries=(_charge(call),))

        return work

    return [
        StepCode(
            f"bench.{letter}",
            effect,
            run(letter),
            request=(lambda _call: {"value": 1}) if letter in "ia" else None,
        )
        for letter, effect in EFFECTS.items()
    ]


def recipe_of(name: str) -> Recipe:
    """A recipe of `LINES`, its steps one after the other; a person is asked by `finance.step-problem`."""
    steps: list[dict[str, Any]] = []
    for place, letter in enumerate(LINES[name], start=1):
        step: dict[str, Any] = {"id": f"s{place}", "title": f"Step {place}", "pattern": "orchestration"}
        step["after"] = [f"s{place - 1}"] if place > 1 else []
        if letter == "r":
            step |= {"kind": "review", "review": {"handoff": "finance.step-problem"}}
        else:
            step |= {"uses": f"bench.{letter}", "effect": EFFECTS[letter].value}
        steps.append(step)
    return Recipe.model_validate(
        {
            "id": f"{INTENT}/bench-{name}",
            "meta": {"version": 1, "since": "2026-11-21", "reviewed": "2026-11-21"},
            "intent": INTENT,
            "title": f"Benchmark {name}",
            "summary": "Steps that do next to nothing",
            "workforce_effect": "none",
            "step": steps,
            "escalation": [
                {"id": "unsure", "when": "problem.kind == 'ambiguous_effect'", "handoff": "finance.effect-uncertain"},
                {"id": "anything", "when": "true", "handoff": "finance.step-problem"},
            ],
            "instrumentation": {
                "accepted_when": "run.state == 'done'",
                "baseline_cost_per_unit": 9,
                "baseline_minutes_per_unit": 15,
                "baseline_source": "a benchmark",
                "metrics": ["n"],
            },
        }
    )


def open_bench(  # every fault of a test is one argument
    folder: Path,
    url: str,
    *,
    clock: Clock | None = None,
    receiver: Path | None = None,
    before: Heard | None = None,
    after: Heard | None = None,
    heartbeat_timeout: float = 15.0,
) -> App:
    """The workspace at `folder`, made when it is not there yet, with the steps of `LINES`."""
    if not folder.exists():
        init_workspace(folder, example="empty")
    # Only where effects are counted: elsewhere a step should cost what the runtime costs.
    codes = step_codes(Receiver(receiver), before=before, after=after, writes=receiver is not None)
    app = open_app(folder, url=url, clock=clock, codes=codes, heartbeat_timeout=heartbeat_timeout)
    if receiver is not None:
        with app.store.unit() as unit:
            unit.conn.execute(sa.text("CREATE TABLE IF NOT EXISTS bench_written (key TEXT NOT NULL)"))
    return app


def begin(app: App, unit: Unit, recipe: Recipe, *, team: str = TEAM) -> str:
    """Start one run in the caller's unit; its id."""
    row = app.interpreter.start(
        unit,
        recipe,
        team=team,
        subject="a case",
        run_input={"subject": "a case", "currency_of_costs": "EUR"},
        actor=ACTOR,
    )
    return row.id


def begin_many(app: App, recipe: Recipe, runs: int, *, team: str = TEAM, in_one: int = 1) -> list[str]:
    """Start runs, so many in one unit of work."""
    found: list[str] = []
    while len(found) < runs:
        with app.store.unit() as unit:
            found += [begin(app, unit, recipe, team=team) for _ in range(min(in_one, runs - len(found)))]
    return found
