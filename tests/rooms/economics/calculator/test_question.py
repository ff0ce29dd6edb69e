"""A question and its query: the same both ways, and nothing impossible gets in. ids: EC-08"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.cli.calculator import calculator
from tiebeam.economics.calculator import PARAMETERS, BadQuestion, Question, Sort, question_params, read_question
from tiebeam.economics.hosting import Method
from tiebeam.spec import Capability, Precision, ServiceTier, Term


def some(kind: type[Enum]) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(kind))


share = st.decimals(min_value=0, max_value=1, places=6)
volume = st.decimals(min_value="0.001", max_value=10**7, places=3)
words = st.lists(st.sampled_from(["a.b", "c-d/e", "gpt 5", "über"]), max_size=3, unique=True).map(tuple)
length = st.none() | st.integers(1, 10**7)
maybe = st.none() | st.sampled_from(["a.b", "c-d/e"])
questions = st.builds(
    Question,
    input_parts=st.decimals(min_value=0, max_value=1000, places=3),
    output_parts=st.decimals(min_value="0.001", max_value=1000, places=3),
    calls=st.none() | volume,
    per_call=volume,
    cached=share,
    batch=share,
    service=some(ServiceTier),
    region=maybe,
    busy=share.filter(bool),
    concurrency=st.integers(1, 10**7),
    input_tokens=length,
    output_tokens=length,
    precision=some(Precision),
    backend=st.sampled_from(["vllm", "sglang"]),
    replica=st.none() | st.integers(1, 1024),
    method=st.none() | some(Method),
    term=some(Term),
    providers=words,
    classes=st.lists(some(Capability), unique=True).map(tuple),
    models=words,
    search=st.sampled_from(["", "claude opus"]),
    gpus=words,
    hosts=words,
    architectures=words.filter(bool),
    metered=maybe,
    rented=maybe,
    sort=some(Sort),
    descending=st.booleans(),
    currency=st.sampled_from(["USD", "EUR", "GBP"]),
    at=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)


@given(question=questions)
def test_a_question_comes_back_from_its_query(question: Question) -> None:
    assert read_question(question_params(question)) == question
    assert list(question_params(read_question(question_params(question)))) == list(question_params(question))


@given(tokens=st.decimals(min_value="0.000001", max_value=10**14, allow_nan=False))
def test_a_volume_comes_back_from_its_query(tokens: Decimal) -> None:
    question = read_question({"tokens": format(tokens, "f")[:40]})
    assert read_question(question_params(question)) == question


def test_the_defaults_need_no_query_and_empty_values_mean_them() -> None:
    assert question_params(Question()) == {}
    assert read_question({}) == Question()
    assert read_question({"ratio": "", "tokens": " ", "arch": ""}) == Question()
    assert (Question().input_parts, Question().output_parts, Question().volume) == (3, 1, 200_000_000)


def test_every_figure_of_a_question_has_a_parameter() -> None:
    covered = {one.attribute for one in PARAMETERS.values()} | {"input_parts", "output_parts", "sort", "descending"}
    assert covered == {one.name for one in fields(Question)}


def test_the_command_line_has_an_option_for_every_parameter_and_the_same_defaults() -> None:
    for command in calculator.commands.values():
        options = {one.opts[0][2:]: one for one in command.params if isinstance(one, click.Option)}
        assert {*PARAMETERS, "ratio", "sort"} <= {name.replace("-", "_") for name in options}
        for name, option in options.items():
            said = (option.help or "").partition("[default: ")[2].rstrip("].")
            if said and " " not in said and said != "today":
                assert read_question({name.replace("-", "_"): said}) == Question(), name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ratio", "0:0"),
        ("ratio", "0"),
        ("ratio", "3"),
        ("ratio", "-3:1"),
        ("ratio", "NaN:1"),
        ("ratio", "1001:1"),
        ("tokens", "0"),
        ("tokens", "-1"),
        ("tokens", "1000000000000000"),
        ("tokens", "1e9"),
        ("tokens", "NaN"),
        ("tokens", "Infinity"),
        ("calls", "many"),
        ("cached", "1.01"),
        ("cached", "-0.1"),
        ("cached", "101%"),
        ("batch", "NaN"),
        ("busy", "0"),
        ("busy", "1.5"),
        ("concurrency", "0"),
        ("concurrency", "1.5"),
        ("input", "0"),
        ("output", "99999999"),
        ("replica", "0"),
        ("service", "express"),
        ("precision", "int3"),
        ("method", "guess"),
        ("term", "forever"),
        ("class", "frontier,genius"),
        ("currency", "EURO"),
        ("currency", "12"),
        ("at", "yesterday"),
        ("at", "2026-02-30"),
        ("sort", "luck"),
        ("q", "x" * 201),
        ("backend", "vllm\x00"),
        ("provider", ",".join(f"p{place}" for place in range(51))),
        ("tokns", "5"),
    ],
)
def test_an_impossible_figure_is_refused_by_its_name_with_the_fix(name: str, text: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        read_question({name: text})
    assert refused.value.data["field"] == name
    assert name in refused.value.message
    assert "give" in refused.value.message or "there are" in refused.value.message
    assert refused.value.status == 422


def test_calls_times_tokens_a_call_are_a_volume_too() -> None:
    # EC-04: 100,000 interactions x 2,000 tokens.
    assert read_question({"calls": "100000", "per_call": "2000"}).volume == 200_000_000
    with pytest.raises(BadQuestion, match="calls times per_call"):
        read_question({"calls": "100000000000", "per_call": "1001"})
    with pytest.raises(BadQuestion, match="one or the other"):
        read_question({"calls": "100000", "tokens": "5"})


def test_shares_may_be_written_as_percentages_and_lists_in_either_way() -> None:
    assert read_question({"cached": "37.5%"}).cached == Decimal("0.375")
    pairs = [("provider", "openai"), ("provider", "anthropic, openai"), ("class", "frontier"), ("term", "on_demand")]
    question = read_question(pairs)
    assert question.providers == ("openai", "anthropic")
    assert question.classes == (Capability.FRONTIER,)
    assert question_params(question) == {"provider": "openai,anthropic", "class": "frontier"}


def test_a_face_may_have_parameters_of_its_own() -> None:
    assert read_question({"page": "2", "cached": "0.5"}, also={"page"}).cached == Decimal("0.5")


def test_the_lengths_of_a_request_follow_the_ratio_unless_they_are_given() -> None:
    question = read_question({"ratio": "4:1", "per_call": "1000"})
    assert (question.request_input, question.request_output) == (800, 200)
    given = read_question({"ratio": "4:1", "per_call": "1000", "output": "64"})
    assert (given.request_input, given.request_output) == (800, 64)
    assert read_question({"ratio": "0:1", "per_call": "1"}).request_input == 1
