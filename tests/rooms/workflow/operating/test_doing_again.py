"""Doing runs again: from where they failed, from a step on, and as another run. (ids: B8, B11, HO-02)"""

from __future__ import annotations

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, outcomes, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.errors import Invalid, NotFound, Refused
from tiebeam.spec import Effect, LoopUse, Step, StepKind
from tiebeam.workflow.operating import (
    EffectStands,
    NotForkable,
    NotRewindable,
    error_of,
    fork_of,
    forks_from,
    put_aside,
)
from tiebeam.workflow.promotion import NotInService
from tiebeam.workflow.runs import NotFailed, RunState, fail_run
from tiebeam.workflow.steps import StepResult


def steps(shop: Shop) -> tuple[Step, ...]:
    """Read, pay (once for ever), tell (as often as one likes), close."""
    shop.code("read", fine)
    shop.code("pay", fine, effect=Effect.AT_MOST_ONCE)
    shop.code("tell", fine, effect=Effect.IDEMPOTENT)
    shop.code("close", fine, effect=Effect.DB)
    return (
        step("read"),
        step("pay", after=("read",), effect=Effect.AT_MOST_ONCE),
        step("tell", after=("pay",), effect=Effect.IDEMPOTENT),
        step("close", after=("tell",), effect=Effect.DB),
    )


@pytest.fixture
def ended(shop: Shop, yard: Yard) -> str:
    run_id = shop.begin(yard.deploy(shop.recipe(*steps(shop))))
    assert shop.advance(run_id).item.state is RunState.DONE
    shop.calls.clear()
    return run_id


def fail(shop: Shop, run_id: str, error: str = "Traceback\nValueError: no such drawer") -> None:
    """What becomes of a run whose segment failed again and again."""
    with shop.store.unit() as unit:
        fail_run(unit, run_id, error=error)


def test_a_failed_run_is_kept_aside_seen_with_its_error_and_let_go_again(shop: Shop, yard: Yard) -> None:
    run_id = shop.start(*steps(shop))
    fail(shop, run_id)

    with shop.store.read() as conn:
        aside, error = put_aside(conn), error_of(conn, run_id)
    assert [(one.run, one.reason.split(": ")[1]) for one in aside.runs] == [(run_id, "ValueError")]
    assert error is not None
    assert (error["reference"], "no such drawer" in error["error"]) == (aside.runs[0].reference, True)

    with pytest.raises(Refused):
        yard.operating.retry(yard.who("bob"), run_id)
    assert yard.operating.retry(yard.who(), run_id).state is RunState.QUEUED
    assert shop.advance(run_id).item.state is RunState.DONE
    with pytest.raises(NotFailed):
        yard.operating.retry(yard.who(), run_id)
    with shop.store.read() as conn:
        assert put_aside(conn).total == 0


def test_what_doing_it_again_means_is_said_first(shop: Shop, yard: Yard, ended: str) -> None:
    with shop.store.read() as conn:
        seen = yard.operating.preview_rewind(conn, ended, "pay")
        with pytest.raises(NotFound):
            yard.operating.preview_rewind(conn, ended, "nothing")

    assert seen.forgets == ("pay", "tell", "close")
    assert [one.instance for one in seen.stands] == ["pay"]
    assert [one.instance for one in seen.repeats] == ["tell"]
    assert seen.refusal == ""


def test_what_happened_once_is_not_done_again_unless_somebody_says_what_became_of_it(
    shop: Shop, yard: Yard, ended: str
) -> None:
    with pytest.raises(EffectStands) as stands:
        yard.operating.rewind(yard.who(), ended, "pay", reason="a wrong amount")
    assert "--keep pay" in stands.value.message
    with pytest.raises(Invalid):
        yard.operating.rewind(yard.who(), ended, "pay", reason="x", keep=("tell",))
    with pytest.raises(Invalid):
        yard.operating.rewind(yard.who(), ended, "pay", reason="x", keep=("pay",), again=("pay",))
    with pytest.raises(Invalid):
        yard.operating.rewind(yard.who(), ended, "pay", reason=" ", keep=("pay",))
    with pytest.raises(Refused):
        yard.operating.rewind(yard.who("bob"), ended, "tell", reason="x")

    assert shop.view(ended).item.state is RunState.DONE
    assert shop.calls == []


def test_a_kept_effect_gives_its_result_and_leaves_nothing_a_second_time(shop: Shop, yard: Yard, ended: str) -> None:
    yard.operating.rewind(yard.who(), ended, "pay", reason="close it anew", keep=("pay",))

    assert shop.advance(ended).item.state is RunState.DONE
    assert shop.calls == ["tell", "close"]
    (said,) = yard.facts(ended, "run.again")
    assert (said["actor"], said["kept"], said["again"], said["reason"]) == ("person:mia", ["pay"], [], "close it anew")


def test_an_effect_that_was_taken_back_outside_is_made_again(shop: Shop, yard: Yard, ended: str) -> None:
    yard.operating.rewind(yard.who(), ended, "pay", reason="the bank sent it back", again=("pay",))

    assert shop.advance(ended).item.state is RunState.DONE
    assert shop.calls == ["pay", "tell", "close"]


def test_a_run_under_way_is_set_back_and_its_open_task_withdrawn(shop: Shop, yard: Yard) -> None:
    shop.code("read", fine)
    run_id = shop.start(step("read"), review("look", after=("read",)))
    shop.advance(run_id)
    (task,) = shop.tasks(run_id)

    yard.operating.rewind(yard.who(), run_id, "read", reason="another scan came")

    assert shop.advance(run_id).item.state is RunState.WAITING
    assert shop.calls == ["read", "read"]
    assert [one.id for one in shop.tasks(run_id)] != [task.id]


def test_one_turn_of_a_loop_is_done_again_without_those_before_it(shop: Shop, yard: Yard) -> None:
    shop.code("try", lambda call: StepResult("done", {"n": call.index}, "done"))
    loop = LoopUse(until="index >= 2", most=5)
    run_id = shop.start(step("again", kind=StepKind.LOOP, loop=loop), step("try", inside="again"))
    assert shop.advance(run_id).item.state is RunState.DONE
    shop.calls.clear()

    yard.operating.rewind(yard.who(), run_id, "try[1]", reason="that one was wrong")

    assert shop.advance(run_id).item.state is RunState.DONE
    assert len(shop.calls) == 2


def test_a_cancelled_run_is_not_set_back(shop: Shop, yard: Yard) -> None:
    run_id = shop.start(review("look"))
    shop.advance(run_id)
    yard.operating.cancel(yard.who(), run_id, reason="no")

    with pytest.raises(NotRewindable):
        yard.operating.rewind(yard.who(), run_id, "look", reason="yes after all")


def test_a_new_run_begins_where_an_ended_one_stood_and_takes_its_effects_as_they_were(
    shop: Shop, yard: Yard, ended: str
) -> None:
    made = yard.operating.fork(yard.who(), ended, reason="close it by the book", step="close")

    view = shop.advance(made.id)
    assert (view.item.state, shop.calls) == (RunState.DONE, ["close"])
    assert outcomes(view) == {"read": "done", "pay": "done", "tell": "done", "close": "done"}
    assert view.item.started_by == "person:mia"
    with shop.store.read() as conn:
        origin, forks = fork_of(conn, made.id), forks_from(conn, ended)
    assert origin is not None
    assert (origin.from_run, origin.step) == (ended, "close")
    assert [one.run for one in forks] == [made.id]
    assert yard.facts(ended, "run.forked")[0]["to"] == made.id


def test_a_fork_that_would_do_something_twice_asks_for_each_of_it(shop: Shop, yard: Yard, ended: str) -> None:
    with shop.store.read() as conn:
        seen = yard.operating.preview_fork(conn, ended, step="pay")
    assert [one.instance for one in seen.stands] == ["tell", "pay"]
    assert (seen.takes, seen.refusal) == (("read",), "")

    with pytest.raises(EffectStands):
        yard.operating.fork(yard.who(), ended, reason="once more", step="pay", again=("pay",))
    with pytest.raises(Refused):
        yard.operating.fork(yard.who("ada"), ended, reason="once more", step="pay")
    with pytest.raises(Invalid):
        yard.operating.fork(yard.who(), ended, reason="", step="pay", again=("pay", "tell"))


def test_a_fork_by_another_version_needs_one_that_fits_and_is_in_service(shop: Shop, yard: Yard, ended: str) -> None:
    given = steps(shop)
    shop.code("check", fine)
    late = step("close", after=("check",), effect=Effect.DB)
    yard.deploy(shop.recipe(*given[:3], step("check", after=("tell",)), late))

    made = yard.operating.fork(yard.who(), ended, reason="with the check", step="close", version="applied")
    assert states(shop.advance(made.id))["check"] == "done"
    assert shop.calls == ["check", "close"]

    yard.gates.shut = True
    with pytest.raises(NotInService):
        yard.operating.fork(yard.who(), ended, reason="x", step="close", version="applied")
    yard.gates.shut = False
    yard.deploy(shop.recipe(given[0], step("close", after=("read",), effect=Effect.DB)))
    with pytest.raises(NotForkable, match="'pay' has had an effect"):
        yard.operating.fork(yard.who(), ended, reason="x", step="close", version="applied")
    with pytest.raises(NotFound):
        yard.operating.fork(yard.who(), ended, reason="x", version="abcdef123456")


def test_two_open_runs_of_one_case_are_refused(shop: Shop, yard: Yard) -> None:
    run_id = shop.begin(yard.deploy(shop.recipe(review("look"))))
    shop.advance(run_id)

    with pytest.raises(NotForkable, match="cancel it first"):
        yard.operating.fork(yard.who(), run_id, reason="x")
    yard.operating.cancel(yard.who(), run_id, reason="begun wrongly")
    made = yard.operating.fork(yard.who(), run_id, reason="begun anew")
    assert shop.advance(made.id).item.state is RunState.WAITING
