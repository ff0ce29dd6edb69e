"""Maps over lists and loops with a bound, on both databases."""

from __future__ import annotations

from typing import Any

from tests.rooms.workflow.shop import Shop, fine, outcomes, output, part, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.spec import AtLimit, Effect, LoopUse, MapUse, Step, StepKind, StopRule
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import StepCall, StepFailed, StepResult


def walk(over: str = "input.items", **values: Any) -> Step:
    return part("each", StepKind.MAP, map=MapUse(over=over, **values))


def repeat(until: str, most: int = 3, at_limit: AtLimit = AtLimit.ASK) -> Step:
    return part("again", StepKind.LOOP, loop=LoopUse(until=until, most=most, at_limit=at_limit))


def doubles(call: StepCall) -> StepResult:
    return StepResult("done", {"twice": call.item * 2, "index": call.index}, "doubled")


def test_a_map_runs_its_body_once_for_each_item_and_gathers_the_results(shop: Shop) -> None:
    shop.code("double", doubles)
    shop.code("sum", fine)
    run_id = shop.start(
        walk(),
        step("double", inside="each"),
        step("sum", after=("each",), when="steps.each.output.items[2].output.twice == 6"),
        given={"items": [1, 2, 3]},
    )
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert states(view) == {
        "each": "done",
        "double[0]": "done",
        "double[1]": "done",
        "double[2]": "done",
        "sum": "done",
    }
    assert output(view, "each")["count"] == 3
    assert [item["output"]["twice"] for item in output(view, "each")["items"]] == [2, 4, 6]


def test_a_map_over_nothing_is_done_at_once(shop: Shop) -> None:
    shop.code("double", doubles)
    run_id = shop.start(walk(), step("double", inside="each"), given={"items": []})
    view = shop.advance(run_id)
    assert (view.item.state, output(view, "each")) == (RunState.DONE, {"count": 0, "items": []})


def test_siblings_in_a_body_see_their_own_item_and_what_stands_outside(shop: Shop) -> None:
    shop.code("first", fine)
    shop.code("double", doubles)
    shop.code("big", lambda call: StepResult("done", dict(call.output_of("double")), "seen"))
    run_id = shop.start(
        step("first"),
        part("each", StepKind.MAP, map=MapUse(over="input.items"), after=("first",)),
        step("double", inside="each"),
        step("big", inside="each", after=("double",), when="item > 1 && index < 2 && steps.first.outcome == 'done'"),
        given={"items": [1, 2, 3]},
    )
    view = shop.advance(run_id)
    assert [states(view)[f"big[{index}]"] for index in range(3)] == ["skipped", "done", "skipped"]
    assert output(view, "big[1]") == {"twice": 4, "index": 1}


def test_a_map_runs_no_more_items_at_once_than_it_says(shop: Shop) -> None:
    shop.code("end", fine)
    run_id = shop.start(
        walk(at_once=2), review("look", inside="each"), step("end", after=("each",)), given={"items": list("abcde")}
    )
    view = shop.advance(run_id)
    assert states(view) == {"each": "open", "look[0]": "waiting", "look[1]": "waiting"}
    view = shop.decide(run_id, "approve", step="look[1]")
    assert [name for name, state in states(view).items() if state == "waiting"] == ["look[0]", "look[2]"]
    for name in ("look[0]", "look[2]", "look[3]", "look[4]"):
        assert view.item.state is RunState.WAITING
        view = shop.decide(run_id, "approve", step=name)
    assert view.item.state is RunState.DONE


def test_a_list_that_is_too_long_or_no_list_is_a_problem_a_person_sees(shop: Shop) -> None:
    shop.code("double", doubles)
    long = shop.start(walk(most=2), step("double", inside="each"), given={"items": [1, 2, 3]})
    assert "takes at most 2" in (shop.advance(long).steps[0].summary or "")
    none = shop.start(walk(), step("double", inside="each"), given={"items": "abc"})
    view = shop.advance(none)
    assert (view.item.state, states(view)) == (RunState.WAITING, {"each": "problem"})


def test_an_item_with_a_problem_does_not_hold_up_the_others(shop: Shop) -> None:
    def fails_for_two(call: StepCall) -> StepResult:
        if call.item == 2:
            raise StepFailed("two is not known")
        return doubles(call)

    shop.code("double", fails_for_two)
    run_id = shop.start(walk(), step("double", inside="each"), given={"items": [1, 2, 3]})
    view = shop.advance(run_id)
    assert states(view) == {"each": "open", "double[0]": "done", "double[1]": "problem", "double[2]": "done"}
    shop.code("double", doubles)
    view = shop.decide(run_id, "approve")
    assert view.item.state is RunState.DONE
    assert shop.calls.count("double") == 4


def test_the_list_of_a_map_is_evaluated_once(shop: Shop) -> None:
    shop.code("make", lambda _call: StepResult("done", {"list": [len(shop.calls)] * 2}, "made"))
    run_id = shop.start(
        step("make"),
        part("each", StepKind.MAP, map=MapUse(over="steps.make.output.list"), after=("make",)),
        review("look", inside="each"),
    )
    shop.advance(run_id)
    shop.decide(run_id, "approve", step="look[0]")
    view = shop.decide(run_id, "approve", step="look[1]")
    assert (view.item.state, shop.calls) == (RunState.DONE, ["make"])


def counts(call: StepCall) -> StepResult:
    before = int(call.previous["count"]["output"]["n"]) if call.previous else 0
    return StepResult("done", {"n": before + 1}, "counted")


def test_a_loop_repeats_its_body_until_its_condition_holds(shop: Shop) -> None:
    shop.code("count", counts)
    shop.code("end", fine)
    run_id = shop.start(
        repeat("steps.count.output.n >= 2"), step("count", inside="again"), step("end", after=("again",))
    )
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert output(view, "again") == {"turns": 2, "last": {"outcome": "done", "output": {"n": 2}}}
    assert shop.calls == ["count", "count", "end"]


def test_conditions_in_a_loop_see_the_turn_before(shop: Shop) -> None:
    shop.code("count", counts)
    shop.code("later", fine)
    run_id = shop.start(
        repeat("index == 2"),
        step("count", inside="again"),
        step("later", inside="again", after=("count",), when="has(previous.count) && previous.count.output.n == 2"),
    )
    view = shop.advance(run_id)
    assert [states(view)[f"later[{turn}]"] for turn in range(3)] == ["skipped", "skipped", "done"]


# ids: WF-08
def test_a_loop_at_its_limit_asks_a_person_who_lets_it_go_on_or_stops_it(shop: Shop) -> None:
    shop.code("count", counts)
    shop.code("end", fine)
    steps = (repeat("false", most=2), step("count", inside="again"), step("end", after=("again",)))
    run_id = shop.start(*steps)
    view = shop.advance(run_id)
    assert (view.item.state, outcomes(view)["again"]) == (RunState.WAITING, "loop_limit")
    view = shop.decide(run_id, "approve")
    assert (view.item.state, outcomes(view)["again"]) == (RunState.DONE, "limit")
    other = shop.start(*steps)
    shop.advance(other)
    assert shop.decide(other, "reject").item.state is RunState.STOPPED


def test_a_loop_may_go_on_at_its_limit_with_what_there_is(shop: Shop) -> None:
    shop.code("count", counts)
    run_id = shop.start(repeat("false", most=2, at_limit=AtLimit.GO_ON), step("count", inside="again"))
    view = shop.advance(run_id)
    assert (view.item.state, outcomes(view)["again"], output(view, "again")["turns"]) == (RunState.DONE, "limit", 2)


# runtime: langgraph#7780, #6208, #4172
def test_a_person_in_a_loop_is_asked_each_turn_and_nothing_before_is_done_again(shop: Shop) -> None:
    shop.code("send", fine, effect=Effect.AT_MOST_ONCE)
    run_id = shop.start(
        repeat("steps.ask.outcome == 'approve'", most=5),
        step("send", inside="again", effect=Effect.AT_MOST_ONCE),
        review("ask", inside="again").model_copy(update={"after": ("send",)}),
        review("second", inside="again").model_copy(update={"after": ("send",)}),
    )
    shop.advance(run_id)
    for turn in range(3):
        assert [task.step_id for task in shop.tasks(run_id)] == [f"ask[{turn}]", f"second[{turn}]"]
        shop.decide(run_id, "approve" if turn == 2 else "reject", step=f"ask[{turn}]")
        view = shop.decide(run_id, "approve", step=f"second[{turn}]")
    assert view.item.state is RunState.DONE
    assert shop.calls == ["send"] * 3


def test_containers_lie_in_containers(shop: Shop) -> None:
    shop.code("cell", lambda call: StepResult("done", {"cell": [call.item, call.step_id]}, "done"))
    run_id = shop.start(
        part("rows", StepKind.MAP, map=MapUse(over="input.rows")),
        part("cells", StepKind.MAP, map=MapUse(over="item"), inside="rows"),
        step("cell", inside="cells"),
        given={"rows": [[1, 2], [], [3]]},
    )
    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE
    assert [name for name in states(view) if name.startswith("cell[")] == ["cell[0.0]", "cell[0.1]", "cell[2.0]"]
    assert [item["output"]["count"] for item in output(view, "rows")["items"]] == [2, 0, 1]


def test_a_stop_rule_that_looks_into_a_body_stops_the_run(shop: Shop) -> None:
    shop.code("double", doubles)
    rule = StopRule(id="four", when="steps.double.output.twice == 4", reason="four is enough")
    run_id = shop.start(walk(at_once=1), step("double", inside="each"), given={"items": [1, 2, 3]}, stop=(rule,))
    view = shop.advance(run_id)
    assert (view.item.state, view.item.reason) == (RunState.STOPPED, "four: four is enough")
    assert shop.calls == ["double", "double"]


def test_a_long_list_is_carried_in_several_segments(shop: Shop) -> None:
    shop.code("double", doubles)
    run_id = shop.start(walk(), step("double", inside="each"), given={"items": list(range(450))})
    shop.advance(run_id)
    assert len(shop.calls) < 450
    shop.all_on()
    assert shop.view(run_id).item.state is RunState.DONE
    assert len(shop.calls) == 450
