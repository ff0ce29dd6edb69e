"""An ended run through another version, dry: what computes really runs, what others said is taken from the record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, part, review
from tests.rooms.workflow.test_plan import step
from tiebeam.errors import NotFound, Refused
from tiebeam.spec import Effect, EventUse, MapUse, Recipe, StepKind, StopRule, TimerUse, Undo
from tiebeam.store import metadata
from tiebeam.workflow.operating import NotReplayable, Replay
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import StepCall, StepResult


def doubled(call: StepCall) -> StepResult:
    return StepResult("done", {"n": 2 * int(call.params.get("times", 1))}, "doubled")


@pytest.fixture
def recipe(shop: Shop, yard: Yard) -> Recipe:
    shop.code("count", doubled)
    shop.code("pay", fine, effect=Effect.AT_MOST_ONCE)
    shop.code("check", lambda call: StepResult(f"item-{call.item}", {}, "checked"))
    shop.code("close", fine, effect=Effect.DB)
    return yard.deploy(
        shop.recipe(
            step("count"),
            part("each", StepKind.MAP, map=MapUse(over="[1, 2]"), after=("count",)),
            step("check", inside="each"),
            step("pay", after=("each",), effect=Effect.AT_MOST_ONCE),
            review("look", after=("pay",)),
            part("rest", StepKind.TIMER, timer=TimerUse(after_hours=2), after=("look",)),  # pyright: ignore
            part("goods", StepKind.EVENT, event=EventUse(name="goods.arrived", key="'k'"), after=("rest",)),
            step("close", after=("goods",), effect=Effect.DB),
        )
    )


@pytest.fixture
def ended(shop: Shop, recipe: Recipe) -> str:
    run_id = shop.begin(recipe)
    shop.advance(run_id)
    shop.decide(run_id, "approve")
    shop.later(run_id, hours=3)
    shop.send("goods.arrived", "k", {"kg": 3})
    assert shop.advance(run_id).item.state is RunState.DONE
    shop.calls.clear()
    return run_id


def changed(recipe: Recipe, **steps: dict[str, object]) -> Recipe:
    """The recipe with other values in some of its steps."""
    return recipe.model_copy(
        update={"step": tuple(one.model_copy(update=steps.get(one.id, {})) for one in recipe.step)}
    )


def rows(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database."""
    with shop.store.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


def differences(done: Replay) -> dict[str, tuple[str, ...]]:
    return {one.instance: one.changes for one in done.steps if one.changes}


def test_the_same_version_gives_the_same_and_leaves_nothing(shop: Shop, yard: Yard, ended: str) -> None:
    before = rows(shop)

    done = yard.operating.replay(yard.who(), ended)

    assert not done.differs
    assert {one.instance: one.source for one in done.steps} == {
        "count": "ran",
        "each": "ran",
        "check[0]": "ran",
        "check[1]": "ran",
        "pay": "record",
        "look": "record",
        "rest": "record",
        "goods": "record",
        "close": "ran",
    }
    assert shop.calls == ["count", "check", "check", "close"]
    assert rows(shop) == before


def test_what_would_come_out_otherwise_is_told_step_by_step(shop: Shop, yard: Yard, recipe: Recipe, ended: str) -> None:
    yard.deploy(changed(recipe, count={"params": {"times": 5}}, each={"map": MapUse(over="[1, 2, 3]")}))

    done = yard.operating.replay(yard.who("sam"), ended)

    assert done.differs
    assert differences(done) == {
        "count": ("output: n",),
        "each": ("output: count, items", "evidence: over"),
        "check[2]": ("was not come to back then",),
    }
    assert done.before == done.after == "done: done"
    assert shop.calls == ["count", "check", "check", "check", "close"]


def test_a_branch_that_would_not_be_taken_and_a_question_nobody_answered_are_told(
    shop: Shop, yard: Yard, recipe: Recipe, ended: str
) -> None:
    second = review("again", after=("look",))
    yard.deploy(recipe.model_copy(update={"step": (*changed(recipe, pay={"when": "false"}).step, second)}))

    done = yard.operating.replay(yard.who(), ended)

    assert differences(done)["pay"][0] == "done → skipped"
    assert (done.after, len(done.open)) == ("not ended", 1)
    assert "again" in done.open[0]
    assert shop.calls == ["count", "check", "check", "close"]


def test_a_version_that_would_stop_the_run_undoes_nothing(shop: Shop, yard: Yard) -> None:
    shop.code("book", fine, effect=Effect.IDEMPOTENT)
    shop.code("unbook", fine, effect=Effect.IDEMPOTENT)
    booked = step("book", effect=Effect.IDEMPOTENT, undo=Undo(uses="test.unbook"))
    run_id = shop.begin(yard.deploy(shop.recipe(booked, review("look", after=("book",)))))
    shop.advance(run_id)
    shop.decide(run_id, "approve")
    shop.calls.clear()
    rule = StopRule(id="never", when="steps.look.outcome == 'approve'", reason="Never again.")
    yard.deploy(shop.recipe(booked, review("look", after=("book",)), stop=(rule,)))

    done = yard.operating.replay(yard.who(), run_id)

    assert done.before == "done: approve"
    assert "never: Never again." in done.after
    assert shop.calls == []
    assert shop.view(run_id).item.state is RunState.DONE


def test_any_version_that_was_ever_pinned_may_be_asked_and_nobody_else_asks(
    shop: Shop, yard: Yard, recipe: Recipe, ended: str
) -> None:
    digest = yard.row(ended).recipe_hash
    yard.deploy(changed(recipe, count={"params": {"times": 5}}))

    assert not yard.operating.replay(yard.who(), ended, version=digest[:8]).differs
    assert not yard.operating.replay(yard.who(), ended, version="pinned").differs
    with pytest.raises(NotFound):
        yard.operating.replay(yard.who(), ended, version="ffffffff")
    with pytest.raises(Refused):
        yard.operating.replay(yard.who("bob"), ended)


def test_an_open_run_is_not_replayed(shop: Shop, yard: Yard, recipe: Recipe) -> None:
    run_id = shop.begin(recipe)
    shop.advance(run_id)

    with pytest.raises(NotReplayable):
        yard.operating.replay(yard.who(), run_id)


def test_what_was_done_by_others_than_the_interpreter_is_taken_from_the_record(shop: Shop, yard: Yard) -> None:
    shop.code("close", fine, effect=Effect.DB)
    run_id = shop.begin(yard.deploy(shop.recipe(step("read"), step("close", after=("read",), effect=Effect.DB))))
    with shop.store.unit() as unit:
        shop.interpreter().record(unit, run_id, "read", outcome="read", output={"number": "R-1"})
    assert shop.advance(run_id).item.state is RunState.DONE

    done = yard.operating.replay(yard.who(), run_id)

    assert not done.differs
    assert [(one.instance, one.source) for one in done.steps] == [("read", "record"), ("close", "ran")]
