"""Doing again what was taken back: it is made anew, and taken back anew. (ids: B8, B11)"""

from __future__ import annotations

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, review
from tests.rooms.workflow.test_interpreter_undo import offer, undoable
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import Effect
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import StepCall, StepFailed, StepResult


@pytest.mark.parametrize("effect", [Effect.DB, Effect.IDEMPOTENT, Effect.AT_MOST_ONCE])
def test_what_was_taken_back_is_made_again_and_taken_back_again(shop: Shop, yard: Yard, effect: Effect) -> None:
    offer(shop, "a", effect=effect)
    run_id = shop.begin(yard.deploy(shop.recipe(undoable("a", effect), review("ok", after=("a",)))))
    shop.advance(run_id)
    shop.clock.advance(seconds=1)
    with shop.store.unit() as unit:
        shop.interpreter().abort(unit, run_id, actor="person:ada", reason="a mistake", final=RunState.STOPPED)
    assert shop.advance(run_id).item.state is RunState.STOPPED
    assert shop.calls == ["a", "una"]

    yard.operating.rewind(yard.who(), run_id, "a", reason="no mistake")
    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.calls == ["a", "una", "a"]
    with shop.store.unit() as unit:
        shop.interpreter().abort(unit, run_id, actor="person:ada", reason="a mistake", final=RunState.STOPPED)
    assert shop.advance(run_id).item.state is RunState.STOPPED
    assert shop.calls == ["a", "una", "a", "una"]


def test_a_run_paused_while_it_is_taken_back_stays_with_its_version(shop: Shop, yard: Yard) -> None:
    def stuck(_call: StepCall) -> StepResult:
        raise StepFailed("the door is shut")

    offer(shop, "a")
    shop.code("una", stuck, effect=Effect.IDEMPOTENT)
    shop.code("more", fine)
    run_id = shop.begin(yard.deploy(shop.recipe(undoable("a"), review("ok", after=("a",)))))
    shop.advance(run_id)
    with shop.store.unit() as unit:
        shop.interpreter().abort(unit, run_id, actor="person:ada", reason="a mistake", final=RunState.STOPPED)
    assert shop.advance(run_id).item.state is RunState.UNDOING
    yard.operating.pause(yard.who(), run_id, reason="wait")
    new = yard.deploy(shop.recipe(undoable("a"), review("ok", after=("a",)), step("more", after=("ok",))))
    done = yard.operating.migrate(yard.who(), new.id, reason="better")
    assert (done.moved, [one.run for one in done.left]) == ([], [run_id])
