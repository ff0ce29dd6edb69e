"""Which instances can begin: joins, containers, withdrawals. No rows, no clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rooms.workflow.shop import part
from tests.rooms.workflow.test_plan import done, recipe, step
from tiebeam.spec import Join, LoopUse, MapUse, Step, StepKind
from tiebeam.workflow.runs import RunPlan, StepPhase, StepState
from tiebeam.workflow.runs.frontier import Frontier
from tiebeam.workflow.runs.instances import instance_of, parts_of
from tiebeam.workflow.runs.shape import Shape


def all_of(frontier: Frontier, states: dict[str, StepState], opened: dict[str, dict[str, object]]) -> list[str]:
    """Do everything that can begin, in its order; containers open with the given output and close when through."""
    order: list[str] = []
    while (place := frontier.take()) is not None:
        name = place.instance
        if name in opened and name not in states:
            states[name] = StepState(name, StepPhase.OPEN, "open", opened[name])
        else:
            states[name] = done(name)
        order.append(name)
        frontier.changed(name)
    return order


def test_a_map_admits_its_items_in_their_order_and_closes_after_the_last() -> None:
    plan = RunPlan(
        recipe(
            part("each", StepKind.MAP, map=MapUse(over="input.items", at_once=2)),
            step("a", inside="each"),
            step("b", inside="each", after=("a",)),
            step("end", after=("each",)),
        )
    )
    states: dict[str, StepState] = {}
    order = all_of(Frontier(plan.shape, states), states, {"each": {"over": [1, 2, 3]}})
    assert order == ["each", "a[0]", "b[0]", "a[1]", "b[1]", "a[2]", "b[2]", "each", "end"]


def test_what_is_under_way_is_not_begun_a_second_time() -> None:
    plan = RunPlan(recipe(step("a"), step("b")))
    frontier = Frontier(plan.shape, {}, under_way={"a"})
    first = frontier.take()
    assert first is not None
    assert first.instance == "b"
    assert frontier.take() is None


def test_a_step_sees_a_container_for_what_lies_in_it() -> None:
    shape = Shape(
        recipe(
            part("again", StepKind.LOOP, loop=LoopUse(until="true", most=2)),
            step("inner", inside="again"),
            step("end", after=("inner",)),
        )
    )
    assert shape.before["end"] == ("again",)
    assert shape.after_all("again") == {"end"}


def test_only_what_nobody_else_needs_is_withdrawn() -> None:
    shape = Shape(
        recipe(
            step("x"),
            step("x2", after=("x",)),
            step("y"),
            step("shared"),
            step("join", after=("x2", "y", "shared"), join=Join.ANY),
            step("other", after=("shared",)),
        )
    )
    assert set(shape.losers(shape.steps["join"], frozenset({"y"}))) == {"x", "x2"}


@given(st.text("abcz-", min_size=1, max_size=9), st.lists(st.integers(0, 5000), max_size=3))
def test_the_id_of_an_instance_says_step_and_indices(step_id: str, indices: list[int]) -> None:
    assert parts_of(instance_of(step_id, tuple(indices))) == (step_id, tuple(indices))


@given(st.lists(st.integers(0, 3), max_size=5), st.integers(1, 4), st.integers(0, 40))
def test_a_frontier_made_anew_at_any_point_goes_on_where_the_other_stood(
    sizes: list[int], at_once: int, cut: int
) -> None:
    steps: list[Step] = [
        part("rows", StepKind.MAP, map=MapUse(over="input.rows", at_once=at_once)),
        part("cells", StepKind.MAP, map=MapUse(over="item", at_once=at_once), inside="rows"),
        step("cell", inside="cells"),
        step("end", after=("rows",)),
    ]
    plan = RunPlan(recipe(*steps))
    opened: dict[str, dict[str, object]] = {"rows": {"over": [list(range(size)) for size in sizes]}}
    opened |= {f"cells[{row}]": {"over": list(range(size))} for row, size in enumerate(sizes)}
    whole: dict[str, StepState] = {}
    order = all_of(Frontier(plan.shape, whole), whole, opened)
    assert sum(name.startswith("cell[") for name in order) == sum(sizes)
    assert order[-1] == "end"
    partly: dict[str, StepState] = {}
    frontier = Frontier(plan.shape, partly)
    begun: list[str] = []
    while len(begun) < min(cut, len(order)) and (place := frontier.take()) is not None:
        name = place.instance
        is_new = name in opened and name not in partly
        partly[name] = StepState(name, StepPhase.OPEN, "open", opened[name]) if is_new else done(name)
        begun.append(name)
        frontier.changed(name)
    assert begun + all_of(Frontier(plan.shape, partly), partly, opened) == order
