"""Conditions are decided exactly, or refused. ids: WF-08, B13, HO-01"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.spec import ConditionBroken, ConditionFailed, compile_condition

NAMES = ("input", "run", "steps.match", "steps.decide", "steps.call_back")


def test_a_condition_reads_the_outcome_of_an_earlier_step() -> None:
    condition = compile_condition("steps.decide.outcome == 'hold' && 'missing_po' in steps.decide.output.labels", NAMES)
    steps = {"decide": {"outcome": "hold", "output": {"labels": ["missing_po"]}}}
    assert condition.holds({"steps": steps})
    assert not condition.holds({"steps": {"decide": {"outcome": "auto_pay", "output": {"labels": []}}}})
    assert condition.paths == ("steps.decide.outcome", "steps.decide.output.labels")


def test_a_member_that_is_not_there_fails_closed() -> None:
    condition = compile_condition("steps.match.output.rate > 1", NAMES)
    with pytest.raises(ConditionFailed, match="'rate'"):
        condition.holds({"steps": {"match": {"output": {}}}})


@pytest.mark.parametrize("value", ["7", None, [], {}])
def test_another_type_fails_closed(value: object) -> None:
    with pytest.raises(ConditionFailed):
        compile_condition("input > 5", NAMES).holds({"input": value})


def test_a_result_that_is_neither_true_nor_false_fails_closed() -> None:
    with pytest.raises(ConditionFailed, match="instead of true or false"):
        compile_condition("input", NAMES).holds({"input": "yes"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("step.match.outcome == 'x'", "did you mean 'steps'"),
        ("steps.mach.outcome == 'x'", "did you mean 'steps.match'"),
        ("steps['match'].outcome == 'x'", "names 'steps'"),
        ("steps.size() > 1", "names 'steps.size'"),
        ("input.list.exists(x, x == y)", "names 'y'"),
        ("[1].map(x, steps.later.outcome) == []", "names 'steps.later'"),
        ("steps.match.outcome ==", "not CEL"),
        ("'unclosed", "not CEL"),
        ("[1].all(steps, steps.later == 1)", "reuses the name 'steps'"),
    ],
)
def test_an_unknown_name_or_broken_text_is_refused_with_its_fix(text: str, says: str) -> None:
    with pytest.raises(ConditionBroken) as refused:
        compile_condition(text, NAMES)
    assert says in refused.value.message


def test_names_inside_quotes_and_bound_by_a_walk_are_not_variables() -> None:
    condition = compile_condition(
        "input.labels.exists(label, label == 'steps.later.outcome') || 'it\\'s other.name' == \"a\"", NAMES
    )
    assert condition.holds({"input": {"labels": ["steps.later.outcome"]}})


def test_amounts_and_dates_are_read_as_text() -> None:
    values = {"input": {"gross": Decimal("5000.00"), "day": date(2026, 3, 1)}}
    assert compile_condition("double(input.gross) <= 5000.0 && input.day == '2026-03-01'", NAMES).holds(values)


def test_oversized_data_and_nested_walks_are_refused() -> None:
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    with pytest.raises(ConditionFailed, match="levels"):
        compile_condition("run == 1", NAMES).holds({"run": deep})
    with pytest.raises(ConditionFailed, match="values"):
        compile_condition("run == 1", NAMES).holds({"run": list(range(30_000))})
    with pytest.raises(ConditionBroken, match="lists"):
        compile_condition("run.all(a, run.all(b, run.all(c, run.all(d, true))))", NAMES)
    with pytest.raises(ConditionBroken, match="characters"):
        compile_condition("run == '" + "x" * 600 + "'", NAMES)


@given(st.text(max_size=60))
def test_any_text_either_compiles_or_is_refused(text: str) -> None:
    with suppress(ConditionBroken):
        compile_condition(text, NAMES)
