"""Usage as providers state it becomes classes that share nothing, and their sum is the invoice."""

# ids: EC-19, EC-21, D5
from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.economics.tokens.answers import ANSWERS, Stated

from tiebeam.economics.metering import Usage
from tiebeam.economics.tokens import usage_of
from tiebeam.spec import Endpoint, UpstreamKind


def chat(usage: Any) -> Usage | None:
    return usage_of(Endpoint.CHAT, UpstreamKind.OPENAI, json.dumps({"choices": [], "usage": usage}).encode())


# complaint: 12
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_every_provider_s_usage_is_charged_as_its_invoice_says(answer: Stated) -> None:
    found = usage_of(answer.endpoint, answer.kind, json.dumps(answer.body).encode())

    assert found == answer.expected
    assert answer.charged(found) == Decimal(answer.usd)
    assert answer.source


# complaint: 12
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_no_token_is_counted_twice_and_none_is_lost(answer: Stated) -> None:
    stated = answer.usage
    total = stated.get("total_tokens")
    if total is None:
        total = sum(
            stated[name]
            for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
        )
    assert answer.expected.all_input + answer.expected.all_output == total


# complaint: 11
def test_a_stated_zero_stays_zero_and_nothing_stated_is_none() -> None:
    assert chat({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}) == Usage()
    assert (
        usage_of(Endpoint.MESSAGES, UpstreamKind.ANTHROPIC, b'{"usage":{"input_tokens":0,"output_tokens":0}}')
        == Usage()
    )
    assert chat(None) is None
    assert chat({}) is None
    assert usage_of(Endpoint.CHAT, UpstreamKind.OPENAI, b'{"choices":[]}') is None


def test_a_completion_left_out_is_what_the_total_has_beyond_the_prompt() -> None:
    assert chat({"prompt_tokens": 7, "total_tokens": 10}) == Usage(input=7, output=3)
    assert chat({"prompt_tokens": 7}) is None
    assert chat({"completion_tokens": 7}) is None


def test_reasoning_beside_the_completion_is_found_without_a_total_too() -> None:
    found = chat({"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 9}})
    assert found == Usage(input=5, output=2, reasoning=9)


def test_a_total_that_differs_for_another_reason_adds_nothing() -> None:
    assert chat({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 900}) == Usage(input=5, output=2)


def test_whole_numbers_with_a_point_are_taken() -> None:
    assert chat({"prompt_tokens": 5.0, "completion_tokens": 2.0}) == Usage(input=5, output=2)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": 10**30, "completion_tokens": 2},
        {"prompt_tokens": "5", "completion_tokens": 2},
        {"prompt_tokens": True, "completion_tokens": 2},
        {"prompt_tokens": [5], "completion_tokens": 2},
        [1],
        "5",
    ],
)
def test_what_cannot_be_a_count_states_nothing(usage: Any) -> None:
    assert chat(usage) is None


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"<html>", b'{"usage":' + b"[" * 50_000, b'{"usage":1e999}']
)
def test_an_unreadable_answer_states_nothing(body: bytes) -> None:
    for endpoint in Endpoint:
        assert usage_of(endpoint, UpstreamKind.OPENAI, body) is None


COUNT = st.one_of(st.none(), st.integers(-5, 5_000), st.floats(0, 5_000), st.text(max_size=2), st.booleans())
DETAILS = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(["cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens"]), COUNT, max_size=4
    ),
)


@given(
    usage=st.fixed_dictionaries(
        {},
        optional={
            "prompt_tokens": COUNT,
            "completion_tokens": COUNT,
            "total_tokens": COUNT,
            "prompt_tokens_details": DETAILS,
            "completion_tokens_details": DETAILS,
            "input_tokens": COUNT,
            "output_tokens": COUNT,
            "cached_tokens": COUNT,
            "reasoning_tokens": COUNT,
        },
    ),
    kind=st.sampled_from(UpstreamKind),
    endpoint=st.sampled_from(Endpoint),
)
def test_whatever_is_stated_no_class_is_negative(usage: dict[str, Any], kind: UpstreamKind, endpoint: Endpoint) -> None:
    found = usage_of(endpoint, kind, json.dumps({"usage": usage}).encode())
    if found is not None:
        assert min(getattr(found, name) for name in Usage.__slots__) >= 0


def _written(endpoint: Endpoint, usage: dict[str, object], *, keeps_an_hour: bool) -> tuple[int, int]:
    body = json.dumps({"usage": usage}).encode()
    found = usage_of(endpoint, UpstreamKind.ANTHROPIC, body, keeps_an_hour=keeps_an_hour)
    assert found is not None
    return found.cache_write, found.cache_write_1h


@pytest.mark.parametrize("keeps_an_hour", [False, True])
def test_what_is_kept_for_an_hour_is_a_class_of_its_own(keeps_an_hour: bool) -> None:
    plain = {"input_tokens": 5, "output_tokens": 7, "cache_creation_input_tokens": 300, "cache_read_input_tokens": 40}
    split = {**plain, "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200}}
    alone = {name: value for name, value in split.items() if name != "cache_creation_input_tokens"}

    assert _written(Endpoint.MESSAGES, split, keeps_an_hour=keeps_an_hour) == (100, 200)
    assert _written(Endpoint.MESSAGES, alone, keeps_an_hour=keeps_an_hour) == (100, 200)
    # Nothing says how long: where it may be an hour, it is charged as one.
    assert _written(Endpoint.MESSAGES, plain, keeps_an_hour=keeps_an_hour) == ((0, 300) if keeps_an_hour else (300, 0))
    chat = {"prompt_tokens": 500, "completion_tokens": 7, "prompt_tokens_details": {"cache_write_tokens": 300}}
    assert _written(Endpoint.CHAT, chat, keeps_an_hour=keeps_an_hour) == ((0, 300) if keeps_an_hour else (300, 0))
