"""A recipe with every kind of step, and a run of it that stands in the middle, for pictures."""

# ruff: noqa: E501 - one step a line reads as the recipe it is
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tiebeam.spec import (
    Effect,
    EventUse,
    Hours,
    Join,
    LoopUse,
    MapUse,
    Meta,
    Recipe,
    RecipeUse,
    Step,
    StepKind,
    TimerUse,
    Undo,
)
from tiebeam.workflow.runs import RunStepView, StepPhase

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))


def _step(step_id: str, title: str, kind: StepKind = StepKind.CODE, **values: Any) -> Step:
    return Step.model_validate(
        {"id": step_id, "title": title, "pattern": "matching", "kind": kind, "uses": "x.y" if kind == "code" else None}
        | values
    )


ORDER = Recipe(
    id="sales.orders/by-line",
    meta=META,
    intent="sales.orders",
    title="Orders line by line",
    summary="Every kind of step.",
    workforce_effect="None.",
    step=(
        _step("read", "Read the order"),
        _step("lines", "Each line of the order", StepKind.MAP, after=("read",), map=MapUse(over="input.lines", at_once=4)),
        _step("check", "Check price and stock", inside="lines"),
        _step("settle", "Settle the line", StepKind.REVIEW, inside="lines", after=("check",), when="steps.check.outcome == 'differs'"),
        _step("credit", "Ask the credit bureau", after=("read",), effect=Effect.IDEMPOTENT, evidence=("report",)),
        _step("terms", "Until both agree on terms", StepKind.LOOP, after=("read",), loop=LoopUse(until="steps.reply.outcome == 'agreed'", most=5)),
        _step("offer", "Make an offer", inside="terms"),
        _step("reply", "Hear the reply", StepKind.EVENT, inside="terms", after=("offer",), event=EventUse(name="customer.replied", key="run.id")),
        _step("release", "Release the order", StepKind.REVIEW, after=("lines", "credit", "terms")),
        _step("ship", "Ship by the recipe for parcels", StepKind.RECIPE, after=("release",), recipe=RecipeUse(id="sales.parcels/plain")),
        _step("cool", "Two days to change it", StepKind.TIMER, after=("release",), timer=TimerUse(after_hours=Decimal(16), hours=Hours.WORKING)),
        _step("bill", "Send the invoice", after=("ship", "cool"), join=Join.ANY, effect=Effect.AT_MOST_ONCE, evidence=("mail",), undo=Undo(uses="x.z")),
    ),
)  # fmt: skip


def view(instance: str, phase: StepPhase, outcome: str = "", **output: Any) -> RunStepView:
    return RunStepView(
        step_id=instance,
        state=phase,
        outcome=outcome or None,
        summary=None,
        output=output,
        evidence={},
        task_id=None,
        position=0,
        started_at=NOW,
        ended_at=None,
    )


HALFWAY = (
    view("read", StepPhase.DONE, "read"),
    view("lines", StepPhase.OPEN, over=[1, 2, 3]),
    view("check[0]", StepPhase.DONE, "fits"),
    view("check[1]", StepPhase.DONE, "differs"),
    view("check[2]", StepPhase.DONE, "fits"),
    view("settle[0]", StepPhase.SKIPPED, "skipped"),
    view("settle[1]", StepPhase.WAITING),
    view("settle[2]", StepPhase.SKIPPED, "skipped"),
    view("credit", StepPhase.RETRYING, "step_busy"),
    view("terms", StepPhase.OPEN, turn=1),
    view("offer[0]", StepPhase.DONE, "made"),
    view("reply[0]", StepPhase.DONE, "arrived"),
    view("offer[1]", StepPhase.PROBLEM, "step_failed"),
)
