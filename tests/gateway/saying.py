"""What the provider of `upstream` can be told to say, and the forms in which it says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Asked = dict[str, Any]
Events = list[tuple[str, Asked | None]]
"""Names and contents of a stream's events; content None is OpenAI's `[DONE]`."""


@dataclass(frozen=True)
class Says:
    """How calls are answered. Tokens are as OpenAI counts them: `input` has `cached` in it, `output` `reasoning`."""

    input: int = 100
    cached: int = 0
    cache_write: int = 0
    output: int = 20
    reasoning: int = 0
    usage: Literal["stated", "none", "zero", "every"] = "stated"
    """`every` states what was used so far in every chunk of a stream."""
    asked_only: bool = True
    """Streams state usage only when `stream_options` asks for it, as OpenAI's do."""
    refuses_stream_options: bool = False
    text: str = "Hello from far away."
    chunks: int = 3
    """How many chunks of text a stream has."""
    delay: float = 0.0
    """Seconds before the first byte."""
    pause: float = 0.0
    """Seconds before each chunk."""
    fails: int = 0
    """The first so many calls are answered by `fail_status`."""
    fail_status: int = 500
    retry_after: str | None = None
    status: int = 200
    body: bytes | None = None
    """Sent instead of an answer of ours, whole; with `status` 200 it is an error in disguise."""
    content_type: str = "application/json"
    """Of `body`; a stream may be given there whole."""
    breaks_after: int | None = None
    """The connection is closed after so many chunks of a stream, or bytes of a plain answer."""
    without_done: bool = False
    """A stream ends in good order, but neither with its usage nor with its last event."""
    garbage_after: int | None = None
    """A chunk that is no JSON comes after so many."""
    silent: bool = False
    """Never answers."""
    drops: bool = False
    """Takes the request and closes the connection without an answer."""
    one_chunk_bytes: int = 0
    """So long is the first chunk of a stream, or the text of a plain answer."""


def plain_answer(path: str, asked: Asked, says: Says) -> Asked:
    """The whole answer of an endpoint, with its usage as `says` wants it."""
    text = "x" * says.one_chunk_bytes if says.one_chunk_bytes else says.text
    if path.endswith("/messages"):
        answer: Asked = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": asked.get("model"),
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
        }
    elif path.endswith("/responses"):
        answer = _response(asked, says, text, status="completed")
    elif path.endswith("/embeddings"):
        vector = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
        answer = {"object": "list", "data": [vector], "model": asked.get("model")}
    else:
        message = {"role": "assistant", "content": text}
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": asked.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }
    if says.usage != "none":
        answer["usage"] = usage_as_stated(path, says)
    return answer


def usage_as_stated(path: str, says: Says) -> Asked:
    """The usage in the words of an endpoint."""
    if says.usage == "zero":
        says = replace(says, input=0, cached=0, cache_write=0, output=0, reasoning=0)
    if path.endswith("/messages"):
        return {
            "input_tokens": says.input - says.cached - says.cache_write,
            "cache_read_input_tokens": says.cached,
            "cache_creation_input_tokens": says.cache_write,
            "output_tokens": says.output,
        }
    total = says.input + says.output
    if path.endswith("/responses"):
        return {
            "input_tokens": says.input,
            "input_tokens_details": {"cached_tokens": says.cached},
            "output_tokens": says.output,
            "output_tokens_details": {"reasoning_tokens": says.reasoning},
            "total_tokens": total,
        }
    if path.endswith("/embeddings"):
        return {"prompt_tokens": says.input, "total_tokens": says.input}
    return {
        "prompt_tokens": says.input,
        "completion_tokens": says.output,
        "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": says.cached},
        "completion_tokens_details": {"reasoning_tokens": says.reasoning},
    }


def _response(asked: Asked, says: Says, text: str, *, status: str) -> Asked:
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": [part]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": asked.get("model"),
        "output": [message] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def events(path: str, asked: Asked, says: Says) -> Events:
    """All events of a stream."""
    if path.endswith("/messages"):
        return _message_events(path, asked, says)
    if path.endswith("/responses"):
        return _response_events(path, asked, says)
    return _chat_events(path, asked, says)


def _text(says: Says, place: int) -> str:
    return "x" * says.one_chunk_bytes if place == 0 and says.one_chunk_bytes else f"word{place} "


def _chat_events(path: str, asked: Asked, says: Says) -> Events:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": asked.get("model")}
    is_asked = bool((asked.get("stream_options") or {}).get("include_usage"))
    found: Events = []
    for place in range(says.chunks):
        delta = {"content": _text(says, place)} | ({"role": "assistant"} if place == 0 else {})
        chunk = base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        if says.usage == "every":
            so_far = replace(says, output=says.output * (place + 1) // says.chunks)
            chunk["usage"] = usage_as_stated(path, so_far)
        elif is_asked:
            chunk["usage"] = None
        found.append(("", chunk))
    if says.without_done:
        return found
    found.append(("", base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
    if says.usage in {"stated", "zero"} and (is_asked or not says.asked_only):
        found.append(("", base | {"choices": [], "usage": usage_as_stated(path, says)}))
    return [*found, ("", None)]


def _message_events(path: str, asked: Asked, says: Says) -> Events:
    usage = usage_as_stated(path, says)
    start = plain_answer(path, asked, says) | {"content": [], "stop_reason": None}
    if says.usage != "none":
        start["usage"] = usage | {"output_tokens": min(1, usage["output_tokens"])}
    else:
        start.pop("usage", None)
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    found: Events = [("message_start", {"type": "message_start", "message": start}), ("content_block_start", block)]
    for place in range(says.chunks):
        delta = {"type": "text_delta", "text": _text(says, place)}
        found.append(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}))
    if says.without_done:
        return found
    found.append(("content_block_stop", {"type": "content_block_stop", "index": 0}))
    last: Asked = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    if says.usage != "none":
        last["usage"] = {"output_tokens": usage["output_tokens"]}
    return [*found, ("message_delta", last), ("message_stop", {"type": "message_stop"})]


def _response_events(path: str, asked: Asked, says: Says) -> Events:
    begun = _response(asked, says, "", status="in_progress")
    found: Events = [("response.created", {"type": "response.created", "sequence_number": 0, "response": begun})]
    text = ""
    for place in range(says.chunks):
        piece = _text(says, place)
        text += piece
        content = {"type": "response.output_text.delta", "sequence_number": place + 1, "item_id": "msg_1"}
        content |= {"output_index": 0, "content_index": 0, "delta": piece, "logprobs": []}
        found.append(("response.output_text.delta", content))
    if says.without_done:
        return found
    done = _response(asked, says, text, status="completed")
    if says.usage != "none":
        done["usage"] = usage_as_stated(path, says)
    last = {"type": "response.completed", "sequence_number": says.chunks + 1, "response": done}
    return [*found, ("response.completed", last)]
