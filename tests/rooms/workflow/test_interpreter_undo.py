"""Taking effects back before a run ends, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.workflow.shop import Shop, fine, outcomes, output, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import Effect, LoopUse, MapUse, RecipeUse, Step, StepKind, StopRule, TimerUse, Undo
from tiebeam.workflow.runs import RunState, RunView
from tiebeam.workflow.steps import EffectUnclear, StepCall, StepFailed, StepResult

OUTSIDE = [Effect.DB, Effect.IDEMPOTENT, Effect.AT_MOST_ONCE]


def undoable(step_id: str, effect: Effect = Effect.IDEMPOTENT, **values: Any) -> Step:
    return step(step_id, effect=effect, undo=Undo(uses=f"test.un{step_id}", params={"of": step_id}), **values)


def offer(shop: Shop, *names: str, effect: Effect = Effect.IDEMPOTENT) -> None:
    """Step codes of these names, and those that take them back."""
    for name in names:
        shop.code(name, fine, effect=effect)
        shop.code(f"un{name}", fine, effect=effect)


def abort(shop: Shop, run_id: str, final: RunState = RunState.CANCELLED) -> RunView:
    with shop.store.unit() as unit:
        shop.interpreter().abort(unit, run_id, actor="person:ada", reason="a mistake", final=final)
    return shop.advance(run_id)


@pytest.mark.parametrize("effect", OUTSIDE)
def test_what_was_done_is_taken_back_in_reverse_order_before_a_run_ends(shop: Shop, effect: Effect) -> None:
    offer(shop, "a", "b", "c", effect=effect)
    run_id = shop.start(
        undoable("a", effect), undoable("b", effect, after=("a",)), undoable("c", effect, after=("b",)), review("ok")
    )
    shop.advance(run_id)
    view = abort(shop, run_id)
    assert shop.calls == ["a", "b", "c", "unc", "unb", "una"]
    assert (view.item.state, view.item.reason) == (RunState.CANCELLED, "a mistake")
    assert [states(view)[name] for name in "abc"] == ["undone"] * 3
    assert shop.kinds(run_id)[-1] == "run.cancelled"
    assert shop.tasks(run_id) == []


# ids: WF-08
def test_a_stop_rule_takes_back_what_was_done(shop: Shop) -> None:
    offer(shop, "a", "b")
    rule = StopRule(id="enough", when="steps.b.outcome == 'done'", reason="once is enough")
    run_id = shop.start(undoable("a"), undoable("b", after=("a",)), stop=(rule,))
    view = shop.advance(run_id)
    assert (view.item.state, view.item.reason) == (RunState.STOPPED, "enough: once is enough")
    assert shop.calls == ["a", "b", "unb", "una"]
    assert shop.ended == [run_id]


def test_a_person_who_stops_a_run_has_it_taken_back(shop: Shop) -> None:
    offer(shop, "a")
    shop.code("bad", lambda _call: (_ for _ in ()).throw(StepFailed("no")))
    run_id = shop.start(undoable("a"), step("bad", after=("a",)))
    shop.advance(run_id)
    view = shop.decide(run_id, "reject")
    assert (view.item.state, shop.calls[-1]) == (RunState.STOPPED, "una")


def test_steps_that_cannot_be_undone_stay_as_they_are(shop: Shop) -> None:
    offer(shop, "a", "b")
    run_id = shop.start(step("a", effect=Effect.IDEMPOTENT), undoable("b", after=("a",)), review("ok"))
    shop.advance(run_id)
    view = abort(shop, run_id)
    assert (states(view)["a"], states(view)["b"]) == ("done", "undone")


def test_without_anything_to_take_back_a_run_ends_at_once(shop: Shop) -> None:
    offer(shop, "a")
    run_id = shop.start(review("ok"), undoable("a", after=("ok",)))
    shop.advance(run_id)
    with shop.store.unit() as unit:
        state = shop.interpreter().abort(unit, run_id, actor="person:ada", reason="no", final=RunState.CANCELLED)
    assert state is RunState.CANCELLED
    assert abort(shop, run_id).item.reason == "no"


@pytest.mark.parametrize(("verb", "left"), [("approve", "undone"), ("reject", "done")])
def test_an_undoing_that_fails_is_put_before_a_person(shop: Shop, verb: str, left: str) -> None:
    offer(shop, "a", "b")
    shop.code("unb", lambda _call: (_ for _ in ()).throw(StepFailed("booked already")), effect=Effect.IDEMPOTENT)
    run_id = shop.start(undoable("a"), undoable("b", after=("a",)), review("ok"))
    shop.advance(run_id)
    view = abort(shop, run_id)
    assert view.item.state is RunState.UNDOING
    assert (states(view)["a"], outcomes(view)["b~undo"]) == ("done", "undo_failed")
    shop.code("unb", fine, effect=Effect.IDEMPOTENT)
    view = shop.decide(run_id, verb)
    assert view.item.state is RunState.CANCELLED
    assert (states(view)["a"], states(view)["b"]) == ("undone", left)


@pytest.mark.parametrize(("verb", "calls"), [("approve", 1), ("reject", 2)])
def test_an_undoing_nobody_is_sure_of_is_asked_about(shop: Shop, verb: str, calls: int) -> None:
    offer(shop, "a", effect=Effect.AT_MOST_ONCE)
    shop.code("una", lambda _call: (_ for _ in ()).throw(EffectUnclear("?")), effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(undoable("a", Effect.AT_MOST_ONCE), review("ok"))
    shop.advance(run_id)
    assert outcomes(abort(shop, run_id))["a~undo"] == "ambiguous_effect"
    shop.code("una", fine, effect=Effect.AT_MOST_ONCE)
    view = shop.decide(run_id, verb)
    assert (view.item.state, states(view)["a"]) == (RunState.CANCELLED, "undone")
    assert shop.calls.count("una") == calls


def test_turns_and_items_are_taken_back_each_by_itself(shop: Shop) -> None:
    seen: list[str] = []
    offer(shop, "a", "b")
    shop.code("una", lambda call: (seen.append(f"{call.step_id} {call.item}"), fine(call))[1], effect=Effect.DB)
    shop.code("unb", lambda call: (seen.append(call.step_id), fine(call))[1], effect=Effect.DB)
    run_id = shop.start(
        part("each", StepKind.MAP, map=MapUse(over="input.items", at_once=1)),
        undoable("a", inside="each"),
        part("again", StepKind.LOOP, loop=LoopUse(until="index == 1", most=3), after=("each",)),
        undoable("b", inside="again"),
        review("ok", after=("again",)),
        given={"items": ["x", "y"]},
    )
    shop.advance(run_id)
    view = abort(shop, run_id)
    assert seen == ["b[1]~undo", "b[0]~undo", "a[1]~undo y", "a[0]~undo x"]
    assert view.item.state is RunState.CANCELLED


def test_the_code_that_takes_back_sees_what_was_done_and_its_own_settings(shop: Shop) -> None:
    seen: list[Any] = []
    offer(shop, "a")
    shop.code("a", lambda _call: StepResult("done", {"booking": 7}, "booked"), effect=Effect.IDEMPOTENT)
    shop.code(
        "una",
        lambda call: (seen.append((call.output_of("a"), dict(call.params), call.key)), fine(call))[1],
        effect=Effect.IDEMPOTENT,
    )
    run_id = shop.start(undoable("a"), review("ok"))
    shop.advance(run_id)
    abort(shop, run_id)
    assert seen == [({"booking": 7}, {"of": "a"}, f"{run_id}:a~undo")]


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.AT_MOST_ONCE])
def test_a_call_begun_before_the_end_is_found_out_about_and_then_taken_back(shop: Shop, effect: Effect) -> None:
    offer(shop, "a", effect=effect)
    died = [True]

    def dies_once(call: StepCall) -> StepResult:
        if died:
            died.clear()
            raise RuntimeError("the process died here")
        return fine(call)

    shop.code("a", dies_once, effect=effect)
    run_id = shop.start(undoable("a", effect), review("ok"))
    with pytest.raises(RuntimeError):
        shop.advance(run_id)
    view = abort(shop, run_id)
    if effect is Effect.AT_MOST_ONCE:
        assert (view.item.state, outcomes(view)["a"]) == (RunState.UNDOING, "ambiguous_effect")
        view = shop.decide(run_id, "approve")
    assert (view.item.state, states(view)["a"]) == (RunState.CANCELLED, "undone")


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_that_was_waited_for_takes_back_what_it_did_as_well(shop: Shop, finished: bool) -> None:
    offer(shop, "a", "b")
    other = [undoable("b")] if finished else [undoable("b"), review("look")]
    shop.recipes["test.intent/other"] = shop.recipe(*other, id="test.intent/other")
    run_id = shop.start(
        undoable("a"),
        part("other", StepKind.RECIPE, recipe=RecipeUse(id="test.intent/other"), after=("a",)),
        review("ok", after=("a",)),
    )
    shop.all_on()
    abort(shop, run_id)
    shop.all_on()
    view = shop.view(run_id)
    child = next(number for number in shop.numbers() if number[0] != run_id)
    assert (view.item.state, child[1]) == (RunState.CANCELLED, "cancelled")
    assert shop.calls == ["a", "b", "unb", "una"]


def test_moments_and_people_are_waited_for_no_longer_once_a_run_is_taken_back(shop: Shop) -> None:
    offer(shop, "a")
    shop.code("una", lambda _call: (_ for _ in ()).throw(StepFailed("not now")), effect=Effect.IDEMPOTENT)
    run_id = shop.start(undoable("a"), part("pause", StepKind.TIMER, timer=TimerUse(after_hours=1)), review("ok"))
    shop.advance(run_id)
    abort(shop, run_id)
    view = shop.later(run_id, hours=2)
    assert (outcomes(view)["pause"], view.item.state) == ("withdrawn", RunState.UNDOING)
    assert [task.step_id for task in shop.tasks(run_id)] == ["a~undo"]
    assert output(view, "a~undo")["problem"]["kind"] == "undo_failed"
