"""The usage of streams, whatever reads they come in and whatever is wrong with them."""

# ids: EC-19, EC-21, EC-27
from __future__ import annotations

import json
import time
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.economics.tokens.answers import ANSWERS, Stated

from tiebeam.economics.metering import Usage
from tiebeam.economics.tokens import StreamUsage
from tiebeam.economics.tokens.stream import KEPT_TAIL, LARGEST_EVENT
from tiebeam.spec import Endpoint, UpstreamKind

OPENAI = UpstreamKind.OPENAI
DONE = b"data: [DONE]\n\n"


def event(value: Any, *, name: str = "", end: str = "\n") -> bytes:
    line = f"event: {name}{end}" if name else ""
    return f"{line}data: {json.dumps(value, ensure_ascii=False)}{end}{end}".encode()


def word(text: str | None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}], **more}


def usage_chunk(prompt: int, completion: int) -> dict[str, Any]:
    stated = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": stated}


CHAT = b"".join(event(word(text, usage=None)) for text in ("Grü", "ße, ", '"usage":{"prompt_tokens":9}', "!"))
CHAT += event(word(None, usage=None)) + event(usage_chunk(12, 5)) + DONE
ANTHROPIC = b"".join(
    event(value, name=value["type"])
    for value in (
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "content": [],
                "usage": {
                    "input_tokens": 25,
                    "cache_creation_input_tokens": 100,
                    "cache_read_input_tokens": 900,
                    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 0},
                    "output_tokens": 1,
                },
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}},
        {"type": "message_stop"},
    )
)
RESPONSES = b"".join(
    event(value, name=value["type"])
    for value in (
        {"type": "response.created", "response": {"id": "r", "status": "in_progress", "usage": None}},
        {"type": "response.output_text.delta", "delta": "Hello"},
        {"type": "response.output_text.delta", "delta": " world"},
        {"type": "response.output_text.done", "text": "Hello world"},
        {
            "type": "response.completed",
            "response": {
                "id": "r",
                "output": [{"content": [{"type": "output_text", "text": "Hello world"}]}],
                "usage": {
                    "input_tokens": 36,
                    "input_tokens_details": {"cached_tokens": 30},
                    "output_tokens": 87,
                    "output_tokens_details": {"reasoning_tokens": 80},
                    "total_tokens": 123,
                },
                "metadata": {"note": "x" * 512},
            },
        },
    )
)
STREAMS = {
    "chat": (Endpoint.CHAT, OPENAI, CHAT, Usage(input=12, output=5)),
    "messages": (
        Endpoint.MESSAGES,
        UpstreamKind.ANTHROPIC,
        ANTHROPIC,
        Usage(input=25, cached=900, cache_write=100, output=15),
    ),
    "responses": (Endpoint.RESPONSES, OPENAI, RESPONSES, Usage(input=6, cached=30, output=7, reasoning=80)),
}


def fed(
    reads: list[bytes],
    *,
    endpoint: Endpoint = Endpoint.CHAT,
    kind: UpstreamKind = OPENAI,
    strip: bool = False,
) -> tuple[StreamUsage, bytes]:
    seen = StreamUsage(endpoint, kind, strip=strip)
    out = b"".join(seen.feed(read) for read in reads)
    return seen, out + seen.end()


def in_reads(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_s_usage_is_what_it_states_at_its_end(name: str) -> None:
    endpoint, kind, data, expected = STREAMS[name]
    seen, out = fed([data], endpoint=endpoint, kind=kind)
    assert seen.usage == expected
    assert seen.finished
    assert out == data


@pytest.mark.parametrize("name", STREAMS)
@given(cuts=st.lists(st.integers(0, 10**6), max_size=12), strip=st.booleans(), crlf=st.booleans())
def test_whatever_reads_a_stream_comes_in_it_says_the_same(name: str, cuts: list[int], strip: bool, crlf: bool) -> None:
    endpoint, kind, data, expected = STREAMS[name]
    if crlf:
        data = data.replace(b"\n", b"\r\n")
    whole, whole_out = fed([data], endpoint=endpoint, kind=kind, strip=strip)
    seen, out = fed(in_reads(data, cuts), endpoint=endpoint, kind=kind, strip=strip)
    assert seen.usage == expected
    assert seen.visible_bytes == whole.visible_bytes
    assert seen.finished
    assert out == whole_out


@pytest.mark.parametrize("answer", [one for one in ANSWERS if one.endpoint is Endpoint.CHAT], ids=lambda one: one.name)
def test_every_provider_s_usage_is_read_from_a_stream_too(answer: Stated) -> None:
    last = {"id": "c", "choices": [], "usage": answer.usage}
    seen, _ = fed([event(word("Hi")), event(last) + DONE], kind=answer.kind)
    assert seen.usage == answer.expected


def test_groq_and_moonshot_put_usage_elsewhere() -> None:
    stated = {"prompt_tokens": 24, "completion_tokens": 7, "total_tokens": 31}
    seen, _ = fed([event(word("Hi")), event(word(None, x_groq={"id": "req_1", "usage": stated})), DONE])
    assert seen.usage == Usage(input=24, output=7)
    seen, _ = fed([event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": stated}]}), DONE])
    assert seen.usage == Usage(input=24, output=7)


# complaint: 13
def test_snapshots_in_every_chunk_are_not_added_up() -> None:
    chunks = [event(word("a", usage={"prompt_tokens": 12, "completion_tokens": n})) for n in range(1, 41)]
    for reads in (chunks, [b"".join(chunks)], [b"".join(chunks[:7]), b"".join(chunks[7:])]):
        seen, _ = fed([*reads, DONE])
        assert seen.usage == Usage(input=12, output=40)


# complaint: 11
def test_a_stated_zero_at_the_end_of_a_stream_stays_zero() -> None:
    seen, _ = fed([event(word("Hello")), event(usage_chunk(0, 0)), DONE])
    assert seen.usage == Usage()


# complaint: 14
def test_the_chunk_of_usage_is_kept_from_clients_that_did_not_ask() -> None:
    seen, out = fed([CHAT], strip=True)
    assert out == CHAT.replace(event(usage_chunk(12, 5)), b"")
    assert seen.usage == Usage(input=12, output=5)
    for line in out.split(b"\n\n")[:-2]:
        assert json.loads(line.removeprefix(b"data: "))["choices"]


# complaint: 14
def test_chunks_that_hold_more_than_usage_are_passed_on_as_they_are() -> None:
    said = word("Hi", usage={"prompt_tokens": 3, "completion_tokens": 1})
    filters = {"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "usage": None}
    data = event(filters) + event(said) + DONE
    seen, out = fed([data], strip=True)
    assert out == data
    assert seen.usage == Usage(input=3, output=1)


# complaint: 14
@pytest.mark.parametrize(
    "bad",
    [
        b"data: {\n\n",
        b'data: {"usage": {"prompt_tokens": }}\n\n',
        b'data: {"usage": {"prompt_tokens": "x", "completion_tokens": -1}}\n\n',
        b'data: {"choices": 5, "usage": {"prompt_tokens": 1}}\n\n',
        b'data: {"choices":[],"usage":{}}\n\n',
        b'data: {"usage":' + b'{"usage":' * 5_000 + b"\n\n",
        b"\xff\xfe\x00\n\n",
        b": comment\n\n",
        b"\n\n\n\n",
        b"event: error\ndata: overloaded\n\n",
        b'data: "content":"never closed\n\n',
    ],
)
@pytest.mark.parametrize("strip", [True, False])
def test_a_malformed_chunk_neither_raises_nor_hides_the_usage(bad: bytes, strip: bool) -> None:
    data = event(word("Hi")) + bad + event(usage_chunk(4, 2)) + DONE
    seen, out = fed([data], strip=strip)
    assert seen.usage == Usage(input=4, output=2)
    assert seen.visible_bytes == 2
    assert bad in out


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=5), strip=st.booleans())
def test_no_bytes_raise_and_none_are_lost(data: bytes, cuts: list[int], strip: bool) -> None:
    for endpoint in Endpoint:
        seen, out = fed(in_reads(data, cuts), endpoint=endpoint, strip=strip)
        assert out == data
        assert seen.usage is None


def test_a_stream_that_breaks_is_estimated_from_what_was_seen() -> None:
    seen, _ = fed([b"".join(event(word("abcdef")) for _ in range(10)), b'data: {"choices":[{"delta":{"content":"abc'])
    assert seen.usage is None
    assert not seen.finished
    assert seen.visible_bytes == 60
    assert seen.estimate(input_tokens=33) == Usage(input=33, output=20)


def test_an_anthropic_stream_that_breaks_keeps_the_input_it_stated() -> None:
    seen, _ = fed(
        [ANTHROPIC[: ANTHROPIC.index(b"event: message_delta")]], endpoint=Endpoint.MESSAGES, kind=UpstreamKind.ANTHROPIC
    )
    assert seen.usage is None
    assert seen.estimate(input_tokens=5_000) == Usage(input=25, cached=900, cache_write=100, output=4)


def test_an_anthropic_stream_counts_what_each_event_adds() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}}
    more = {"type": "message_delta", "usage": {"input_tokens": 40, "cache_read_input_tokens": 7, "output_tokens": 3}}
    last = {"type": "message_delta", "usage": {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 2}}}
    seen, _ = fed([event(start), event(more), event(last)], endpoint=Endpoint.MESSAGES, kind=UpstreamKind.ANTHROPIC)
    assert seen.usage == Usage(input=40, cached=7, output=7, reasoning=2)


def test_arguments_of_tools_and_reasoning_are_seen_as_output() -> None:
    call = {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"a": 1}'}}]}}]}
    thought = {"choices": [{"delta": {"reasoning_content": "hmm"}}]}
    seen, _ = fed([event(call), event(thought)])
    assert seen.visible_bytes == len(json.dumps('{"a": 1}')) - 2 + 3


# Gigantic events


@given(cuts=st.lists(st.integers(0, 10**7), max_size=6), strip=st.booleans())
def test_a_large_last_event_still_says_its_usage(cuts: list[int], strip: bool) -> None:
    value = {
        "type": "response.completed",
        "response": {
            "output": [{"text": "x" * 200_000, "note": '"usage":{"input_tokens":1,"output_tokens":1}'}],
            "usage": {"input_tokens": 36, "output_tokens": 87, "output_tokens_details": {"reasoning_tokens": 80}},
            "metadata": {f"k{n}": "v" * 512 for n in range(16)},
        },
    }
    data = event({"type": "response.output_text.delta", "delta": "abc"}) + event(value, name="response.completed")
    seen, out = fed(in_reads(data, cuts), endpoint=Endpoint.RESPONSES, strip=strip)
    assert seen.usage == Usage(input=36, output=7, reasoning=80)
    assert seen.finished
    assert seen.visible_bytes == 3
    assert out == data


@given(cuts=st.lists(st.integers(0, 10**7), max_size=6), size=st.integers(LARGEST_EVENT - 40, LARGEST_EVENT + 40))
def test_at_the_edge_of_what_is_taken_apart_reads_make_no_difference(cuts: list[int], size: int) -> None:
    data = event(word("x" * size)) + event(usage_chunk(5, 6)) + DONE
    whole, whole_out = fed([data], strip=True)
    seen, out = fed(in_reads(data, cuts), strip=True)
    assert (seen.usage, seen.visible_bytes, out) == (whole.usage, whole.visible_bytes, whole_out)
    assert seen.usage == Usage(input=5, output=6)


# complaint: 14
def test_an_event_of_fifty_megabytes_is_passed_on_without_being_kept() -> None:
    read = b"x" * 65_536
    seen = StreamUsage(Endpoint.CHAT, OPENAI, strip=True)
    tracemalloc.start()
    begun = time.process_time()
    passed = len(seen.feed(b'data: {"choices":[{"delta":{"content":"'))
    for _ in range(800):
        passed += len(seen.feed(read))
    passed += len(seen.feed(b'"}}]}\n\n'))
    spent = time.process_time() - begun
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert passed == 800 * 65_536 + len(b'data: {"choices":[{"delta":{"content":"') + len(b'"}}]}\n\n')
    assert most < 12 * (LARGEST_EVENT + KEPT_TAIL)
    assert spent < 5
    assert seen.feed(event(usage_chunk(1, 2)) + DONE) == DONE
    assert seen.usage == Usage(input=1, output=2)
    assert seen.visible_bytes > 52_000_000


def test_a_byte_at_a_time_is_no_burden() -> None:
    begun = time.process_time()
    seen, out = fed([bytes([one]) for one in event(word("x" * 30_000)) + CHAT], strip=True)
    assert time.process_time() - begun < 5
    assert seen.usage == Usage(input=12, output=5)
    assert len(out) > 30_000
