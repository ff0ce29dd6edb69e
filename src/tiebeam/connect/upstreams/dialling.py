"""From a way to a standing connection: checked addresses, TLS, and the tunnel through a proxy."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from tiebeam.connect.outgoing import OutgoingRefused, OutgoingUnreachable, Resolver, Way, Ways, resolve
from tiebeam.connect.upstreams.errors import Unreachable

if TYPE_CHECKING:
    from tiebeam.connect.upstreams.connection import Connection

_LARGEST_TUNNEL_HEAD = 16 * 1024


class Dialling:
    """Opens connections to one upstream within `seconds` each. `resolver` stands for the name service."""

    def __init__(self, ways: Ways, way: Way, *, seconds: float, resolver: Resolver = resolve) -> None:
        self._ways = ways
        self._way = way
        self._seconds = seconds
        self._resolver = resolver

    async def open(self, make: Callable[[], Connection]) -> Connection:
        """Raises Unreachable; nothing of a request has been sent then."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._opened(make)
        except TimeoutError as late:
            raise Unreachable(f"{self._way.destination} took no connection within {self._seconds:g} seconds") from late
        except (OutgoingRefused, OutgoingUnreachable) as problem:
            raise Unreachable(problem.message, **problem.data) from problem

    async def _opened(self, make: Callable[[], Connection]) -> Connection:
        loop = asyncio.get_running_loop()
        way = self._way
        if way.dialled.address is not None:
            addresses = way.addresses(seconds=self._seconds)
        else:
            addresses = await loop.run_in_executor(
                None, lambda: way.addresses(seconds=self._seconds, resolver=self._resolver)
            )
        problem: OSError | None = None
        for place, address in enumerate(addresses):
            # A fair share of the time for each, so that one that swallows packets leaves some for the next.
            share = self._seconds / (len(addresses) - place)
            try:
                async with asyncio.timeout(share):
                    return await self._connected(loop, str(address), make)
            except OSError as failed:
                problem = failed
        raise Unreachable(f"{way.destination} cannot be reached: {_said(problem)}") from problem

    async def _connected(
        self, loop: asyncio.AbstractEventLoop, address: str, make: Callable[[], Connection]
    ) -> Connection:
        way = self._way
        is_secret = way.destination.scheme == "https"
        if way.is_tunnelled:
            return await self._tunnelled(loop, address, make)
        context = self._ways.tls if is_secret else None
        name = way.destination.host if is_secret else None
        _, made = await loop.create_connection(make, address, way.dialled.port, ssl=context, server_hostname=name)
        return made

    async def _tunnelled(
        self, loop: asyncio.AbstractEventLoop, address: str, make: Callable[[], Connection]
    ) -> Connection:
        destination = self._way.destination
        raw, tunnel = await loop.create_connection(lambda: _Tunnel(loop), address, self._way.dialled.port)
        try:
            raw.write(self._connect_head())
            status = await tunnel.answered
            if status != 200:
                raise Unreachable(f"the proxy {self._way.dialled} opens no way to {destination}: it answered {status}")
            made = make()
            secured = await loop.start_tls(raw, made, self._ways.tls, server_hostname=destination.host)
        except BaseException:
            raw.abort()
            raise
        if secured is None:
            raise Unreachable(f"{destination} closed the connection while encryption was agreed")
        made.attach(secured)
        return made

    def _connect_head(self) -> bytes:
        destination = self._way.destination
        host = f"[{destination.host}]" if ":" in destination.host else destination.host
        place = f"{host}:{destination.port}".encode("ascii")
        login = self._ways.proxy_login
        said = b""
        if login is not None:
            said = b"Proxy-Authorization: Basic " + base64.b64encode(":".join(login()).encode()) + b"\r\n"
        return b"CONNECT " + place + b" HTTP/1.1\r\nHost: " + place + b"\r\n" + said + b"\r\n"


class _Tunnel(asyncio.Protocol):
    """Reads a proxy's answer to CONNECT: its head, and nothing after it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.answered: asyncio.Future[int] = loop.create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if self.answered.done():
            return
        if not end:
            if len(self._head) > _LARGEST_TUNNEL_HEAD:
                self.answered.set_exception(OSError("the proxy's answer has no end"))
            return
        first = head.split(b"\r\n", 1)[0].split(b" ")
        if rest or len(first) < 2 or not first[0].startswith(b"HTTP/1.") or not first[1].isdigit():
            self.answered.set_exception(OSError("the proxy does not speak HTTP"))
        else:
            self.answered.set_result(int(first[1][:3]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_exception(OSError("the proxy closed the connection"))


def _said(problem: OSError | None) -> str:
    if problem is None:
        return "it has no address"
    untrusted = getattr(problem, "verify_message", None)
    if untrusted:
        return f"the certificate is not trusted ({untrusted})"
    if isinstance(problem, TimeoutError) and not problem.strerror:
        return "no connection in time"
    return problem.strerror or str(problem) or type(problem).__name__
