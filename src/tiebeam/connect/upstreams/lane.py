"""The connections to one upstream: so many at once, kept for the next request."""

from __future__ import annotations

import asyncio
from collections import deque

from tiebeam.connect.upstreams.connection import Connection
from tiebeam.connect.upstreams.dialling import Dialling
from tiebeam.connect.upstreams.errors import Unreachable
from tiebeam.connect.upstreams.limits import Limits


class Lane:
    """Belongs to one event loop. The connection used last is used next, so that spare ones age and close."""

    def __init__(self, name: str, limits: Limits, dialling: Dialling, loop: asyncio.AbstractEventLoop) -> None:
        self.opened = 0
        """Connections made so far, for those who measure."""
        self._name = name
        self._limits = limits
        self._dialling = dialling
        self._loop = loop
        self._standing: set[Connection] = set()
        self._spare: list[Connection] = []
        self._slots = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._is_closed = False

    @property
    def is_unused(self) -> bool:
        return not self._slots and not self._waiting

    async def take(self) -> Connection:
        """A connection nobody else has. Raises Unreachable, also when none comes free within the time to connect."""
        while self._spare:
            spare = self._spare.pop()
            if spare.is_quiet():
                return spare
            spare.close()
        if self._slots < self._limits.connections:
            self._slots += 1
            return await self._open()
        handed = await self._wait()
        if handed is None:
            return await self._open()
        return handed if handed.is_quiet() else await self._instead_of(handed)

    def drop_spare(self) -> None:
        """Closes what is not in use: the server seems to have been started anew."""
        for spare in tuple(self._spare):
            spare.close()

    def close(self) -> None:
        self._is_closed = True
        for one in tuple(self._standing):
            one.close()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(Unreachable("the pool of connections is closed"))

    async def _instead_of(self, silent: Connection) -> Connection:
        silent.close()
        return await self.take()

    async def _open(self) -> Connection:
        """With a slot already taken, which is given back when nothing comes of it."""
        try:
            if self._is_closed:
                raise Unreachable("the pool of connections is closed")
            made = await self._dialling.open(self._make)
        except BaseException:
            self._give_slot()
            raise
        self.opened += 1
        self._standing.add(made)
        if not made.is_quiet() or self._is_closed:
            made.close()
            self._gone(made)
            raise Unreachable(f"{self._name!r} closed the connection, or spoke, before anything was asked")
        return made

    def _make(self) -> Connection:
        return Connection(self._name, self._limits, loop=self._loop, free=self._free, gone=self._gone)

    async def _wait(self) -> Connection | None:
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._limits.connect):
                return await waiter
        except TimeoutError as late:
            self._hand_on(waiter)
            most = self._limits.connections
            raise Unreachable(f"all {most} connections to {self._name!r} are in use (max_connections)") from late
        except BaseException:
            self._hand_on(waiter)
            raise

    def _hand_on(self, waiter: asyncio.Future[Connection | None]) -> None:
        """What a waiter was given in the very moment in which it gave up."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
            return
        given = waiter.result()
        if given is None:
            self._give_slot()
        else:
            self._free(given)

    def _free(self, connection: Connection) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._spare.append(connection)

    def _gone(self, connection: Connection) -> None:
        if connection in self._standing:
            self._standing.discard(connection)
            if connection in self._spare:
                self._spare.remove(connection)
            self._give_slot()

    def _give_slot(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._slots -= 1
