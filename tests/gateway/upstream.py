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
from typing import Any

import httptools

from tests.gateway.saying import Asked, Says, events, plain_answer

__all__ = ["Call", "Says", "Upstream", "upstream"]


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
