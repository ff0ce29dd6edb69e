"""Answers of providers with calls of tools and structured output, as their own documentation shows them."""

from __future__ import annotations

import json
from typing import Any

ARGUMENTS = {"city": "Hamburg"}
USAGE = {"prompt_tokens": 82, "completion_tokens": 17, "total_tokens": 99}
NATIVE_USAGE = {"input_tokens": 82, "output_tokens": 17}


def _bytes(content: Any) -> bytes:
    return json.dumps(content).encode()


def _events(*contents: Any, named: bool = False) -> bytes:
    made = b""
    for content in contents:
        name = f"event: {content['type']}\n".encode() if named else b""
        made += name + b"data: " + (content if isinstance(content, bytes) else _bytes(content)) + b"\n\n"
    return made


def _chat(message: dict[str, Any], reason: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    base = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "far-small"}
    return _bytes(base | {"choices": [choice], "usage": USAGE})


def _chat_stream(*deltas: dict[str, Any], reason: str) -> bytes:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "far-small"}
    chunks = [base | {"choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in deltas]
    end = base | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    return _events(*chunks, end, base | {"choices": [], "usage": USAGE}, b"[DONE]")


def _function(**said: Any) -> dict[str, Any]:
    return {"function": said}


CHAT_TOOL = _chat(
    {
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", **_function(name="weather", arguments=json.dumps(ARGUMENTS))}
        ],
    },
    "tool_calls",
)
CHAT_TOOL_STREAM = _chat_stream(
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"index": 0, "id": "call_1", "type": "function", **_function(name="weather", arguments="")}],
    },
    {"tool_calls": [{"index": 0, **_function(arguments='{"city": ')}]},
    {"tool_calls": [{"index": 0, **_function(arguments='"Hamburg"}')}]},
    reason="tool_calls",
)
CHAT_STRUCTURED = _chat({"content": json.dumps(ARGUMENTS), "refusal": None}, "stop")

_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "far-small",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 82,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 17,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 99,
    },
}
_CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "weather",
    "arguments": json.dumps(ARGUMENTS),
}
_TEXT = {"type": "output_text", "text": json.dumps(ARGUMENTS), "annotations": []}
RESPONSE_TOOL = _bytes(_RESPONSE | {"output": [_CALL]})
RESPONSE_STRUCTURED = _bytes(
    _RESPONSE
    | {"output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [_TEXT]}]}
)

_USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": ARGUMENTS}
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "far-claude",
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": NATIVE_USAGE,
}
MESSAGE_TOOL = _bytes(_MESSAGE | {"content": [_USE]})
MESSAGE_TOOL_STREAM = _events(
    {
        "type": "message_start",
        "message": _MESSAGE | {"content": [], "stop_reason": None, "usage": {"input_tokens": 82, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": _USE | {"input": {}}},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": '{"city": "Ham'},
    },
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": 'burg"}'}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 17},
    },
    {"type": "message_stop"},
    named=True,
)

CHAT_TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather in a city, in German: „Wetter“",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
MESSAGE_TOOLS: list[Any] = [
    {
        "name": "weather",
        "description": "The weather in a city, in German: „Wetter“",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, as base64."""
