"""Branches that go on side by side, and where they come together, on both databases."""

from __future__ import annotations

import threading

import pytest

from tests.rooms.workflow.shop import Shop, fine, outcomes, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import Effect, EventUse, Join, StepKind, TimerUse
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import StepCall, StepResult


def test_branches_that_wait_do_not_hold_up_one_another(shop: Shop) -> None:
    shop.code("other", fine)
    shop.code("end", fine)
    run_id = shop.start(review("ask"), step("other"), step("end", after=("ask", "other")))
    view = shop.advance(run_id)
    assert states(view) == {"ask": "waiting", "other": "done"}
    assert shop.decide(run_id, "approve").item.state is RunState.DONE


def test_a_branch_that_is_not_chosen_is_skipped_and_the_join_goes_on(shop: Shop) -> None:
    for name in ("a", "b", "end"):
        shop.code(name, fine)
    run_id = shop.start(
        step("a", when="input.way == 'a'"),
        step("b", when="input.way == 'b'"),
        step("end", after=("a", "b"), when="steps.a.outcome == 'done'"),
        given={"way": "a"},
    )
    assert states(shop.advance(run_id)) == {"a": "done", "b": "skipped", "end": "done"}


def test_a_join_of_any_goes_on_with_the_first_branch_and_withdraws_the_others(shop: Shop) -> None:
    shop.code("end", fine)
    run_id = shop.start(
        review("one"),
        review("two"),
        part("late", StepKind.TIMER, timer=TimerUse(after_hours=5)),
        step("end", after=("one", "two", "late"), join=Join.ANY),
    )
    shop.advance(run_id)
    view = shop.decide(run_id, "approve", step="two")
    assert view.item.state is RunState.DONE
    assert outcomes(view) == {"one": "withdrawn", "two": "approve", "late": "withdrawn", "end": "done"}
    assert shop.tasks(run_id) == []


def test_steps_that_others_still_wait_for_are_not_withdrawn(shop: Shop) -> None:
    for name in ("fast", "end", "report"):
        shop.code(name, fine)
    run_id = shop.start(
        review("slow"),
        step("fast"),
        step("end", after=("slow", "fast"), join=Join.ANY),
        step("report", after=("slow",)),
    )
    view = shop.advance(run_id)
    assert states(view) == {"slow": "waiting", "fast": "done", "end": "done"}
    view = shop.decide(run_id, "approve")
    assert states(view)["report"] == "done"
    assert view.item.state is RunState.DONE


def test_a_loser_that_has_not_begun_never_begins(shop: Shop) -> None:
    for name in ("quick", "never", "end"):
        shop.code(name, fine)
    run_id = shop.start(
        part("wait", StepKind.EVENT, event=EventUse(name="test.event", key="'k'")),
        step("never", after=("wait",)),
        step("quick"),
        step("end", after=("never", "quick"), join=Join.ANY),
    )
    view = shop.advance(run_id)
    assert outcomes(view) == {"wait": "withdrawn", "never": "withdrawn", "quick": "done", "end": "done"}
    assert shop.send("test.event", "k", {}) == []
    assert "never" not in shop.calls


def test_a_join_of_any_whose_branches_were_all_skipped_asks_its_own_condition(shop: Shop) -> None:
    for name in ("a", "b", "end"):
        shop.code(name, fine)
    run_id = shop.start(step("a", when="false"), step("b", when="false"), step("end", after=("a", "b"), join=Join.ANY))
    assert states(shop.advance(run_id))["end"] == "done"


# ids: WF-15
@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.AT_MOST_ONCE])
def test_calls_of_parallel_branches_are_out_at_the_same_time(shop: Shop, effect: Effect) -> None:
    together = threading.Barrier(3, timeout=10)

    def meets_the_others(call: StepCall) -> StepResult:
        together.wait()
        return fine(call)

    for name in "abc":
        shop.code(name, meets_the_others, effect=effect)
    shop.code("end", fine)
    run_id = shop.start(*(step(name, effect=effect) for name in "abc"), step("end", after=("a", "b", "c")))
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert sorted(shop.calls) == ["a", "b", "c", "end"]


def test_a_decision_moves_its_branch_on_while_another_branch_calls_out(shop: Shop) -> None:
    decided = threading.Event()

    def waits_for_the_decision(call: StepCall) -> StepResult:
        assert decided.wait(10)
        return fine(call)

    def after_the_decision(call: StepCall) -> StepResult:
        decided.set()
        return fine(call)

    shop.code("slow", waits_for_the_decision, effect=Effect.AT_MOST_ONCE)
    shop.code("next", after_the_decision)
    run_id = shop.start(review("ask"), step("slow", effect=Effect.AT_MOST_ONCE), step("next", after=("ask",)))
    carrying = threading.Thread(target=shop.advance, args=(run_id,))
    carrying.start()
    while not shop.tasks(run_id):
        threading.Event().wait(0.02)
    (task,) = shop.tasks(run_id)
    shop.workforce.decide(shop.workforce.principal("ada"), task.id, verb="approve")
    carrying.join(20)
    view = shop.view(run_id)
    assert view.item.state is RunState.DONE
    assert shop.calls == ["slow", "next"]


def test_an_error_of_one_call_loses_nothing_of_the_others(shop: Shop) -> None:
    broken = [True]

    def breaks_once(call: StepCall) -> StepResult:
        if broken:
            broken.clear()
            raise RuntimeError("the process is confused")
        return fine(call)

    shop.code("a", fine, effect=Effect.AT_MOST_ONCE)
    shop.code("b", breaks_once, effect=Effect.IDEMPOTENT)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE), step("b", effect=Effect.IDEMPOTENT))
    with pytest.raises(RuntimeError):
        shop.advance(run_id)
    assert states(shop.view(run_id)) == {"a": "done"}
    assert shop.advance(run_id).item.state is RunState.DONE
    assert sorted(shop.calls) == ["a", "b", "b"]
