"""Pausing, resuming, ending and setting back, and going on after a crash at any boundary, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.rooms.workflow.shop import Shop, fine, outcomes, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.engine import Segment
from tiebeam.spec import Effect, LoopUse, MapUse, Retry, Step, StepKind, TimerUse
from tiebeam.store import Unit
from tiebeam.workflow.runs import NotNow, RunState, RunView
from tiebeam.workflow.steps import StepCall, StepFailed, StepResult


def steer(shop: Shop, verb: str, run_id: str, **values: Any) -> Any:
    with shop.store.unit() as unit:
        return getattr(shop.interpreter(), verb)(unit, run_id, actor="person:ada", **values)


def test_a_paused_run_keeps_what_comes_and_begins_nothing_until_it_is_resumed(shop: Shop) -> None:
    shop.code("end", fine)
    run_id = shop.start(
        review("ok"), part("pause", StepKind.TIMER, timer=TimerUse(after_hours=1)), step("end", after=("ok", "pause"))
    )
    shop.advance(run_id)
    steer(shop, "pause", run_id, reason="the bank is closed")
    shop.decide(run_id, "approve")
    view = shop.later(run_id, hours=2)
    assert (view.item.state, states(view)) == (RunState.PAUSED, {"ok": "done", "pause": "done"})
    steer(shop, "resume", run_id, reason="open again")
    assert shop.advance(run_id).item.state is RunState.DONE


def test_only_what_goes_on_is_paused_and_only_what_is_paused_is_resumed(shop: Shop) -> None:
    shop.code("a", fine)
    run_id = shop.start(step("a"))
    with pytest.raises(NotNow):
        steer(shop, "resume", run_id, reason="?")
    shop.advance(run_id)
    with pytest.raises(NotNow):
        steer(shop, "pause", run_id, reason="?")


def test_a_call_under_way_when_its_run_is_paused_is_recorded(shop: Shop) -> None:
    def pauses(call: StepCall) -> StepResult:
        steer(shop, "pause", call.run.id, reason="wait")
        return fine(call)

    shop.code("a", pauses, effect=Effect.AT_MOST_ONCE)
    shop.code("b", fine)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE), step("b", after=("a",)))
    view = shop.advance(run_id)
    assert (view.item.state, states(view)) == (RunState.PAUSED, {"a": "done"})
    steer(shop, "resume", run_id, reason="go")
    assert shop.advance(run_id).item.state is RunState.DONE
    assert shop.calls == ["a", "b"]


def test_a_run_is_set_back_to_a_step_and_goes_on_from_there(shop: Shop) -> None:
    for name in "abc":
        shop.code(name, fine)
    run_id = shop.start(step("a"), step("b", after=("a",)), step("c", after=("b",)), review("ok", after=("c",)))
    shop.advance(run_id)
    assert steer(shop, "rewind", run_id, instance="b") == ("b", "c", "ok")
    assert shop.tasks(run_id) == []
    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.calls == ["a", "b", "c", "b", "c"]


def test_a_run_that_has_ended_is_set_back_as_well(shop: Shop) -> None:
    shop.code("a", fine)
    run_id = shop.start(step("a"))
    shop.advance(run_id)
    steer(shop, "rewind", run_id, instance="a")
    view = shop.view(run_id)
    assert (view.item.state, view.item.ended_at) == (RunState.QUEUED, None)
    assert shop.advance(run_id).item.state is RunState.DONE


def test_an_item_and_a_turn_are_done_again_alone(shop: Shop) -> None:
    shop.code("one", fine)
    shop.code("turn", fine)
    run_id = shop.start(
        part("each", StepKind.MAP, map=MapUse(over="input.items")),
        step("one", inside="each"),
        part("again", StepKind.LOOP, loop=LoopUse(until="index == 2", most=3), after=("each",)),
        step("turn", inside="again"),
        given={"items": [1, 2, 3]},
    )
    shop.advance(run_id)
    assert steer(shop, "rewind", run_id, instance="turn[1]") == ("turn[1]", "turn[2]")
    assert shop.advance(run_id).item.state is RunState.DONE
    assert shop.calls.count("turn") == 5
    assert "one[1]" in steer(shop, "rewind", run_id, instance="one[1]")
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert (shop.calls.count("one"), shop.calls.count("turn")) == (4, 8)
    with pytest.raises(NotNow):
        steer(shop, "rewind", run_id, instance="one[7]")


class Crash(BaseException):
    """The process dies here."""


def everything() -> list[Step]:
    """A recipe with something of every kind."""
    return [
        step("p"),
        step("d", effect=Effect.DB, after=("p",)),
        step("i", effect=Effect.IDEMPOTENT, after=("d",)),
        step("a", effect=Effect.AT_MOST_ONCE, after=("d",)),
        part("each", StepKind.MAP, map=MapUse(over="input.items"), after=("i",)),
        step("e", inside="each", effect=Effect.IDEMPOTENT),
        part("again", StepKind.LOOP, loop=LoopUse(until="index == 1", most=2), after=("i",)),
        step("t", inside="again", effect=Effect.DB),
        step("f", effect=Effect.IDEMPOTENT, after=("each", "again"), retry=Retry(times=1, first_seconds=0)),
        step("end", after=("f", "a")),
    ]


def codes(shop: Shop) -> None:
    shop.code("p", fine)
    for name in "dt":
        shop.code(name, fine, effect=Effect.DB)
    for name in "ie":
        shop.code(name, fine, effect=Effect.IDEMPOTENT)
    failed = [False]

    def fails_once(call: StepCall) -> StepResult:
        if not failed[0]:
            failed[0] = True
            raise StepFailed("once")
        return fine(call)

    shop.code("f", fails_once, effect=Effect.IDEMPOTENT)
    shop.code("a", fine, effect=Effect.AT_MOST_ONCE)
    shop.code("end", fine)


def carried_with_crashes(shop: Shop, run_id: str, at: int) -> RunView:
    """Carry a run on; the process dies right after its `at`-th commit, and then nobody dies any more."""
    left = [at]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    unit_of = shop.store.unit

    @contextmanager
    def dying() -> Iterator[Unit]:
        with unit_of() as unit:
            yield unit
        die()

    shop.store.unit = dying  # type: ignore[method-assign]
    try:
        with suppress(Crash):
            shop.advance(run_id)
    finally:
        shop.store.unit = unit_of  # type: ignore[method-assign]
    shop.all_on()
    return shop.view(run_id)


# ids: WF-15
@pytest.mark.parametrize("at", range(1, 14))
def test_a_crash_after_any_commit_loses_nothing_and_repeats_only_what_may_be_repeated(shop: Shop, at: int) -> None:
    codes(shop)
    run_id = shop.start(*everything(), given={"items": [1, 2]})
    view = carried_with_crashes(shop, run_id, at)
    if outcomes(view).get("a") == "ambiguous_effect":
        assert shop.calls.count("a") <= 1
        shop.decide(run_id, "approve", step="a")
        shop.all_on()
        view = shop.view(run_id)
    assert view.item.state is RunState.DONE
    assert set(states(view).values()) == {"done"}
    assert shop.calls.count("a") <= 1
    assert shop.calls.count("d") == 1
    assert shop.calls.count("t") == 2


def test_nobody_else_calls_out_while_a_segment_holds_the_run(shop: Shop) -> None:
    inside: list[str] = []

    def another_segment_comes(call: StepCall) -> StepResult:
        inside.append(call.step_id)
        if len(inside) == 1:
            other = Segment("run", call.run.id, 99, shop.engine)
            with suppress(Exception):
                shop.interpreter().run_segment(other)
        return fine(call)

    shop.code("a", another_segment_comes, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE))
    view = shop.advance(run_id)
    assert (view.item.state, inside) == (RunState.DONE, ["a"])
