"""Doing again what was taken back: it is made anew, and taken back anew. (ids: B8, B11)"""

from __future__ import annotations

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, review
from tests.rooms.workflow.test_interpreter_undo import offer, undoable
from tiebeam.spec import Effect
from tiebeam.workflow.runs import RunState


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
