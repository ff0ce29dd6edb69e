"""A provider on this machine: it speaks OpenAI's and Anthropic's APIs, does as it is told, and counts what it is asked.

    with upstream() as far:
        far.says = Says(input=1_000, cached=200, output=50)
        ...                        # call http://127.0.0.1:<port>/v1/chat/completions
        assert len(far.calls) == 1

`far.by_model["small"] = Says(...)` answers for one model, `far.decide = lambda body: Says(...)` by what was asked.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httptools

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


@dataclass
class Call:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    asked: Asked
    is_done: bool = False
    """Whether its answer was sent to the end."""

    @property
    def model(self) -> str:
        return str(self.asked.get("model", ""))


@dataclass
class Upstream:
    port: int = 0
    says: Says = field(default_factory=Says)
    by_model: dict[str, Says] = field(default_factory=dict)
    decide: Callable[[Asked], Says] | None = None
    calls: list[Call] = field(default_factory=list)
    left: int = 0
    """Callers that went away before their answer was complete."""
    most_at_once: int = 0
    connections: int = 0
    now: int = 0
    _failed: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answer_to(self, call: Call) -> Says:
        if self.decide is not None:
            return self.decide(call.asked)
        says = self.by_model.get(call.model, self.says)
        failed = self._failed.get(call.model, 0)
        if failed < says.fails:
            self._failed[call.model] = failed + 1
            error = {"error": {"message": "not now", "type": "server_error", "code": None}}
            return replace(says, status=says.fail_status, body=json.dumps(error).encode())
        return says

    def forget(self) -> None:
        """Begin anew: no calls, the plain answer."""
        self.calls.clear()
        self.by_model.clear()
        self._failed.clear()
        self.says, self.decide, self.left, self.most_at_once = Says(), None, 0, 0


class _Connection(asyncio.Protocol):
    """One keep-alive connection; a request is answered before the next is read."""

    def __init__(self, far: Upstream) -> None:
        self._far = far
        self._parser = httptools.HttpRequestParser(self)
        self._path, self._headers, self._body = "", {}, b""
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._waiting: list[Call] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._far.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        if self._task is not None and not self._task.done():
            self._far.left += 1
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path, self._headers, self._body = "", {}, b""

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        try:
            asked = json.loads(self._body) if self._body else {}
        except ValueError:
            asked = {}
        call = Call(self._path, self._headers, self._body, asked)
        self._far.calls.append(call)
        self._waiting.append(call)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        while self._waiting:
            call = self._waiting.pop(0)
            far = self._far
            far.now += 1
            far.most_at_once = max(far.most_at_once, far.now)
            try:
                await self._answer(call, far.answer_to(call))
                call.is_done = True
            finally:
                far.now -= 1

    async def _answer(self, call: Call, says: Says) -> None:
        if says.silent:
            await asyncio.sleep(3600)
        if says.delay:
            await asyncio.sleep(says.delay)
        if says.drops:
            self._transport.abort()
            return
        asks_usage = "stream_options" in call.asked
        if asks_usage and says.refuses_stream_options:
            error = {"error": {"message": "Unknown parameter: 'stream_options'", "type": "invalid_request_error"}}
            await self._plain(replace(says, status=400), json.dumps(error).encode())
        elif says.body is not None:
            await self._plain(says, says.body)
        elif call.asked.get("stream"):
            await self._stream(call, says)
        else:
            await self._plain(says, json.dumps(plain_answer(call.path, call.asked, says)).encode())

    async def _plain(self, says: Says, body: bytes) -> None:
        retry = "" if says.retry_after is None else f"retry-after: {says.retry_after}\r\n"
        head = (
            f"HTTP/1.1 {says.status} X\r\ncontent-type: {says.content_type}\r\n{retry}"
            f"content-length: {len(body)}\r\n\r\n"
        )
        if says.breaks_after is not None:
            self._transport.write(head.encode() + body[: says.breaks_after])
            self._transport.close()
            return
        self._transport.write(head.encode() + body)
        await self._writable.wait()

    async def _stream(self, call: Call, says: Says) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        self._transport.write(head)
        for place, (name, content) in enumerate(events(call.path, call.asked, says)):
            if says.pause:
                await asyncio.sleep(says.pause)
            if says.breaks_after == place:
                self._transport.close()
                return
            if says.garbage_after == place:
                self._chunk(b"data: {this is no JSON\n\n")
            data = b"[DONE]" if content is None else json.dumps(content).encode()
            named = b"" if not name else f"event: {name}\n".encode()
            self._chunk(named + b"data: " + data + b"\n\n")
            await self._writable.wait()
            # Whoever asked has gone, as is noticed at the next turn of the loop.
            await asyncio.sleep(0)
        self._transport.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))


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


@contextmanager
def upstream(**said: Any) -> Generator[Upstream]:
    """A provider on a free port, in a thread of its own. `said` is for `Says`."""
    far = Upstream(says=Says(**said))
    loop = asyncio.new_event_loop()
    is_up = threading.Event()

    async def serve() -> None:
        server = await loop.create_server(lambda: _Connection(far), "127.0.0.1", 0, backlog=1024)
        far.port = server.sockets[0].getsockname()[1]
        is_up.set()
        try:
            await server.serve_forever()
        finally:
            server.close()

    def run() -> None:
        task = loop.create_task(serve())
        loop.call_soon(lambda: None)
        stop.append(task.cancel)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            for other in asyncio.all_tasks(loop):
                other.cancel()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    stop: list[Callable[[], object]] = []
    thread = threading.Thread(target=run, name="upstream", daemon=True)
    thread.start()
    is_up.wait(timeout=5)
    try:
        yield far
    finally:
        loop.call_soon_threadsafe(stop[0])
        thread.join(timeout=5)
