"""The pure order of steps: what is next, what is skipped, what stops a run, who is asked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.spec import EscalationRule, Meta, Recipe, Step, StopRule
from tiebeam.workflow.runs import NoHandoff, RunPlan, StepPhase, StepState

META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))


def step(step_id: str, **values: object) -> Step:
    return Step(id=step_id, title=step_id, pattern="matching", uses=f"test.{step_id}", **values)  # pyright: ignore


def recipe(*steps: Step, **values: object) -> Recipe:
    return Recipe(
        id="test.intent/recipe",
        meta=META,
        intent="test.intent",
        title="A recipe",
        summary="For tests",
        workforce_effect="None",
        step=steps,
        **values,  # pyright: ignore
    )


def done(step_id: str, outcome: str = "done", **output: object) -> StepState:
    return StepState(step_id, StepPhase.DONE, outcome, output)


def test_a_step_waits_for_all_steps_it_names() -> None:
    plan = RunPlan(recipe(step("a"), step("b"), step("c", after=("a", "b"))))
    first = plan.next_step({})
    assert first is not None
    assert first.id == "a"
    second = plan.next_step({"a": done("a")})
    assert second is not None
    assert second.id == "b"
    both = {"a": done("a"), "b": done("b")}
    third = plan.next_step(both)
    assert third is not None
    assert third.id == "c"
    assert plan.next_step({**both, "c": done("c")}) is None


def test_a_step_whose_predecessor_waits_for_a_person_does_not_begin() -> None:
    plan = RunPlan(recipe(step("a"), step("b", after=("a",))))
    waiting = {"a": StepState("a", StepPhase.WAITING, "waiting", {})}
    assert plan.next_step(waiting) is None


def test_a_condition_sees_outcomes_and_outputs_under_names_without_hyphens() -> None:
    plan = RunPlan(recipe(step("call-back"), step("b", after=("call-back",), when="steps.call_back.output.n > 2")))
    states = {"call-back": done("call-back", n=3)}
    variables = plan.variables(states, run_input={})
    assert plan.applies(plan.step("b"), variables)
    fewer = plan.variables({"call-back": done("call-back", n=1)}, run_input={})
    assert not plan.applies(plan.step("b"), fewer)


# ids: WF-08, B13
def test_a_stop_rule_fires_with_its_reason_once_its_step_ran() -> None:
    stop = StopRule(id="too-many", when="steps.a.outcome == 'done' && steps.a.output.n > 5", reason="more than five")
    plan = RunPlan(recipe(step("a"), stop=(stop,)))
    assert plan.stop_reason(plan.variables({}, run_input={}), after=plan.step("a")) is None
    assert plan.stop_reason(plan.variables({"a": done("a", n=5)}, run_input={}), after=plan.step("a")) is None
    reason = plan.stop_reason(plan.variables({"a": done("a", n=6)}, run_input={}), after=plan.step("a"))
    assert reason == "too-many: more than five"


# ids: HO-01, C3
def test_the_first_escalation_rule_that_holds_chooses_the_protocol() -> None:
    rules = (
        EscalationRule(id="doubt", when="problem.kind == 'ambiguous_effect'", handoff="test.doubt"),
        EscalationRule(id="rest", when="true", handoff="test.rest"),
    )
    plan = RunPlan(recipe(step("a"), escalation=rules))
    problem = {"kind": "ambiguous_effect", "step": "a", "message": "?", "found": {}}
    assert plan.handoff(plan.variables({}, run_input={}, problem=problem)) == ("test.doubt", "doubt")
    assert plan.handoff(plan.variables({}, run_input={})) == ("test.rest", "rest")


def test_a_recipe_without_a_rule_for_the_case_says_what_to_add() -> None:
    plan = RunPlan(recipe(step("a")))
    with pytest.raises(NoHandoff, match="add a last rule"):
        plan.handoff(plan.variables({}, run_input={}))


# ids: WF-15
@given(edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_every_step_of_any_order_without_a_circle_runs_exactly_once(edges: list[tuple[int, int]]) -> None:
    after: dict[int, set[int]] = {n: set() for n in range(8)}
    for low, high in edges:
        if low < high:
            after[high].add(low)
    steps = [step(f"s{n}", after=tuple(f"s{m}" for m in sorted(after[n]))) for n in range(8)]
    plan = RunPlan(recipe(*steps))
    states: dict[str, StepState] = {}
    order: list[str] = []
    while (following := plan.next_step(states)) is not None:
        assert set(following.after) <= set(order)
        order.append(following.id)
        states[following.id] = done(following.id)
    assert sorted(order) == sorted(item.id for item in steps)
