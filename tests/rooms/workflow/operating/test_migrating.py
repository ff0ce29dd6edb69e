"""Runs stay by the version they began with, and are moved to another when somebody says so. (ids: B11, WF-15)"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, outcomes, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.errors import Invalid, NotFound, Refused
from tiebeam.spec import Effect, EventUse, Recipe, RecipeUse, RunLimits, StepKind, TimerUse
from tiebeam.workflow.operating import MigrationPreview
from tiebeam.workflow.promotion import NotInService
from tiebeam.workflow.runs import RunState

ID = "test.intent/recipe"
ARRIVAL = EventUse(name="goods.arrived", key="input.subject")


@pytest.fixture
def old(shop: Shop, yard: Yard) -> Recipe:
    for name in ("read", "pay", "close", "tell"):
        shop.code(name, fine, effect=Effect.DB if name == "close" else Effect.PURE)
    shop.code("pay", fine, effect=Effect.AT_MOST_ONCE)
    return yard.deploy(
        shop.recipe(
            step("read"),
            step("pay", after=("read",), effect=Effect.AT_MOST_ONCE),
            review("look", after=("pay",)),
            step("close", after=("look",), effect=Effect.DB),
        )
    )


@pytest.fixture
def newer(shop: Shop, old: Recipe) -> Recipe:
    """Tells somebody beside the review, and once more after it."""
    return shop.recipe(
        *old.step[:3],
        step("tell", after=("read",)),
        step("close", after=("look", "tell"), effect=Effect.DB),
    )


def preview(yard: Yard, shop: Shop, **values: object) -> MigrationPreview:
    with shop.store.read() as conn:
        return yard.operating.preview_migration(yard.who(), conn, ID, **values)  # pyright: ignore


def test_a_deploy_moves_nobody_and_a_preview_says_who_would_go_where(
    shop: Shop, yard: Yard, old: Recipe, newer: Recipe
) -> None:
    run_id = shop.begin(old)
    shop.advance(run_id)
    yard.deploy(newer)

    seen = preview(yard, shop)
    (one,) = seen.runs
    assert (seen.fits, seen.elsewhere, seen.refusal, seen.after) == (1, 1, "", "")
    assert (one.run, one.state, one.fit.waits, one.fit.next) == (run_id, RunState.WAITING, ("look",), ("tell",))

    done = shop.decide(run_id, "approve")
    assert (done.item.state, "tell" in outcomes(done)) == (RunState.DONE, False)


def test_a_moved_run_goes_on_by_the_applied_version_with_what_it_had_done(
    shop: Shop, yard: Yard, old: Recipe, newer: Recipe
) -> None:
    run_id = shop.begin(old)
    shop.advance(run_id)
    yard.deploy(newer)

    done = yard.operating.migrate(yard.who(), ID, reason="tell them too")

    assert (done.moved, done.left, done.batches) == ([run_id], [], 1)
    assert states(shop.advance(run_id))["tell"] == "done"
    assert states(shop.decide(run_id, "approve"))["close"] == "done"
    assert shop.calls == ["read", "pay", "tell", "close"]
    (said,) = yard.facts(run_id, "run.migrated")
    assert (said["actor"], said["from"] != said["to"], said["reason"]) == ("person:mia", True, "tell them too")
    assert preview(yard, shop).runs == ()


def test_a_run_that_does_not_fit_stays_and_ends_by_its_own_version(shop: Shop, yard: Yard, old: Recipe) -> None:
    run_id = shop.begin(old)
    shop.advance(run_id)
    yard.deploy(shop.recipe(old.step[0], step("close", after=("read",), effect=Effect.DB)))

    done = yard.operating.migrate(yard.who(), ID, reason="shorter")

    assert done.moved == []
    assert "'pay' has had an effect" in done.left[0].fit.reasons[0]
    assert yard.facts(run_id, "run.migrated") == []
    assert shop.decide(run_id, "approve").item.state is RunState.DONE


def test_who_may_not_and_versions_that_take_no_work_move_nothing(
    shop: Shop, yard: Yard, old: Recipe, newer: Recipe
) -> None:
    run_id = shop.begin(old)
    shop.advance(run_id)
    yard.deploy(newer)

    for name in ("ada", "zoe"):
        with pytest.raises(Refused):
            yard.operating.migrate(yard.who(name), ID, reason="x")
        with shop.store.read() as conn, pytest.raises(Refused):
            yard.operating.preview_migration(yard.who(name), conn, ID)
    with pytest.raises(Invalid):
        yard.operating.migrate(yard.who(), ID, reason=" ")
    with pytest.raises(NotFound):
        yard.operating.migrate(yard.who(), "test.intent/another", reason="x")
    yard.gates.shut = True
    assert "was changed" in preview(yard, shop).refusal
    with pytest.raises(NotInService):
        yard.operating.migrate(yard.who(), ID, reason="x")
    yard.gates.shut = False
    assert yard.operating.migrate(yard.who("sam"), ID, reason="x").moved == [run_id]


def test_a_paused_run_is_moved_and_stays_paused(shop: Shop, yard: Yard, old: Recipe, newer: Recipe) -> None:
    run_id = shop.begin(old)
    shop.advance(run_id)
    yard.operating.pause(yard.who(), run_id, reason="wait")
    yard.deploy(newer)

    assert yard.operating.migrate(yard.who(), ID, reason="x").moved == [run_id]
    assert "tell" not in states(shop.advance(run_id))

    yard.operating.resume(yard.who(), run_id)
    assert states(shop.advance(run_id))["tell"] == "done"


def test_a_moved_run_takes_the_deadline_and_the_recipes_of_its_new_version(shop: Shop, yard: Yard, old: Recipe) -> None:
    shop.code("look-up", fine)
    yard.deploy(shop.recipe(step("look-up"), id="test.intent/other"))
    run_id = shop.begin(old)
    shop.advance(run_id)
    child = part("child", StepKind.RECIPE, recipe=RecipeUse(id="test.intent/other"), after=("look",))
    yard.deploy(shop.recipe(*old.step[:3], child, limits=RunLimits(deadline_hours=4)))  # pyright: ignore

    yard.operating.migrate(yard.who(), ID, reason="x")

    row = yard.row(run_id)
    assert row.deadline_at is not None
    assert (row.deadline_at - row.started_at).total_seconds() == 4 * 3600
    assert list(row.pins or {}) == ["test.intent/other"]
    shop.decide(run_id, "approve")
    shop.all_on()
    assert shop.view(run_id).item.state is RunState.DONE


def test_a_call_under_way_keeps_its_run_where_it_is(shop: Shop, yard: Yard, old: Recipe, newer: Recipe) -> None:
    run_id = shop.begin(old)
    yard.deploy(newer)
    seen: list[MigrationPreview] = []

    def look(call: object) -> object:
        seen.append(preview(yard, shop))
        return fine(call)  # pyright: ignore

    shop.code("pay", look, effect=Effect.AT_MOST_ONCE)  # pyright: ignore
    shop.advance(run_id)

    assert "a call to another system is under way" in seen[0].runs[0].fit.reasons[0]


# runtime: druks#619
def test_a_thousand_open_waits_outlive_a_deploy_and_are_moved_in_bounded_batches(shop: Shop, yard: Yard) -> None:
    shop.code("read", fine)
    shop.code("close", fine, effect=Effect.DB)
    shop.code("tell", fine)
    first = shop.recipe(
        step("read"),
        review("look", after=("read",)),
        part("rest", StepKind.TIMER, timer=TimerUse(after_hours=2), after=("read",)),  # pyright: ignore
        part("goods", StepKind.EVENT, event=ARRIVAL, after=("read",)),
        step("close", after=("look", "rest", "goods"), effect=Effect.DB),
    )
    yard.deploy(first)
    interpreter = shop.interpreter()
    runs: list[str] = []
    with shop.store.unit() as unit:
        for number in range(1_000):
            row = interpreter.start(
                unit,
                first,
                team="payables",
                subject=f"case {number}",
                run_input={"subject": f"case {number}"},
                actor="person:ada",
            )
            runs.append(row.id)
    for start in range(0, 1_000, 100):
        with shop.store.unit() as unit:
            for run_id in runs[start : start + 100]:
                interpreter.work(unit, run_id)
    assert Counter(shop.view(run_id).item.state for run_id in runs[::100]) == {RunState.WAITING: 10}

    second = yard.deploy(shop.recipe(*first.step[:4], step("tell", after=("look", "rest", "goods")), first.step[4]))
    assert second.step[-1].id == "close"
    stays, *others = runs[:3]
    shop.send(ARRIVAL.name, "case 0", {})
    shop.later(stays, hours=3)
    assert "tell" not in states(shop.decide(stays, "approve"))

    seen = preview(yard, shop)
    assert (seen.elsewhere, len(seen.runs), seen.fits, bool(seen.after)) == (999, 200, 200, True)
    done = yard.operating.migrate(yard.who(), ID, reason="tell them")

    assert (len(done.moved), len(done.left), done.batches) == (999, 0, 10)
    assert preview(yard, shop).elsewhere == 0
    for number, run_id in enumerate(others, start=1):
        shop.send(ARRIVAL.name, f"case {number}", {}, event_id=f"event_{number}")
        shop.later(run_id)
        view = shop.decide(run_id, "approve")
        assert (view.item.state, states(view)["tell"]) == (RunState.DONE, "done")
