"""Runs that stand still are found, told once, shown, and forgotten when they go on; and what happens is followed.

runtime: dbos#805
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop, fine, review
from tests.rooms.workflow.test_plan import step
from tiebeam.authority import Visible
from tiebeam.spec import RunLimits
from tiebeam.store import journal_end, metadata
from tiebeam.workflow.operating import Stall, Tail, happenings, stall_of, stalls
from tiebeam.workflow.runs import RunState


@pytest.fixture
def look(shop: Shop, yard: Yard) -> Callable[[], list[Stall]]:
    """One turn of the sweeper, and what stands still then."""

    def looked() -> list[Stall]:
        yard.stalling.work()
        with shop.store.read() as conn:
            return stalls(conn)

    return looked


def lose_segments(shop: Shop) -> None:
    """What no fault may bring about, and a person with a database shell can: segments that are gone."""
    with shop.store.unit() as unit:
        unit.conn.execute(sa.delete(metadata.tables["engine_segment"]))


def test_a_run_nobody_works_on_is_told_once_and_forgotten_when_it_goes_on(
    shop: Shop, yard: Yard, look: Callable[[], list[Stall]]
) -> None:
    shop.code("read", fine)
    run_id = shop.begin(yard.deploy(shop.recipe(step("read"), review("look", after=("read",)))))
    lose_segments(shop)
    assert look() == []

    shop.clock.advance(minutes=31)
    (stall,) = look()
    assert (stall.run, stall.why) == (run_id, "it is queued and nothing is queued for it")
    assert len(look()) == 1
    (message,) = yard.messages()
    assert message.told.subject == "A test: 1 run stands still"
    assert message.told.to == ("mia@example.com",)
    assert run_id in message.told.text

    shop.advance(run_id)
    assert look() == []
    with shop.store.read() as conn:
        assert stall_of(conn, run_id) is None
    shop.clock.advance(days=30)
    assert look() == [], "whoever waits for a person waits as long as it takes"


def test_a_run_in_a_queue_is_late_while_somebody_works_and_stalled_when_nobody_does(
    shop: Shop, yard: Yard, look: Callable[[], list[Stall]]
) -> None:
    shop.code("read", fine)
    shop.begin(yard.deploy(shop.recipe(step("read"))))
    shop.clock.advance(minutes=31)
    (stall,) = look()
    assert "no worker runs" in stall.why

    with shop.store.unit() as unit:
        values = {"id": "worker_1", "queues": ["work"], "state": "alive"}
        values |= {"started_at": unit.now, "heartbeat_at": unit.now}
        unit.conn.execute(sa.insert(metadata.tables["engine_worker"]).values(**values))
    assert look() == []


def test_how_long_is_too_long_is_the_recipes_to_say(shop: Shop, yard: Yard, look: Callable[[], list[Stall]]) -> None:
    limits = RunLimits(stall_minutes=600)  # pyright: ignore
    shop.code("read", fine)
    shop.begin(yard.deploy(shop.recipe(step("read"), limits=limits)))
    lose_segments(shop)

    shop.clock.advance(hours=9)
    assert look() == []
    shop.clock.advance(hours=2)
    assert len(look()) == 1


def test_a_run_that_waits_for_nothing_at_all_is_found(shop: Shop, yard: Yard, look: Callable[[], list[Stall]]) -> None:
    run_id = shop.begin(yard.deploy(shop.recipe(review("look"))))
    shop.advance(run_id)
    with shop.store.unit() as unit:
        unit.conn.execute(sa.delete(metadata.tables["run_step"]))
    shop.clock.advance(minutes=31)

    assert [one.why for one in look()] == ["it says that it waits, and nothing in it is waited for"]


def test_a_paused_run_stands_still_by_intention(shop: Shop, yard: Yard, look: Callable[[], list[Stall]]) -> None:
    shop.code("read", fine)
    run_id = shop.begin(yard.deploy(shop.recipe(step("read"))))
    yard.operating.pause(yard.who(), run_id, reason="wait")
    shop.clock.advance(days=3)

    assert look() == []


def test_many_stalls_are_one_message(shop: Shop, yard: Yard, look: Callable[[], list[Stall]]) -> None:
    shop.code("read", fine)
    recipe = yard.deploy(shop.recipe(step("read")))
    for _ in range(25):
        shop.begin(recipe)
    lose_segments(shop)
    shop.clock.advance(minutes=31)

    assert len(look()) == 25
    (message,) = yard.messages()
    assert message.told.subject == "A test: 25 runs stand still"
    assert "and 5 more" in message.told.text


def test_what_happens_is_followed_run_by_run_and_for_all_one_may_see(shop: Shop, yard: Yard) -> None:
    shop.code("read", fine)
    recipe = yard.deploy(shop.recipe(step("read"), review("look", after=("read",))))
    with shop.store.read() as conn:
        everything = Tail(after=journal_end(conn), visible=None)
        nothing = Tail(after=0, visible=Visible("person:eve", frozenset(), frozenset(), frozenset(), frozenset()))
    first, second = shop.begin(recipe), shop.begin(recipe)

    def more(tail: Tail) -> list[tuple[str, str]]:
        with shop.store.read() as conn:
            return [(one.run, one.kind) for one in tail.more(conn)]

    assert more(everything) == [(first, "run.started"), (second, "run.started")]
    assert more(everything) == []
    shop.advance(first)
    came = more(everything)
    assert {run for run, _ in came} == {first}
    assert more(nothing) == []

    with shop.store.read() as conn:
        told = happenings(conn, first)
        rest = happenings(conn, first, after=told[0].seq)
    assert told[0].kind == "run.started"
    assert rest == told[1:]
    shop.decide(first, "approve")
    assert shop.view(first).item.state is RunState.DONE
    assert (first, "run.done") in more(everything)
