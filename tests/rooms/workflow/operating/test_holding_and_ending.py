"""Pausing, resuming and ending runs: who may, what is kept, what is taken back. (ids: B8, B13, HO-02)"""

from __future__ import annotations

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.errors import Invalid, Refused
from tiebeam.spec import Effect, Step, Undo
from tiebeam.workflow.operating import EffectOpen, NotPausable, NotPaused
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import EffectUnclear, StepCall, StepResult


def steps(shop: Shop) -> tuple[Step, ...]:
    """Book (which can be taken back), tell (which cannot), then a person."""
    shop.code("book", fine, effect=Effect.IDEMPOTENT)
    shop.code("unbook", fine, effect=Effect.IDEMPOTENT)
    shop.code("tell", fine, effect=Effect.AT_MOST_ONCE)
    shop.code("close", fine, effect=Effect.DB)
    return (
        step("book", effect=Effect.IDEMPOTENT, undo=Undo(uses="test.unbook")),
        step("tell", after=("book",), effect=Effect.AT_MOST_ONCE),
        review("look", after=("tell",)),
        step("close", after=("look",), effect=Effect.DB),
    )


@pytest.fixture
def parked(shop: Shop, yard: Yard) -> str:
    """A run that waits for a person after two effects."""
    run_id = shop.begin(yard.deploy(shop.recipe(*steps(shop))))
    assert shop.advance(run_id).item.state is RunState.WAITING
    return run_id


def test_a_paused_run_keeps_what_comes_and_goes_on_when_it_is_resumed(shop: Shop, yard: Yard, parked: str) -> None:
    row = yard.operating.pause(yard.who(), parked, reason="the bank is down")

    assert row.state is RunState.PAUSED
    held = shop.decide(parked, "approve")
    assert (held.item.state, states(held)["look"], "close" in states(held)) == (RunState.PAUSED, "done", False)

    yard.operating.resume(yard.who(), parked, reason="it is up again")
    assert shop.advance(parked).item.state is RunState.DONE
    assert [one["actor"] for one in yard.facts(parked, "run.paused")] == ["person:mia"]
    assert yard.facts(parked, "run.resumed")[0]["reason"] == "it is up again"


def test_only_who_answers_for_a_run_holds_it_and_only_an_open_one_is_held(shop: Shop, yard: Yard, parked: str) -> None:
    for name in ("bob", "zoe"):
        with pytest.raises(Refused):
            yard.operating.pause(yard.who(name), parked, reason="no")
    with pytest.raises(Invalid):
        yard.operating.pause(yard.who(), parked, reason="  ")
    with pytest.raises(NotPaused):
        yard.operating.resume(yard.who(), parked)
    yard.operating.pause(yard.who("ada"), parked, reason="who started it may too")
    assert yard.operating.pause(yard.who(), parked, reason="again").state is RunState.PAUSED
    with pytest.raises(Refused):
        yard.operating.resume(yard.who("bob"), parked)
    yard.operating.resume(yard.who("sam"), parked)
    shop.decide(parked, "approve")
    with pytest.raises(NotPausable):
        yard.operating.pause(yard.who(), parked, reason="too late")


def test_what_cancelling_takes_back_is_said_before_it_is_done(shop: Shop, yard: Yard, parked: str) -> None:
    with shop.store.read() as conn:
        seen = yard.operating.preview_cancel(conn, parked)

    assert [(one.instance, one.undone_by) for one in seen.undone] == [("book", "test.unbook")]
    assert [one.instance for one in seen.stays] == ["tell"]
    assert (seen.tasks, seen.unsure, seen.is_over) == (1, (), False)
    assert shop.view(parked).item.state is RunState.WAITING


def test_a_cancelled_run_takes_back_what_it_can_and_then_ends(shop: Shop, yard: Yard, parked: str) -> None:
    row = yard.operating.cancel(yard.who(), parked, reason="ordered twice")

    assert (row.state, shop.tasks(parked)) == (RunState.UNDOING, [])
    view = shop.advance(parked)
    assert (view.item.state, view.item.reason) == (RunState.CANCELLED, "ordered twice")
    assert shop.calls == ["book", "tell", "unbook"]
    assert states(view)["book"] == "undone"
    with shop.store.read() as conn:
        after = yard.operating.preview_cancel(conn, parked)
    assert (after.undone, after.is_over) == ((), True)


def test_a_run_is_ended_at_once_when_what_it_did_is_to_stay(shop: Shop, yard: Yard, parked: str) -> None:
    row = yard.operating.cancel(yard.who("ada"), parked, reason="leave it", undo=False)

    assert row.state is RunState.CANCELLED
    assert shop.advance(parked).item.state is RunState.CANCELLED
    assert shop.calls == ["book", "tell"]
    assert shop.ended == [parked]
    assert yard.operating.cancel(yard.who(), parked, reason="again").state is RunState.CANCELLED


def test_nobody_cancels_without_a_reason_or_the_right(shop: Shop, yard: Yard, parked: str) -> None:
    with pytest.raises(Refused):
        yard.operating.cancel(yard.who("bob"), parked, reason="no")
    with pytest.raises(Invalid):
        yard.operating.cancel(yard.who(), parked, reason=" ")
    assert shop.view(parked).item.state is RunState.WAITING
    assert len(shop.tasks(parked)) == 1


def test_a_run_is_not_cancelled_while_nobody_knows_whether_something_left(shop: Shop, yard: Yard) -> None:
    def unclear(_call: StepCall) -> StepResult:
        raise EffectUnclear("the line broke")

    shop.code("pay", unclear, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(step("pay", effect=Effect.AT_MOST_ONCE))
    shop.advance(run_id)

    with shop.store.read() as conn:
        seen = yard.operating.preview_cancel(conn, run_id)
    assert [one.instance for one in seen.unsure] == ["pay"]
    with pytest.raises(EffectOpen):
        yard.operating.cancel(yard.who(), run_id, reason="a mistake")
    assert len(shop.tasks(run_id)) == 1

    shop.decide(run_id, "approve")
    assert shop.view(run_id).item.state is RunState.DONE
