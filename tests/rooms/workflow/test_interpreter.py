"""The interpreter over real rows: effects, problems, reviews and stops, on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.rooms.workflow.shop import Shop, fine, review
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import Effect, StopRule
from tiebeam.store import read_journal
from tiebeam.workflow.runs import RunPlan, RunState, RunView, cancel_run
from tiebeam.workflow.steps import ApprovalExpired, EffectUnclear, StepCall, StepFailed, StepResult


def state_of(view: RunView, step_id: str) -> str:
    return next(item.state.value for item in view.steps if item.step_id == step_id)


# ids: WF-15, B8
def test_a_recipe_of_six_steps_runs_to_its_end_and_is_accounted_for(shop: Shop) -> None:
    for name in "abcdef":
        shop.code(name, fine, effect=Effect.DB if name in "bd" else Effect.PURE)
    steps = [
        step(name, after=("abcdef"[place - 1],) if place else (), effect=shop.codes[f"test.{name}"].effect)
        for place, name in enumerate("abcdef")
    ]
    run_id = shop.start(*steps)
    view = shop.advance(run_id)
    assert (view.item.state, view.item.outcome) == (RunState.DONE, "done")
    assert shop.calls == list("abcdef")
    with shop.store.read() as conn:
        cost = shop.economics.run_cost(conn, run_id)
    assert (cost.units, cost.accepted, cost.baseline_cost) == (1, 1, Decimal(9))


# ids: WF-09
def test_what_is_done_in_one_unit_is_told_in_one_fact(shop: Shop) -> None:
    shop.code("a", fine, effect=Effect.DB)
    shop.code("b", fine)
    run_id = shop.start(step("a", effect=Effect.DB), step("b", after=("a",)))
    shop.advance(run_id)
    with shop.store.read() as conn:
        last = read_journal(conn, f"run:{run_id}")[-1]
    told = [(one["step"], one["outcome"], len(one["output_hash"])) for one in last.payload["steps"]]
    assert (last.kind, told) == ("run.done", [("a", "done", 64), ("b", "done", 64)])


def test_advancing_a_finished_run_does_nothing_again(shop: Shop) -> None:
    shop.code("a", fine)
    run_id = shop.start(step("a"))
    shop.advance(run_id)
    shop.advance(run_id)
    assert shop.calls == ["a"]


# ids: B14, WF-09
def test_evidence_that_was_declared_and_is_missing_goes_to_a_person(shop: Shop) -> None:
    shop.code("a", lambda _call: StepResult("done", {}, "done"))
    run_id = shop.start(step("a", evidence=("proof",)))
    view = shop.advance(run_id)
    assert view.item.state is RunState.WAITING
    assert state_of(view, "a") == "problem"
    assert "'proof'" in (view.steps[0].summary or "")
    shop.code("a", fine)
    assert shop.decide(run_id, "approve").item.state is RunState.DONE


# ids: B14, WF-09
def test_a_person_vouches_for_an_effect_outside_that_left_no_evidence_and_it_is_not_made_again(shop: Shop) -> None:
    shop.code("a", lambda _call: StepResult("sent", {"n": 1}, "sent"), effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE, evidence=("proof",)))
    assert shop.advance(run_id).steps[0].outcome == "missing_evidence"
    view = shop.decide(run_id, "approve")
    assert (view.item.state, view.steps[0].outcome) == (RunState.DONE, "sent")
    assert view.steps[0].evidence["proof"]["confirmed_by"] == "ada"
    assert shop.calls == ["a"]


def test_a_step_that_fails_leaves_nothing_behind_and_can_be_tried_again_or_ended(shop: Shop) -> None:
    def writes_then_fails(call: StepCall) -> StepResult:
        assert call.unit is not None
        call.unit.conn.execute(sa.text("update run set subject = 'half done'"))
        raise StepFailed("the supplier is not on file")

    shop.code("a", writes_then_fails, effect=Effect.DB)
    run_id = shop.start(step("a", effect=Effect.DB))
    view = shop.advance(run_id)
    assert view.item.state is RunState.WAITING
    assert view.item.subject == "a case"
    view = shop.decide(run_id, "reject")
    assert view.item.state is RunState.STOPPED
    assert "not on file" in (view.item.reason or "")


def test_a_condition_that_cannot_be_decided_goes_to_a_person(shop: Shop) -> None:
    shop.code("a", fine)
    shop.code("b", fine)
    run_id = shop.start(step("a"), step("b", after=("a",), when="steps.a.output.missing == 1"))
    view = shop.advance(run_id)
    assert view.item.state is RunState.WAITING
    assert view.steps[-1].outcome == "condition_failed"


# ids: WF-08, B13
def test_a_stop_rule_ends_the_run_with_its_reason(shop: Shop) -> None:
    shop.code("a", fine)
    shop.code("b", fine)
    rule = StopRule(id="enough", when="steps.a.outcome == 'done'", reason="once is enough")
    run_id = shop.start(step("a"), step("b", after=("a",)), stop=(rule,))
    view = shop.advance(run_id)
    assert (view.item.state, view.item.reason) == (RunState.STOPPED, "enough: once is enough")
    assert shop.calls == ["a"]
    assert "run.stopped" in shop.kinds(run_id)
    assert shop.ended == [run_id]


def unclear(_call: StepCall) -> StepResult:
    raise EffectUnclear("the line broke")


def crash(_call: StepCall) -> StepResult:
    raise RuntimeError("the process died here")


@pytest.mark.parametrize(("verb", "calls"), [("approve", 1), ("reject", 2)])
def test_an_effect_nobody_is_sure_of_is_asked_about_and_never_repeated_on_its_own(
    shop: Shop, verb: str, calls: int
) -> None:
    shop.code("a", unclear, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE))
    view = shop.advance(run_id)
    assert (view.item.state, view.steps[0].outcome) == (RunState.WAITING, "ambiguous_effect")
    shop.advance(run_id)
    assert shop.calls == ["a"]
    shop.code("a", fine, effect=Effect.AT_MOST_ONCE)
    view = shop.decide(run_id, verb)
    assert view.item.state is RunState.DONE
    assert len(shop.calls) == calls


def test_a_crash_during_an_at_most_once_effect_is_asked_about(shop: Shop) -> None:
    shop.code("a", crash, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE))
    with pytest.raises(RuntimeError):
        shop.advance(run_id)
    view = shop.advance(run_id)
    assert view.steps[0].outcome == "ambiguous_effect"
    assert shop.calls == ["a"]


def test_a_crash_during_an_idempotent_effect_is_repeated_with_the_same_key(shop: Shop) -> None:
    keys: list[str] = []

    def first_crashes(call: StepCall) -> StepResult:
        keys.append(call.key)
        return crash(call) if len(keys) == 1 else fine(call)

    shop.code("a", first_crashes, effect=Effect.IDEMPOTENT)
    run_id = shop.start(step("a", effect=Effect.IDEMPOTENT))
    with pytest.raises(RuntimeError):
        shop.advance(run_id)
    assert shop.advance(run_id).item.state is RunState.DONE
    assert len(set(keys)) == 1
    assert len(keys) == 2


def test_a_refused_effect_is_known_not_to_have_happened_and_may_be_tried_again(shop: Shop) -> None:
    def refused(_call: StepCall) -> StepResult:
        raise StepFailed("the period is closed")

    shop.code("a", refused, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("a", effect=Effect.AT_MOST_ONCE))
    assert shop.advance(run_id).steps[0].outcome == "step_failed"
    shop.code("a", fine, effect=Effect.AT_MOST_ONCE)
    assert shop.decide(run_id, "approve").item.state is RunState.DONE
    assert shop.calls == ["a", "a"]


# ids: B10
def test_an_approval_that_has_expired_is_asked_for_again(shop: Shop) -> None:
    old = [True]

    def needs_fresh(call: StepCall) -> StepResult:
        if old.pop() if old else False:
            raise ApprovalExpired("too old", step_id="ok")
        return fine(call)

    shop.code("a", needs_fresh, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(review("ok"), step("a", after=("ok",), effect=Effect.AT_MOST_ONCE))
    shop.advance(run_id)
    view = shop.decide(run_id, "approve")
    assert view.item.state is RunState.WAITING
    assert "approval.expired" in shop.kinds(run_id)
    assert shop.decide(run_id, "approve").item.state is RunState.DONE


# ids: B11, HO-02
def test_four_eyes_keep_the_first_decider_out_of_the_second_review(shop: Shop) -> None:
    second = review("second", four_eyes_with=("first",)).model_copy(update={"after": ("first",)})
    run_id = shop.start(review("first"), second)
    shop.advance(run_id)
    shop.decide(run_id, "approve", by="ada")
    with shop.store.read() as conn:
        (task,) = shop.workforce.tasks(conn, run_id=run_id, state="active").rows
    assert task.excluded_people == ("ada",)
    view = shop.decide(run_id, "approve", by="bob")
    assert view.item.state is RunState.DONE


def test_a_run_goes_on_with_the_recipe_it_began_with(shop: Shop) -> None:
    shop.code("a", fine)
    run_id = shop.start(review("ok"), step("a", after=("ok",)))
    shop.advance(run_id)
    shop.start(step("a"))
    view = shop.decide(run_id, "approve")
    assert [item.step_id for item in view.steps] == ["ok", "a"]
    assert [item.id for item in RunPlan(view.recipe).recipe.step] == ["ok", "a"]


# ids: B8
def test_a_run_cancelled_before_its_segment_calls_nobody(shop: Shop) -> None:
    shop.code("post", fine, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("post", effect=Effect.AT_MOST_ONCE))
    with shop.store.unit() as unit:
        cancel_run(unit, run_id, actor="person:ada", reason="a mistake")
    view = shop.advance(run_id)
    assert view.item.state is RunState.CANCELLED
    assert shop.calls == []
    with shop.store.read() as conn:
        assert shop.engine.effects.list(conn, run_id) == []


def test_a_call_that_was_under_way_when_its_run_ended_is_on_the_record(shop: Shop) -> None:
    def overtaken(call: StepCall) -> StepResult:
        with shop.store.unit() as unit:
            cancel_run(unit, call.run.id, actor="person:ada", reason="a mistake")
        return fine(call)

    shop.code("post", overtaken, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("post", effect=Effect.AT_MOST_ONCE))
    assert shop.advance(run_id).item.state is RunState.CANCELLED
    with shop.store.read() as conn:
        (effect,) = shop.engine.effects.list(conn, run_id)
    assert effect.state == "confirmed"
    assert "effect.confirmed" in shop.kinds(run_id)


def test_a_refusal_after_the_run_ended_asks_nobody(shop: Shop) -> None:
    def refused(call: StepCall) -> StepResult:
        with shop.store.unit() as unit:
            cancel_run(unit, call.run.id, actor="person:ada", reason="a mistake")
        raise StepFailed("the ledger is closed")

    shop.code("post", refused, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("post", effect=Effect.AT_MOST_ONCE))
    assert shop.advance(run_id).item.state is RunState.CANCELLED
    with shop.store.read() as conn:
        assert shop.workforce.tasks(conn, run_id=run_id, state="active").rows == ()
