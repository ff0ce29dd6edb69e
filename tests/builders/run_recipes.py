"""Random recipes of every kind of step, small enough to be carried out hundreds of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tiebeam.spec import (
    AtLimit,
    Effect,
    EscalationRule,
    EventUse,
    Instrumentation,
    Join,
    LoopUse,
    MapUse,
    Meta,
    Recipe,
    RecipeUse,
    Retry,
    Review,
    Step,
    StepKind,
    StopRule,
    TimerUse,
    Undo,
)

META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))
HANDOFF = "test.any"
EVENT = "test.happened"
MAIN, CHILD = "test.intent/main", "test.intent/child"
INPUT: dict[str, Any] = {"subject": "a case", "items": [3, 1, 2], "none": [], "word": "x"}
_KINDS = (
    *[StepKind.CODE] * 6,
    *[StepKind.REVIEW] * 2,
    StepKind.TIMER,
    StepKind.EVENT,
    StepKind.MAP,
    StepKind.LOOP,
    StepKind.RECIPE,
)
_PLAIN = (StepKind.CODE, StepKind.CODE, StepKind.REVIEW, StepKind.TIMER, StepKind.EVENT)


@dataclass
class Plan:
    """What is drawn so far. In an `ordered` recipe nothing lies outside, so what runs first is no matter of luck."""

    draw: st.DrawFn
    is_ordered: bool
    prefix: str
    kinds: Sequence[StepKind] = _KINDS
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    faults: dict[str, str] = field(default_factory=dict[str, str])

    def name(self) -> str:
        return f"{self.prefix}{len(self.steps)}"


def recipe(recipe_id: str, steps: Sequence[Step], *, stop: Sequence[StopRule] = ()) -> Recipe:
    return Recipe(
        id=recipe_id,
        meta=META,
        intent="test.intent",
        title="A recipe",
        summary="Drawn for a test.",
        workforce_effect="None.",
        step=tuple(steps),
        escalation=(EscalationRule(id="anything", when="true", handoff=HANDOFF),),
        stop=tuple(stop),
        instrumentation=Instrumentation(
            accepted_when="run.state == 'done'",
            baseline_cost_per_unit=Decimal(9),
            baseline_minutes_per_unit=Decimal(15),
            baseline_source="a test",
            metrics=("n",),
        ),
    )


def code_name(effect: Effect) -> str:
    return f"test.{effect.value.replace('_', '-')}"


@dataclass(frozen=True, repr=False)
class Drawn:
    """A recipe, the one its steps may run, and which step codes are out of order at first."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        lines = [f"faults={self.faults} ordered={self.is_ordered} stop={[one.when for one in self.main.stop]}"]
        for step in (*self.main.step, *self.child.step):
            said = step.model_dump(mode="json", exclude_defaults=True, exclude={"title", "pattern", "review"})
            lines.append(f"  {said}")
        return "\n".join(lines)

    main: Recipe
    child: Recipe
    faults: dict[str, str]
    is_ordered: bool


@st.composite
def recipes(draw: st.DrawFn) -> Drawn:
    is_ordered = draw(st.booleans())
    inner = Plan(draw, is_ordered, "c", _PLAIN)
    _body(inner, None, most=2, depth=0, seen=[])
    plan = Plan(draw, is_ordered, "s")
    _body(plan, None, most=5, depth=0, seen=[])
    steps = [Step.model_validate(values) for values in plan.steps]
    watched = [step for step in steps if step.inside is None and step.kind is StepKind.CODE]
    stop: list[StopRule] = []
    if is_ordered and watched and draw(st.integers(0, 4)) == 0:
        rule = StopRule(id="enough", when=f"steps.{watched[-1].id}.outcome == 'no'", reason="enough")
        stop.append(rule)
    return Drawn(
        recipe(MAIN, steps, stop=stop),
        recipe(CHILD, [Step.model_validate(values) for values in inner.steps]),
        plan.faults | inner.faults,
        is_ordered,
    )


def _body(plan: Plan, inside: str | None, *, most: int, depth: int, seen: list[str]) -> None:
    """Draw the steps of one body; `seen` are steps outside it that have ended when it begins."""
    mine: dict[str, set[str]] = {}
    for _ in range(plan.draw(st.integers(1, most))):
        after = plan.draw(st.lists(st.sampled_from(sorted(mine)), max_size=2, unique=True)) if mine else []
        before = {one for name in after for one in (name, *mine[name])}
        name = _step(plan, inside, after=after, depth=depth, seen=[*seen, *sorted(before)])
        mine[name] = before
    plain = all(step["kind"] in _PLAIN for step in plan.steps if step["id"] in mine)
    if plan.is_ordered and plain and len(mine) >= 2 and plan.draw(st.booleans()):
        ends = [name for name in mine if not any(name in before for before in mine.values())]
        if len(ends) >= 2:
            values = _values(plan.name(), StepKind.CODE, inside, ends[:2])
            plan.steps.append(values | {"uses": "test.pure", "join": Join.ANY})


def _values(name: str, kind: StepKind, inside: str | None, after: Sequence[str]) -> dict[str, Any]:
    return {"id": name, "title": name, "pattern": "sorting", "kind": kind, "inside": inside, "after": tuple(after)}


def _step(plan: Plan, inside: str | None, *, after: list[str], depth: int, seen: list[str]) -> str:
    draw, name = plan.draw, plan.name()
    kind = draw(st.sampled_from(plan.kinds if depth < 2 else _PLAIN))
    values = _values(name, kind, inside, after)
    plan.steps.append(values)
    if seen and draw(st.integers(0, 3)) == 0:
        values["when"] = draw(_condition(seen))
    match kind:
        case StepKind.CODE:
            values |= _code(plan, name)
        case StepKind.REVIEW:
            values["review"] = Review(handoff=HANDOFF)
        case StepKind.TIMER:
            values["timer"] = TimerUse(after_hours=Decimal(draw(st.integers(1, 3))))
        case StepKind.EVENT:
            late = draw(st.booleans())
            hours = Decimal(draw(st.integers(1, 3))) if late else None
            on_timeout = "late" if late else None
            values["event"] = EventUse(name=EVENT, key=f"'{name}'", timeout_hours=hours, on_timeout=on_timeout)
        case StepKind.MAP:
            over = draw(st.sampled_from(["input.items", "input.items", "input.none", "input.word", "[1, 2]"]))
            values["map"] = MapUse(over=over, at_once=draw(st.integers(1, 3)), most=draw(st.sampled_from([2, 10, 10])))
            _body(plan, name, most=2, depth=depth + 1, seen=seen)
        case StepKind.LOOP:
            # The condition is about a turn's first step, which is known once the body is drawn.
            first = plan.name()
            _body(plan, name, most=2, depth=depth + 1, seen=seen)
            until = draw(
                st.sampled_from([f"steps.{first}.outcome == 'no'", "index == 1", "false", f"steps.{first}.output.lost"])
            )
            limit = draw(st.sampled_from(AtLimit))
            values["loop"] = LoopUse(until=until, most=3, at_limit=limit)
        case StepKind.RECIPE:
            values["recipe"] = RecipeUse(id=CHILD, input={"word": "input.word"})
    return name


@st.composite
def _condition(draw: st.DrawFn, seen: list[str]) -> str:
    name, outcome = draw(st.sampled_from(seen)), draw(st.sampled_from(["ok", "no", "skipped", "approve", "done"]))
    seen_as = f"steps.{name}"
    forms = [f"{seen_as}.outcome == '{outcome}'", f"{seen_as}.outcome != '{outcome}'", f"{seen_as}.output.lost == 1"]
    return draw(st.sampled_from(forms))


def _code(plan: Plan, name: str) -> dict[str, Any]:
    draw = plan.draw
    inside = [Effect.PURE, Effect.DB, Effect.DB]
    effect = draw(st.sampled_from(inside if plan.is_ordered else [*inside, Effect.IDEMPOTENT, Effect.AT_MOST_ONCE]))
    values: dict[str, Any] = {"uses": code_name(effect), "effect": effect, "evidence": ("proof",)}
    fault = draw(st.sampled_from([None, None, None, "broken", "busy", "forgetful", "unclear"]))
    if fault == "unclear" and effect is not Effect.AT_MOST_ONCE:
        fault = None
    if fault is not None:
        plan.faults[name] = fault
    if draw(st.integers(0, 2)) == 0:
        on = ("step_busy",) if effect is Effect.AT_MOST_ONCE or draw(st.booleans()) else ()
        values["retry"] = Retry(times=draw(st.integers(1, 2)), first_seconds=Decimal(10), factor=Decimal(3), on=on)
    if effect is not Effect.PURE and draw(st.booleans()):
        undo = draw(st.sampled_from([Effect.DB] if plan.is_ordered else [Effect.DB, Effect.IDEMPOTENT]))
        values["undo"] = Undo(uses=f"test.undo-{undo.value}", effect=undo)
        if draw(st.integers(0, 4)) == 0:
            plan.faults[f"{name}~undo"] = "broken"
    return values
