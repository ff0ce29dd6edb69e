"""A server on this machine that does exactly what a test tells it, byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import uvloop

from tiebeam.connect.upstreams import Target, UpstreamAnswer, UpstreamPool
from tiebeam.spec import Endpoint, OutgoingRules, Upstream
from tiebeam.spec.base import Meta

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
HERE = OutgoingRules(allow=("127.0.0.1",))
META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))


@dataclass
class Line:
    """One connection as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes]

    async def request(self) -> bytes:
        """The next whole request."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        whole = head + await self.reader.readexactly(length)
        self.requests.append(whole)
        return whole

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


@dataclass
class Far:
    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


Behaviour = Callable[[Line], Awaitable[None]]


@asynccontextmanager
async def far(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Far]:
    """`behave` serves one connection; it is closed when that returns."""
    known = Far(0)
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        known.connections += 1
        try:
            await behave(Line(reader, writer, known.requests))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, as many tests want it to
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    known.port = server.sockets[0].getsockname()[1]
    try:
        yield known
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


def always(*parts: bytes) -> Behaviour:
    """Each request on a connection is answered by all of `parts`."""

    async def behave(line: Line) -> None:
        while True:
            await line.request()
            for part in parts:
                await line.say(part)

    return behave


def once(*parts: bytes) -> Behaviour:
    """The first request is answered by `parts`, and the connection closed."""

    async def behave(line: Line) -> None:
        await line.request()
        for part in parts:
            await line.say(part)

    return behave


def record(port: int, **settings: Any) -> Upstream:
    settings.setdefault("base_url", f"http://127.0.0.1:{port}/v1")
    return Upstream(id="far", title="Far", meta=META, provider="openai", **settings)


@asynccontextmanager
async def calling(
    port: int, *, rules: OutgoingRules = HERE, folder: Path = Path(), largest: int = 100_000_000, **settings: Any
) -> AsyncIterator[Caller]:
    pool = UpstreamPool(rules, workspace=folder, largest=largest)
    try:
        yield Caller(pool, pool.target(record(port, **settings)))
    finally:
        await pool.aclose()


@dataclass
class Caller:
    pool: UpstreamPool
    target: Target

    async def send(self, body: bytes = b"{}", **headers: str) -> UpstreamAnswer:
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return await self.pool.send(self.target, self.target.path(Endpoint.CHAT, "m"), sent, body)

    async def read(self, body: bytes = b"{}", **headers: str) -> bytes:
        return await (await self.send(body, **headers)).read()


def on_both_loops(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """The loop of the standard library, and the one the gateway runs on."""
    for factory in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(test())
