"""What happens to a run while its calls are outside, or when nobody can be asked, on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.rooms.workflow.shop import HANDOFFS, Shop, fine, outcomes, part, review, states
from tests.rooms.workflow.test_interpreter_undo import abort, offer, undoable
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import Effect, EventUse, Join, MapUse, RecipeUse, Retry, Review, StepKind, StopRule
from tiebeam.store import DatabaseAway, Unit
from tiebeam.workflow.runs import CHILD_KIND, RunState, fail_run, load_run, retry_run
from tiebeam.workflow.steps import EffectUnclear, StepBusy, StepCall, StepFailed, StepResult


def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def later(shop: Shop, state: RunState, then: Callable[[StepCall], StepResult]) -> Callable[[StepCall], StepResult]:
    """A step code that comes back once its run is in this state."""

    def run(call: StepCall) -> StepResult:
        until(lambda: shop.view(call.run.id).item.state is state)
        return then(call)

    return run


def refuses(_call: StepCall) -> StepResult:
    raise StepFailed("no")


@pytest.mark.parametrize("retry", [None, Retry(times=3)])
@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.AT_MOST_ONCE])
def test_a_call_refused_while_its_run_is_taken_back_is_nobodys_problem(
    shop: Shop, effect: Effect, retry: Retry | None
) -> None:
    offer(shop, "a")
    shop.code("late", later(shop, RunState.UNDOING, refuses), effect=effect)
    shop.code("bad", fine, effect=Effect.IDEMPOTENT)
    rule = StopRule(id="enough", when="steps.bad.outcome == 'done'", reason="once is enough")
    run_id = shop.start(
        undoable("a"),
        step("late", effect=effect, after=("a",), retry=retry),
        step("bad", effect=Effect.IDEMPOTENT, after=("a",)),
        stop=(rule,),
    )
    view = shop.advance(run_id)
    assert view.item.state is RunState.STOPPED
    assert shop.tasks(run_id) == []
    assert set(states(view).values()) <= {"done", "skipped", "undone"}
    assert shop.calls[-1] == "una"


def test_nothing_begins_in_a_body_that_was_withdrawn_while_a_call_of_it_was_out(shop: Shop) -> None:
    for name in ("never", "quick", "end"):
        shop.code(name, fine)
    shop.code("out", fine, effect=Effect.IDEMPOTENT)
    run_id = shop.start(
        part("each", StepKind.MAP, map=MapUse(over="[1, 2]")),
        step("out", effect=Effect.IDEMPOTENT, inside="each"),
        step("never", inside="each", after=("out",)),
        step("quick"),
        step("end", after=("each", "quick"), join=Join.ANY),
    )
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert "never" not in shop.calls


@pytest.mark.parametrize("retry", [None, Retry(times=3)])
def test_a_call_of_a_branch_nobody_waits_for_any_more_is_nobodys_problem(shop: Shop, retry: Retry | None) -> None:
    for name in ("quick", "end"):
        shop.code(name, fine)
    shop.code("slow", refuses, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(
        step("slow", effect=Effect.AT_MOST_ONCE, retry=retry),
        step("quick"),
        step("end", after=("slow", "quick"), join=Join.ANY),
    )
    view = shop.advance(run_id)
    assert shop.tasks(run_id) == []
    assert (view.item.state, outcomes(view)["slow"]) == (RunState.DONE, "withdrawn")


def test_an_event_for_a_run_that_was_put_aside_is_there_when_it_is_tried_again(shop: Shop) -> None:
    run_id = shop.start(part("word", StepKind.EVENT, event=EventUse(name="test.event", key="'k'")))
    shop.advance(run_id)
    with shop.store.unit() as unit:
        fail_run(unit, run_id, error="a fault")
    assert shop.send("test.event", "k", {"n": 1}) == [True]
    assert shop.view(run_id).item.state is RunState.FAILED
    with shop.store.unit() as unit:
        retry_run(unit, run_id, actor="person:ada")
    view = shop.advance(run_id)
    assert (view.item.state, outcomes(view)) == (RunState.DONE, {"word": "arrived"})


def test_a_paused_run_that_is_cancelled_is_taken_back_at_once(shop: Shop) -> None:
    offer(shop, "a")
    run_id = shop.start(undoable("a"), review("ok"))
    shop.advance(run_id)
    with shop.store.unit() as unit:
        shop.interpreter().pause(unit, run_id, actor="person:ada", reason="wait")
    assert abort(shop, run_id).item.state is RunState.CANCELLED
    assert shop.calls == ["a", "una"]


def test_a_pause_between_attempts_is_never_too_long_to_be_told(shop: Shop) -> None:
    def busy(_call: StepCall) -> StepResult:
        raise StepBusy("come back in the next age", after_seconds=1e15)

    shop.code("a", busy, effect=Effect.IDEMPOTENT)
    run_id = shop.start(step("a", effect=Effect.IDEMPOTENT, retry=Retry(times=3)))
    assert states(shop.advance(run_id)) == {"a": "retrying"}


def test_a_problem_that_nobody_may_look_at_is_seen_and_put_to_the_first_who_may(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = HANDOFFS["test.any"]
    monkeypatch.setitem(HANDOFFS, "test.any", asked.model_copy(update={"to_role": "nobody-has-this"}))
    shop.code("a", refuses, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE))
    view = shop.advance(run_id)
    assert (view.item.state, states(view)) == (RunState.WAITING, {"a": "problem"})
    assert "nobody" in (view.steps[0].summary or "")
    assert shop.tasks(run_id) == []
    monkeypatch.setitem(HANDOFFS, "test.any", asked)
    view = shop.later(run_id, hours=1)
    assert len(shop.tasks(run_id)) == 1
    assert shop.calls == ["a"]
    assert shop.decide(run_id, "reject").item.state is RunState.STOPPED


def test_a_review_whose_protocol_is_gone_is_a_problem_that_people_see(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = shop.start(review("ok").model_copy(update={"review": Review(handoff="test.gone")}))
    assert outcomes(shop.advance(run_id)) == {"ok": "step_failed"}
    monkeypatch.setitem(HANDOFFS, "test.gone", HANDOFFS["test.any"].model_copy(update={"id": "test.gone"}))
    assert states(shop.decide(run_id, "approve")) == {"ok": "waiting"}
    assert shop.decide(run_id, "approve").item.state is RunState.DONE


def test_a_call_between_two_attempts_that_may_have_taken_place_is_taken_back(shop: Shop) -> None:
    offer(shop, "a")
    answers = iter([EffectUnclear("the line broke"), None])

    def breaks_once(call: StepCall) -> StepResult:
        if (broken := next(answers)) is not None:
            raise broken
        return fine(call)

    shop.code("a", breaks_once, effect=Effect.IDEMPOTENT)
    run_id = shop.start(undoable("a", retry=Retry(times=3, first_seconds=Decimal(60))))
    assert states(shop.advance(run_id)) == {"a": "retrying"}
    view = abort(shop, run_id)
    assert (view.item.state, shop.calls) == (RunState.CANCELLED, ["a", "a", "una"])
    assert states(view)["a"] == "undone"


def test_an_effect_without_its_evidence_is_taken_back_all_the_same(shop: Shop) -> None:
    offer(shop, "a", effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(undoable("a", Effect.AT_MOST_ONCE, evidence=("receipt",)))
    assert outcomes(shop.advance(run_id)) == {"a": "missing_evidence"}
    view = shop.decide(run_id, "reject")
    assert (view.item.state, shop.calls) == (RunState.STOPPED, ["a", "una"])
    assert shop.tasks(run_id) == []


def test_a_call_nobody_is_sure_of_is_asked_about_before_its_run_ends(shop: Shop) -> None:
    def unclear(_call: StepCall) -> StepResult:
        raise EffectUnclear("the line broke")

    offer(shop, "late", effect=Effect.AT_MOST_ONCE)
    shop.code("late", later(shop, RunState.UNDOING, unclear), effect=Effect.AT_MOST_ONCE)
    shop.code("bad", fine, effect=Effect.IDEMPOTENT)
    rule = StopRule(id="enough", when="steps.bad.outcome == 'done'", reason="once is enough")
    run_id = shop.start(undoable("late", Effect.AT_MOST_ONCE), step("bad", effect=Effect.IDEMPOTENT), stop=(rule,))
    view = shop.advance(run_id)
    assert (view.item.state, states(view)["late"]) == (RunState.UNDOING, "problem")
    view = shop.decide(run_id, "approve")
    assert (view.item.state, shop.calls[-1]) == (RunState.STOPPED, "unlate")
    assert shop.tasks(run_id) == []


# ids: WF-15
def test_a_run_that_goes_wrong_after_one_it_waited_for_is_put_aside_and_can_be_tried_again(shop: Shop) -> None:
    broken = [True]

    def breaks(call: StepCall) -> StepResult:
        if broken:
            raise RuntimeError("confused")
        return fine(call)

    shop.code("inner", fine)
    shop.code("bad", breaks, effect=Effect.IDEMPOTENT)
    shop.recipes["test.intent/inner"] = shop.recipe(step("inner"), id="test.intent/inner")
    run_id = shop.start(
        part("sub", StepKind.RECIPE, recipe=RecipeUse(id="test.intent/inner", input={})),
        step("bad", effect=Effect.IDEMPOTENT, after=("sub",)),
    )
    engine, interpreter = shop.engine, shop.interpreter()
    engine.register("run", interpreter.run_segment)
    engine.register(CHILD_KIND, interpreter.child_ended)
    engine.on_poison("run", lambda unit, key, _seq, error: fail_run(unit, key, error=error))
    engine.launch()
    until(lambda: shop.view(run_id).item.state is RunState.FAILED)
    broken.clear()
    with shop.store.unit() as unit:
        row = retry_run(unit, run_id, actor="person:ada")
        engine.enqueue(unit, kind="run", key=run_id, seq=row.seq)
    until(lambda: shop.view(run_id).item.state is RunState.DONE)


def test_a_decision_gives_way_to_its_run_and_is_made_afterwards(shop: Shop) -> None:
    run_id = shop.start(review("ok"))
    shop.advance(run_id)
    (task,) = shop.tasks(run_id)
    made: list[str] = []

    def decide() -> None:
        made.append(shop.workforce.decide(shop.workforce.principal("ada"), task.id, verb="approve").verb)

    deciding = threading.Thread(target=decide)
    with shop.store.unit() as unit:
        # As a run that withdraws tasks does it: its own row first, then theirs.
        load_run(unit.conn, run_id, for_update=True)
        deciding.start()
        time.sleep(0.3)
        unit.conn.execute(sa.text("UPDATE task SET summary = summary WHERE id = :id"), {"id": task.id})
    deciding.join(20)
    assert made == ["approve"]
    assert shop.advance(run_id).item.state is RunState.DONE


@pytest.mark.parametrize("timeout", [None, Decimal(60)])
@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.AT_MOST_ONCE])
def test_an_answer_from_outside_waits_for_a_database_that_is_away(
    shop: Shop, effect: Effect, timeout: Decimal | None
) -> None:
    away: list[bool] = []

    def goes_away(call: StepCall) -> StepResult:
        away.extend([True, True])
        return fine(call)

    def guard(_unit: Unit) -> None:
        if away:
            away.pop()
            raise DatabaseAway("the database cannot be reached", RuntimeError("no route"))

    shop.code("pay", goes_away, effect=effect)
    shop.code("end", fine)
    run_id = shop.start(step("pay", effect=effect, timeout_seconds=timeout), step("end", after=("pay",)))
    undo = shop.store.before_commit(guard)
    view = shop.advance(run_id)
    undo()
    # What only computes is done again with its unit.
    assert (view.item.state, shop.calls) == (RunState.DONE, ["pay", "end", "end", "end"])
    assert shop.tasks(run_id) == []
