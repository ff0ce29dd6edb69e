"""Moments, events, further attempts, other recipes, limits: what a run waits for besides people, on both databases."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.rooms.workflow.shop import Shop, fine, outcomes, output, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.kit import iso
from tiebeam.spec import (
    AtDeadline,
    Effect,
    EventUse,
    Hours,
    LoopUse,
    RecipeUse,
    Retry,
    RunLimits,
    Step,
    StepKind,
    StopRule,
    TimerUse,
)
from tiebeam.workflow.runs import KeptEvent, RecipeCircle, RunState
from tiebeam.workflow.steps import EffectUnclear, StepBusy, StepCall, StepFailed, StepResult


def timer(**values: Any) -> Step:
    return part("pause", StepKind.TIMER, timer=TimerUse(**values))


def event(**values: Any) -> Step:
    return part("paid", StepKind.EVENT, event=EventUse(**{"name": "bank.paid", "key": "input.invoice", **values}))


# ids: WF-15
def test_a_timer_waits_as_a_row_and_goes_on_when_its_moment_comes(shop: Shop) -> None:
    shop.code("end", fine)
    run_id = shop.start(timer(after_hours=2), step("end", after=("pause",)))
    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.later(run_id, hours=1).item.state is RunState.WAITING
    view = shop.later(run_id, hours=1)
    assert (view.item.state, outcomes(view)["pause"]) == (RunState.DONE, "elapsed")


def test_working_hours_are_those_of_the_team(shop: Shop) -> None:
    run_id = shop.start(timer(after_hours=10, hours=Hours.WORKING))
    shop.advance(run_id)
    # Monday nine o'clock; the team closes at six.
    assert shop.later(run_id, hours=23, minutes=59).item.state is RunState.WAITING
    assert shop.later(run_id, minutes=2).item.state is RunState.DONE


def test_a_timer_waits_until_the_moment_an_expression_gives(shop: Shop) -> None:
    run_id = shop.start(timer(until="input.at"), given={"at": iso(shop.clock.now() + timedelta(days=1))})
    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.later(run_id, days=1).item.state is RunState.DONE
    over = shop.start(timer(until="input.at"), given={"at": iso(shop.clock.now())})
    assert shop.advance(over).item.state is RunState.DONE
    never = shop.start(timer(until="input.at"), given={"at": "soon"})
    assert "no moment" in (shop.advance(never).steps[0].summary or "")


def test_an_event_closes_the_step_that_waits_for_its_name_and_key(shop: Shop) -> None:
    shop.code("end", fine)
    run_id = shop.start(
        event(), step("end", after=("paid",), when="steps.paid.output.payload.amount == 9"), given={"invoice": "A1"}
    )
    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.send("bank.paid", "A2", {"amount": 9}) == []
    assert shop.send("bank.paid", "A1", {"amount": 9}, event_id="event_9") == [True]
    view = shop.advance(run_id)
    assert (view.item.state, states(view)["end"]) == (RunState.DONE, "done")
    assert output(view, "paid") == {"event": "event_9", "payload": {"amount": 9}}


def test_an_event_that_comes_twice_or_too_late_changes_nothing(shop: Shop) -> None:
    run_id = shop.start(event(), review("look"), given={"invoice": "A1"})
    shop.advance(run_id)
    interpreter = shop.interpreter()
    with shop.store.unit() as unit:
        (wait,) = interpreter.event_waits(unit.conn, "bank.paid", "A1")
    for expected in (True, False):
        with shop.store.unit() as unit:
            came = interpreter.event_arrived(unit, wait, payload={}, event_id="event_1", actor="system:test")
        assert came is expected


def test_the_schema_of_an_event_is_there_for_whoever_takes_it(shop: Shop) -> None:
    schema = {"type": "object", "required": ["amount"]}
    run_id = shop.start(event(payload=schema), given={"invoice": "A1"})
    shop.advance(run_id)
    with shop.store.unit() as unit:
        (wait,) = shop.interpreter().event_waits(unit.conn, "bank.paid", "A1")
    assert (wait.run_id, wait.instance, wait.payload_schema) == (run_id, "paid", schema)


def test_an_event_that_came_before_is_taken_when_the_step_begins(shop: Shop) -> None:
    shop.kept["bank.paid", "A1"] = KeptEvent("event_7", {"amount": 1})
    run_id = shop.start(event(), given={"invoice": "A1"})
    view = shop.advance(run_id)
    assert (view.item.state, output(view, "paid")["event"]) == (RunState.DONE, "event_7")
    assert shop.kept == {}


def test_without_an_event_in_time_the_step_ends_with_the_outcome_declared(shop: Shop) -> None:
    run_id = shop.start(event(timeout_hours=3, on_timeout="unpaid"), given={"invoice": "A1"})
    shop.advance(run_id)
    view = shop.later(run_id, hours=3)
    assert (view.item.state, outcomes(view)["paid"]) == (RunState.DONE, "unpaid")
    assert shop.send("bank.paid", "A1", {}) == []


# ids: WF-08
def test_stop_rules_look_at_events_moments_and_other_runs(shop: Shop) -> None:
    fraud = StopRule(id="fraud", when="steps.paid.output.payload.fraud", reason="it was not theirs")
    run_id = shop.start(event(), review("look"), given={"invoice": "A1"}, stop=(fraud,))
    shop.advance(run_id)
    shop.send("bank.paid", "A1", {"fraud": True})
    assert shop.view(run_id).item.state is RunState.STOPPED
    late = StopRule(id="late", when="steps.pause.outcome == 'elapsed'", reason="too late")
    other = shop.start(timer(after_hours=1), review("look"), stop=(late,))
    shop.advance(other)
    assert shop.later(other, hours=1).item.state is RunState.STOPPED
    shop.code("a", fine)
    shop.recipes["test.intent/other"] = shop.recipe(step("a"), id="test.intent/other")
    ended = StopRule(id="ended", when="steps.other.outcome == 'done'", reason="enough")
    parent = shop.start(sub(), review("look"), given={"n": 1}, stop=(ended,))
    shop.all_on()
    assert shop.view(parent).item.state is RunState.STOPPED


# runtime: prefect#12279, #19435
def test_several_steps_wait_at_the_same_time_each_for_its_own(shop: Shop) -> None:
    run_id = shop.start(event(), timer(after_hours=1), review("look"), given={"invoice": "A1"})
    shop.advance(run_id)
    shop.send("bank.paid", "A1", {})
    shop.decide(run_id, "approve")
    view = shop.later(run_id, hours=1)
    assert view.item.state is RunState.DONE


def fails(times: int, error: Exception) -> Any:
    left = [times]

    def code(call: StepCall) -> StepResult:
        if left[0] > 0:
            left[0] -= 1
            raise error
        return fine(call)

    return code


@pytest.mark.parametrize("effect", list(Effect))
def test_a_step_that_fails_is_tried_again_with_growing_pauses(shop: Shop, effect: Effect) -> None:
    shop.code("a", fails(2, StepFailed("not now")), effect=effect)
    run_id = shop.start(step("a", effect=effect, retry=Retry(times=2, first_seconds=10, factor=3)))
    view = shop.advance(run_id)
    assert (view.item.state, states(view)) == (RunState.WAITING, {"a": "retrying"})
    shop.later(run_id, seconds=9)
    assert len(shop.calls) == 1
    shop.later(run_id, seconds=1)
    assert len(shop.calls) == 2
    shop.later(run_id, seconds=29)
    assert len(shop.calls) == 2
    assert shop.later(run_id, seconds=1).item.state is RunState.DONE
    assert shop.kinds(run_id).count("step.retrying") == 2


def test_after_the_last_attempt_a_person_is_asked(shop: Shop) -> None:
    shop.code("a", fails(9, StepFailed("never")))
    run_id = shop.start(step("a", retry=Retry(times=1, first_seconds=0)))
    view = shop.advance(run_id)
    assert (view.item.state, states(view)) == (RunState.WAITING, {"a": "problem"})
    assert "tried 2 times" in (view.steps[0].summary or "")


def test_only_failures_that_are_named_are_tried_again(shop: Shop) -> None:
    shop.code("a", fails(1, StepFailed("wrong")))
    run_id = shop.start(step("a", retry=Retry(times=3, on=("step_busy",))))
    assert states(shop.advance(run_id)) == {"a": "problem"}
    shop.code("b", fails(1, StepBusy("later", after_seconds=60)))
    busy = shop.start(step("b", retry=Retry(times=3, first_seconds=1, on=("step_busy",))))
    assert states(shop.advance(busy)) == {"b": "retrying"}
    assert shop.later(busy, seconds=59).item.state is RunState.WAITING
    assert shop.later(busy, seconds=1).item.state is RunState.DONE


def test_what_nobody_is_sure_of_is_tried_again_only_where_repeating_is_harmless(shop: Shop) -> None:
    keys: list[str] = []

    def doubtful(call: StepCall) -> StepResult:
        keys.append(call.key)
        if len(keys) == 1:
            raise EffectUnclear("the line broke")
        return fine(call)

    shop.code("a", doubtful, effect=Effect.IDEMPOTENT)
    run_id = shop.start(step("a", effect=Effect.IDEMPOTENT, retry=Retry(times=1, first_seconds=1)))
    assert states(shop.advance(run_id)) == {"a": "retrying"}
    assert shop.later(run_id, seconds=1).item.state is RunState.DONE
    assert len(set(keys)) == 1
    shop.code("b", fails(1, EffectUnclear("the line broke")), effect=Effect.AT_MOST_ONCE)
    once = shop.start(step("b", effect=Effect.AT_MOST_ONCE, retry=Retry(times=1, first_seconds=1)))
    assert outcomes(shop.advance(once)) == {"b": "ambiguous_effect"}


@pytest.mark.parametrize(
    ("effect", "problem"), [(Effect.IDEMPOTENT, "timed_out"), (Effect.AT_MOST_ONCE, "ambiguous_effect")]
)
def test_a_call_that_takes_too_long_is_given_up_and_counts_as_unknown(shop: Shop, effect: Effect, problem: str) -> None:
    def slow(call: StepCall) -> StepResult:
        time.sleep(0.5)
        return fine(call)

    shop.code("a", slow, effect=effect)
    run_id = shop.start(step("a", effect=effect, timeout_seconds=Decimal("0.05")))
    assert outcomes(shop.advance(run_id)) == {"a": problem}


def sub(recipe: str = "test.intent/other", **values: Any) -> Step:
    return part("other", StepKind.RECIPE, recipe=RecipeUse(id=recipe, input={"n": "input.n + 1"}), **values)


def test_another_recipe_runs_as_a_run_of_its_own_and_its_end_is_waited_for(shop: Shop) -> None:
    shop.code("a", lambda call: StepResult("counted", {"n": call.input["n"]}, "done"))
    shop.code("end", fine)
    shop.recipes["test.intent/other"] = shop.recipe(step("a"), id="test.intent/other")
    run_id = shop.start(sub(), step("end", after=("other",)), given={"n": 1})
    assert shop.advance(run_id).item.state is RunState.WAITING
    shop.all_on()
    view = shop.view(run_id)
    assert view.item.state is RunState.DONE
    assert outcomes(view) == {"other": "counted", "end": "done"}
    assert output(view, "other")["output"] == {"n": 2}


def test_another_recipe_goes_by_the_version_of_the_parents_start(shop: Shop) -> None:
    shop.code("a", fine)
    shop.code("b", fine)
    shop.recipes["test.intent/other"] = shop.recipe(step("a"), id="test.intent/other")
    run_id = shop.start(review("ask"), sub(after=("ask",)), given={"n": 1})
    shop.advance(run_id)
    shop.recipes["test.intent/other"] = shop.recipe(step("b"), id="test.intent/other")
    shop.decide(run_id, "approve")
    shop.all_on()
    assert shop.view(run_id).item.state is RunState.DONE
    assert shop.calls == ["a"]


def test_a_recipe_that_would_run_itself_is_refused_at_the_start(shop: Shop) -> None:
    shop.recipes["test.intent/other"] = shop.recipe(sub(), id="test.intent/other")
    with pytest.raises(RecipeCircle, match="without end"):
        shop.start(sub(), given={"n": 1})


def test_the_end_of_another_recipe_is_an_outcome_like_any_other(shop: Shop) -> None:
    shop.code("a", fails(1, StepFailed("no")))
    shop.code("end", fine)
    shop.recipes["test.intent/other"] = shop.recipe(step("a"), id="test.intent/other")
    run_id = shop.start(sub(), step("end", after=("other",), when="steps.other.outcome == 'stopped'"), given={"n": 1})
    shop.advance(run_id)
    child = str(output(shop.view(run_id), "other")["run"])
    shop.advance(child)
    shop.decide(child, "reject")
    shop.all_on()
    assert states(shop.view(run_id)) == {"other": "done", "end": "done"}


def test_a_run_that_takes_too_long_asks_a_person_and_goes_on_meanwhile(shop: Shop) -> None:
    run_id = shop.start(review("look"), limits=RunLimits(deadline_hours=5))
    shop.advance(run_id)
    shop.later(run_id, hours=5)
    assert [task.step_id for task in shop.tasks(run_id)] == ["look", "~deadline"]
    view = shop.decide(run_id, "approve", step="look")
    assert (view.item.state, shop.tasks(run_id)) == (RunState.DONE, [])


def test_a_person_may_let_a_late_run_go_on_or_stop_it(shop: Shop) -> None:
    limits = RunLimits(deadline_hours=5)
    first, second = (shop.start(review("look"), limits=limits) for _ in range(2))
    for run_id in (first, second):
        shop.advance(run_id)
    for run_id in (first, second):
        shop.later(run_id, hours=5)
    assert shop.decide(first, "approve", step="~deadline").item.state is RunState.WAITING
    assert shop.decide(second, "reject", step="~deadline").item.state is RunState.STOPPED


def test_a_late_run_stops_where_its_recipe_says_so(shop: Shop) -> None:
    run_id = shop.start(review("look"), limits=RunLimits(deadline_hours=5, at_deadline=AtDeadline.STOP))
    shop.advance(run_id)
    view = shop.later(run_id, hours=5)
    assert view.item.state is RunState.STOPPED
    assert "longer than the 5 hours" in (view.item.reason or "")
    assert shop.tasks(run_id) == []


def test_a_run_that_ended_in_time_hears_no_more_of_its_deadline(shop: Shop) -> None:
    shop.code("a", fine)
    run_id = shop.start(step("a"), limits=RunLimits(deadline_hours=5))
    shop.advance(run_id)
    view = shop.later(run_id, hours=6)
    assert (view.item.state, shop.tasks(run_id)) == (RunState.DONE, [])


# runtime: druks#619, studio#4143, dbos-transact-golang#479
def test_a_new_process_goes_on_with_everything_that_waits(shop: Shop) -> None:
    shop.code("a", fine)
    loop = part("again", StepKind.LOOP, loop=LoopUse(until="index == 1", most=3))
    run_id = shop.start(event(), timer(after_hours=1), loop, review("look", inside="again"), given={"invoice": "A1"})
    shop.advance(run_id)
    other = Shop(shop.store, shop.engine, shop.clock, codes=shop.codes)
    other.send("bank.paid", "A1", {})
    other.later(run_id, hours=1)
    other.decide(run_id, "approve", step="look[0]")
    assert other.decide(run_id, "approve", step="look[1]").item.state is RunState.DONE
