"""An answer as it comes in: the head is there, the rest flows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from tiebeam.connect.upstreams.errors import Failed

HIGH_WATER = 256 * 1024
"""So many bytes that nobody took, and no more are read from the socket until they are."""

Headers = list[tuple[bytes, bytes]]


class Source(Protocol):
    """The connection an answer comes from."""

    def resume(self, answer: UpstreamAnswer) -> None: ...

    def leave(self, answer: UpstreamAnswer) -> None: ...


class UpstreamAnswer:
    """`headers` by lower-case name, without those that concern one connection only.

    `chunks` gives the body as it arrives, unframed and otherwise as sent. Taken once, by one task. Whoever does not
    take it to its end calls `aclose`; that ends the connection.
    """

    __slots__ = ("_ended", "_held", "_loop", "_parts", "_problem", "_source", "_waiter", "headers", "size", "status")

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: Headers = []
        self.size = 0
        """Bytes of the body so far."""
        self._source = source
        self._loop = loop
        self._parts: list[bytes] = []
        self._held = 0
        self._ended = False
        self._problem: Failed | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """Raises Failed (TooSlow and AnswerOverLimit among them) where the answer breaks off."""
        return self

    @property
    def is_whole(self) -> bool:
        """Whether the end has come in, taken or not."""
        return self._ended and self._problem is None

    def header(self, name: bytes) -> bytes | None:
        """The first one of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._parts:
            if self._problem is not None:
                raise self._problem
            if self._ended:
                raise StopAsyncIteration
            await self._wait()
        return self._take()

    async def read(self) -> bytes:
        """The whole body. Raises Failed where it breaks off."""
        if self._ended and self._problem is None:
            return self._take()
        parts = [part async for part in self]
        return b"".join(parts)

    async def aclose(self) -> None:
        """Ends it wherever it is; what was not taken is let go."""
        self._parts.clear()
        self._held = 0
        if not self._ended:
            self._source.leave(self)

    # Called by the connection.

    def more(self, data: bytes) -> bool:
        """Whether the connection should wait before it reads on."""
        self._parts.append(data)
        self.size += len(data)
        self._held += len(data)
        return self._held > HIGH_WATER

    def wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def end(self, problem: Failed | None = None) -> None:
        if not self._ended:
            self._ended = True
            self._problem = problem
            self.wake()

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("an answer is taken by one task")
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _take(self) -> bytes:
        parts = self._parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        was_full = self._held > HIGH_WATER
        self._held = 0
        if was_full:
            self._source.resume(self)
        return data
