"""What a request asks, how much input it can come to, and why some cannot be bounded."""

# ids: EC-21, EC-27, C6
from __future__ import annotations

import base64
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.tokens import Asked, Limits, Malformed, read_request
from tiebeam.spec import Endpoint

CHAT, RESPONSES, MESSAGES, EMBEDDINGS = Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.MESSAGES, Endpoint.EMBEDDINGS
PICTURE = base64.b64encode(b"\x89PNG" * 5_000).decode()


def read(endpoint: Endpoint = CHAT, **body: Any) -> Asked:
    least: dict[Endpoint, dict[str, Any]] = {
        CHAT: {"messages": [{"role": "user", "content": "Hello"}]},
        RESPONSES: {"input": "Hello"},
        EMBEDDINGS: {"input": "Hello"},
        MESSAGES: {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 100},
    }
    return read_request(endpoint, json.dumps({"model": "small", **least[endpoint], **body}).encode())


def with_parts(*parts: dict[str, Any], endpoint: Endpoint = CHAT) -> Asked:
    return read(endpoint, messages=[{"role": "user", "content": list(parts)}])


def test_a_plain_request_says_what_it_says() -> None:
    asked = read(stream=True, stream_options={"include_usage": True}, max_tokens=200, n=3, temperature=0.2)
    assert asked.model == "small"
    assert asked.stream
    assert asked.wants_usage
    assert (asked.output_limit, asked.choices) == (200, 3)
    assert (asked.images, asked.audio, asked.service_tier, asked.unbounded) == (0, False, "", ())


def test_what_is_absent_or_null_counts_as_not_said() -> None:
    asked = read(stream=None, stream_options=None, max_tokens=None, n=None, tools=None, service_tier=None)
    assert (asked.stream, asked.wants_usage, asked.output_limit, asked.choices) == (False, False, None, 1)


def test_the_larger_of_two_limits_counts_because_a_provider_goes_by_the_one_it_knows() -> None:
    assert read(max_tokens=10, max_completion_tokens=500).output_limit == 500
    assert read(max_tokens=500, max_completion_tokens=10).output_limit == 500
    assert read(RESPONSES, max_output_tokens=70).output_limit == 70
    assert read(EMBEDDINGS).output_limit == 0
    assert read(MESSAGES, max_tokens=0).output_limit == 0


@pytest.mark.parametrize("value", [0, -1, 10**12, "100", 1.5, True, [5]])
def test_a_limit_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="max_tokens"):
        read(max_tokens=value)


@pytest.mark.parametrize("value", [0, -1, 10**12])
def test_a_number_of_answers_that_is_none_is_refused(value: int) -> None:
    with pytest.raises(Malformed, match=r"n is"):
        read(n=value)


def test_more_answers_made_than_shown_count_too() -> None:
    assert read(n=2, best_of=5).choices == 5


# The bound of the input


@given(text=st.text(max_size=60), role=st.sampled_from(["system", "user", "assistant"]), ascii_only=st.booleans())
def test_every_byte_of_text_is_within_the_bound(text: str, role: str, ascii_only: bool) -> None:
    messages = [{"role": role, "content": text}] * 3
    body = json.dumps({"model": "small", "messages": messages}, ensure_ascii=ascii_only).encode("utf-8", "replace")
    text = text.encode("utf-8", "replace").decode()
    assert read_request(CHAT, body).input_bound >= 3 * len(text.encode())


def test_escapes_are_counted_as_the_text_they_stand_for() -> None:
    message = {"model": "small", "messages": [{"role": "user", "content": "Grüße, 世界" * 50}]}
    escaped = read_request(CHAT, json.dumps(message).encode())
    plain = read_request(CHAT, json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
    assert escaped == plain


def test_characters_that_a_tokeniser_may_lengthen_count_at_their_longest() -> None:
    every = "".join(chr(one) for one in range(0x110000) if not 0xD800 <= one < 0xE000)
    for begin in range(0, len(every), 50_000):
        text = every[begin : begin + 50_000]
        longest = max(len(unicodedata.normalize("NFKC", text).encode()), len(text.encode()))
        assert read(messages=[{"role": "user", "content": text}]).input_bound >= longest
    assert read(messages=[{"role": "user", "content": "\ufdfa" * 100}]).input_bound > 3_300


def test_pictures_are_counted_and_their_bytes_are_not_text() -> None:
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
    asked = with_parts({"type": "text", "text": "What is this?"}, shown, shown)
    assert asked.images == 2
    assert asked.input_bound < 600
    assert asked.unbounded == ()

    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]}
    asked = with_parts({"type": "image", "source": source}, result, endpoint=MESSAGES)
    assert asked.images == 2
    assert asked.input_bound < 700

    item = {"role": "user", "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"}]}
    output = {"type": "function_call_output", "call_id": "c", "output": item["content"]}
    asked = read(RESPONSES, input=[item, output])
    assert asked.images == 2
    assert asked.input_bound < 700


def test_a_picture_by_address_is_one_picture() -> None:
    asked = with_parts({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}})
    assert (asked.images, asked.unbounded) == (1, ())


def test_sound_is_marked_and_bounded_by_its_length() -> None:
    asked = with_parts({"type": "input_audio", "input_audio": {"data": "A" * 8_000, "format": "wav"}})
    assert asked.audio
    assert 1_000 <= asked.input_bound < 1_600
    assert read(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}).audio


def test_tools_add_what_a_provider_says_about_them() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    assert read(tools=[tool]).input_bound > read().input_bound + 1_000
    own = read(MESSAGES, tools=[{"type": "bash_20250124", "name": "bash"}])
    assert own.unbounded == ()
    assert own.input_bound > read(MESSAGES).input_bound + 2_000


# What cannot be bounded


@pytest.mark.parametrize(
    ("endpoint", "said", "word"),
    [
        (RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id"),
        (RESPONSES, {"conversation": {"id": "conv_1"}}, "conversation"),
        (RESPONSES, {"prompt": {"id": "pmpt_1"}}, "prompt that the provider keeps"),
        (RESPONSES, {"background": True}, "background"),
        (RESPONSES, {"context_management": [{"type": "compaction", "compact_threshold": 1000}]}, "compaction"),
        (RESPONSES, {"tools": [{"type": "web_search"}]}, "'web_search'"),
        (RESPONSES, {"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}, "'file_search'"),
        (RESPONSES, {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, "'code_interpreter'"),
        (RESPONSES, {"tools": [{"type": "computer_use_preview"}]}, "'computer_use_preview'"),
        (RESPONSES, {"tools": [{"type": "mcp", "server_url": "https://x"}]}, "'mcp'"),
        (RESPONSES, {"tools": [{"type": "image_generation"}]}, "'image_generation'"),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "msg_1"}]}, "'item_reference'"),
        (RESPONSES, {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}, "encrypted_content"),
        (RESPONSES, {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "'input_file'"),
        (CHAT, {"web_search_options": {}, "messages": []}, None),
        (CHAT, {"web_search_options": {"search_context_size": "low"}}, "'web_search'"),
        (CHAT, {"prediction": {"type": "content", "content": "x"}}, "prediction"),
        (CHAT, {"models": ["a", "b"]}, "models"),
        (CHAT, {"plugins": [{"id": "web"}]}, "plugins"),
        (CHAT, {"data_sources": [{"type": "azure_search"}]}, "data"),
        (CHAT, {"chat_template": "{% for i in range(9999) %}x{% endfor %}"}, "template"),
        (CHAT, {"extra_body": {"google": {"cached_content": "c/1"}}}, "extra_body"),
        (CHAT, {"modalities": ["image", "text"]}, "'image'"),
        (CHAT, {"tools": [{"type": "browser_search"}]}, "'browser_search'"),
        (CHAT, {"tools": [{"google_search": {}}]}, "without a type"),
        (CHAT, {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}, "sound of an earlier answer"),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "'file'"),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}, "'video_url'"),
        (CHAT, {"messages": [{"role": "user", "content": [{"image_url": {"url": "x"}}]}]}, "without a type"),
        (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "'web_search_20250305'"),
        (MESSAGES, {"tools": [{"type": "code_execution_20250825", "name": "c"}]}, "'code_execution_20250825'"),
        (MESSAGES, {"mcp_servers": [{"type": "url", "url": "https://x", "name": "x"}]}, "MCP"),
        (MESSAGES, {"container": "container_1"}, "container"),
        (MESSAGES, {"speed": "fast"}, "faster"),
        (MESSAGES, {"fallbacks": [{"model": "other"}]}, "choice of models"),
        (MESSAGES, {"context_management": {"edits": [{"type": "compact_20260112"}]}}, "compaction"),
    ],
)
def test_what_no_bound_can_be_named_for_is_said_in_words(endpoint: Endpoint, said: dict[str, Any], word: str) -> None:
    reasons = read(endpoint, **said).unbounded
    if word is None:
        assert reasons == ()
    else:
        assert len(reasons) == 1
        assert word in reasons[0]


def test_a_document_that_is_not_plain_text_cannot_be_bounded() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert with_parts({"type": "document", "source": source}, endpoint=MESSAGES).unbounded == (
        "a document that is not plain text",
    )
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hello"}}
    whole = {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "Hello"}]}}
    assert with_parts(plain, whole, endpoint=MESSAGES).unbounded == ()


def test_a_cache_kept_for_an_hour_is_noticed_because_it_has_a_price_of_its_own() -> None:
    system = [{"type": "text", "text": "Rules", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    found = read(MESSAGES, system=system)
    assert found.keeps_an_hour
    assert found.unbounded == ()
    system[0]["cache_control"] = {"type": "ephemeral", "ttl": "5m"}
    assert not read(MESSAGES, system=system).keeps_an_hour


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        (RESPONSES, {"previous_response_id": None, "background": False, "conversation": None, "prompt": None}),
        (RESPONSES, {"input": [{"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}]}),
        (RESPONSES, {"tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}]}),
        (RESPONSES, {"input": [{"type": "message", "role": "user", "content": "Hello"}]}),
        (CHAT, {"extra_body": {"google": {"thinking_config": {"thinking_budget": 100}}}}),
        (CHAT, {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"model": {"prompt": 1}}}}]}),
        (MESSAGES, {"tools": [{"name": "f", "input_schema": {"type": "object"}}], "container": None}),
        (MESSAGES, {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, "speed": "standard"}),
        (MESSAGES, {"thinking": {"type": "enabled", "budget_tokens": 50}}),
    ],
)
def test_what_only_looks_like_it_is_let_through(endpoint: Endpoint, said: dict[str, Any]) -> None:
    assert read(endpoint, **said).unbounded == ()


def test_a_service_with_a_price_of_its_own_is_named() -> None:
    assert read(service_tier="auto").service_tier == ""
    assert read(service_tier="default").service_tier == ""
    assert read(service_tier="flex").service_tier == "flex"
    assert read(RESPONSES, service_tier="priority").service_tier == "priority"
    assert read(MESSAGES, service_tier="standard_only").service_tier == ""


# What could be read in two ways


@pytest.mark.parametrize(
    "more",
    [
        '"max_tokens":5,"max_tokens":90000',
        '"max_tokens":5,"max\\u005ftokens":90000',
        '"model":"large"',
        '"messages":[]',
        '"stream":true,"stream":false',
        '"tools":[{"type":"web_search","type":"function"}]',
        '"tools":[{"type":"web_search","ty\\u0070e":"function"}]',
    ],
)
@pytest.mark.parametrize("text", ["Hi", "Hi " * 3_000])
def test_a_name_given_twice_is_refused(more: str, text: str) -> None:
    body = '{"model":"small","messages":[{"role":"user","content":"' + text + '"}],' + more + "}"
    with pytest.raises(Malformed, match="twice"):
        read_request(CHAT, body.encode())


def test_a_hosted_tool_behind_another_kind_is_seen() -> None:
    tools = b'[{"type":"function","type":"web_search"}]'
    asked = read_request(CHAT, b'{"model":"small","messages":[],"tools":' + tools + b"}")
    assert asked.unbounded == ("the hosted tool 'web_search'",)


def test_a_picture_behind_a_second_name_is_refused() -> None:
    part = '{"type":"image_url","image_url":{"url":"x"},"type":"text","text":"Hi"}'
    for content in (f"[{part}]", f'[{part}],"content":"Hi"'):
        body = '{"model":"small","messages":[{"role":"user","content":' + content + "}]}"
        with pytest.raises(Malformed, match="twice"):
            read_request(CHAT, body.encode())


def test_a_name_in_other_letters_is_refused_because_some_servers_read_it() -> None:
    with pytest.raises(Malformed, match="'MAX_TOKENS'"):
        read(max_tokens=5, MAX_TOKENS=90_000)
    with pytest.raises(Malformed, match="'MAX_TOKENS'"):
        read(max_tokens=5, MAX_TOKENS=90_000, user="x" * 10_000)
    with pytest.raises(Malformed, match="'Max_tokens'"):
        read_request(CHAT, b'{"model":"small","messages":[],"Max\\u005ftokens":90000}')
    # Inside a tool's own description such a name means nothing.
    assert read(tools=[{"type": "function", "function": {"name": "f", "parameters": {"Model": 1}}}]).unbounded == ()


def test_text_that_speaks_of_names_is_only_text() -> None:
    text = json.dumps({"model": "x", "max_tokens": 9, "MODEL": 1, "type": "web_search", "previous_response_id": "r"})
    asked = read(RESPONSES, input=text)
    assert (asked.unbounded, asked.output_limit, asked.model) == ((), None, "small")


# Hostile bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"model"',
        b"{",
        b'{"model":"small"}',
        b'{"messages":[]}',
        b'{"model":5,"messages":[]}',
        b'{"model":"small","messages":"Hello"}',
        b'{"model":"small","messages":["Hello"]}',
        b'{"model":"small","messages":[],"stream":"true"}',
        b'{"model":"small","messages":[{"role":"user","content":[1]}]}',
        b'{"model":"small","messages":[],"tools":[1]}',
        b'{"model":"small","messages":[{"content":"\xff"}]}',
        b'{"model":"small","messages":[],"x":NaN}',
        b'{"model":"small","messages":[],"x":"\\ud800"}',
        b'\xef\xbb\xbf{"model":"small","messages":[]}',
        b'{"model":"small","messages":[]} {}',
        b'{"model":"small","messages":' + b"[" * 200_000,
        b'{"model":"small","messages":[],"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"model":"small","messages":[],"\\u0041":' + b'{"a":' * 200_000,
    ],
)
def test_what_is_no_request_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read_request(CHAT, body)
    assert refused.value.code == "malformed_request"
    assert refused.value.status == 400


def test_a_request_that_is_too_large_or_has_too_many_parts_is_refused_before_it_is_read() -> None:
    with pytest.raises(Malformed, match="largest_request_bytes"):
        read_request(CHAT, b" " * 101, limits=Limits(largest_bytes=100))
    with pytest.raises(Malformed, match="too many parts"):
        read_request(CHAT, b'{"model":"small","messages":[' + b"{}," * 400_000 + b"{}]}")


def test_parts_that_lie_in_parts_are_followed_only_so_far() -> None:
    inner: list[dict[str, Any]] = [{"type": "text", "text": "Hi"}]
    for _ in range(12):
        inner = [{"type": "tool_result", "tool_use_id": "t", "content": inner}]
    with pytest.raises(Malformed, match="too deeply"):
        read(MESSAGES, messages=[{"role": "user", "content": inner}])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "image_url", "source", "text", "audio", "url", "x"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)
NAMES = ["model", "messages", "input", "stream", "stream_options", "max_tokens", "n", "tools", "system", "modalities"]


@given(
    endpoint=st.sampled_from(Endpoint),
    body=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6),
    cut=st.integers(0, 40),
)
def test_any_json_is_read_or_refused(endpoint: Endpoint, body: dict[str, Any], cut: int) -> None:
    raw = json.dumps({"model": "small", "messages": [], **body}).encode()
    for given_bytes in (raw, raw[: len(raw) - cut]):
        try:
            asked = read_request(endpoint, given_bytes)
        except Malformed:
            continue
        assert asked.input_bound >= 0
        assert asked.choices >= 1
