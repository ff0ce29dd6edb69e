"""Edits change one member of the request and not one byte besides."""

# ids: EC-21, C6
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.tokens import (
    Malformed,
    limit_member,
    with_model,
    with_output_limit,
    with_stream_usage,
)
from tiebeam.spec import Endpoint, UpstreamKind

KEYS = st.one_of(
    st.sampled_from(
        ["model", "messages", "stream_options", "max_tokens", "max_completion_tokens", "a", 'q"uote', "\\"]
    ),
    st.text(max_size=6),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats(-5, 5) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)
INDENT = st.sampled_from([None, 1, "\t"])


def written(value: dict[str, Any], *, ascii_only: bool, indent: Any) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()


@given(value=OBJECTS, ascii_only=st.booleans(), indent=INDENT, name=st.text(min_size=1, max_size=8))
def test_a_model_s_name_is_all_that_changes(value: dict[str, Any], ascii_only: bool, indent: Any, name: str) -> None:
    value = {**value, "model": "asked"}
    assert json.loads(with_model(written(value, ascii_only=ascii_only, indent=indent), name)) == {
        **value,
        "model": name,
    }


@given(value=OBJECTS, ascii_only=st.booleans(), indent=INDENT, options=VALUES)
def test_asking_for_usage_keeps_the_other_options(
    value: dict[str, Any], ascii_only: bool, indent: Any, options: Any
) -> None:
    value = {**value, "stream_options": options}
    kept = options if isinstance(options, dict) else {}
    edited = with_stream_usage(written(value, ascii_only=ascii_only, indent=indent))
    assert json.loads(edited) == {**value, "stream_options": {**kept, "include_usage": True}}


@given(value=OBJECTS, ascii_only=st.booleans(), indent=INDENT, limit=st.integers(1, 10**6))
def test_a_limit_goes_where_the_request_states_one(
    value: dict[str, Any], ascii_only: bool, indent: Any, limit: int
) -> None:
    edited = json.loads(
        with_output_limit(
            Endpoint.CHAT, written(value, ascii_only=ascii_only, indent=indent), limit, member="max_tokens"
        )
    )
    stated = [name for name in ("max_tokens", "max_completion_tokens") if value.get(name) is not None]
    # A server that goes by the older name may not know the newer one, so it is given both.
    assert edited == {**value, **dict.fromkeys([*stated, "max_tokens"], limit)}


@given(value=OBJECTS.filter(lambda value: "stream_options" not in value), ascii_only=st.booleans(), indent=INDENT)
def test_what_is_put_in_leaves_every_byte_that_was_there(value: dict[str, Any], ascii_only: bool, indent: Any) -> None:
    body = written(value, ascii_only=ascii_only, indent=indent)
    edited = with_stream_usage(body)
    added = b'"stream_options":{"include_usage":true}' + (b"," if value else b"")
    assert edited == b"{" + added + body[1:]


@given(value=OBJECTS, indent=INDENT)
def test_what_is_replaced_leaves_every_byte_around_it(value: dict[str, Any], indent: Any) -> None:
    body = written({**value, "model": "asked"}, ascii_only=True, indent=indent)
    edited = with_model(body, "asked")
    assert edited == body


def test_a_name_inside_a_message_is_not_taken_for_the_outermost_one() -> None:
    body = json.dumps(
        {"messages": [{"content": '"model":"x", "stream_options":1'}], "tools": [{"model": "no"}], "model": "asked"}
    ).encode()
    assert json.loads(with_model(body, "b"))["tools"] == [{"model": "no"}]
    assert with_model(body, "b") == body.replace(b'"asked"', b'"b"')


def test_a_name_written_with_escapes_is_found() -> None:
    body = b'{"tools":[{"model":"no"}], "mod\\u0065l" : "asked" ,"n":1}'
    assert with_model(body, "b") == b'{"tools":[{"model":"no"}], "mod\\u0065l" : "b" ,"n":1}'


def test_a_name_given_twice_is_refused_rather_than_edited_once() -> None:
    with pytest.raises(Malformed, match="twice"):
        with_model(b'{"a":1,"model":"x","b":2,"model":"y"}', "z")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"a":1', b'"model"', b"{" + b'"a":[' * 90_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        with_model(body, "b")


def test_each_upstream_gets_the_limit_under_the_name_it_knows() -> None:
    assert limit_member(Endpoint.CHAT, UpstreamKind.OPENAI, "openai") == "max_completion_tokens"
    assert limit_member(Endpoint.CHAT, UpstreamKind.AZURE, "azure") == "max_completion_tokens"
    assert limit_member(Endpoint.CHAT, UpstreamKind.OPENAI, "ollama") == "max_tokens"
    assert limit_member(Endpoint.RESPONSES, UpstreamKind.OPENAI, "openai") == "max_output_tokens"
    assert limit_member(Endpoint.MESSAGES, UpstreamKind.ANTHROPIC, "anthropic") == "max_tokens"
    assert limit_member(Endpoint.EMBEDDINGS, UpstreamKind.OPENAI, "openai") is None
    assert with_output_limit(Endpoint.EMBEDDINGS, b'{"input":"x"}', 5) == b'{"input":"x"}'
