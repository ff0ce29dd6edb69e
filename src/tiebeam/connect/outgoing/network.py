"""The one place that opens blocking sockets to other machines."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from tiebeam.connect.outgoing.errors import AnswerTooLarge, OutgoingUnreachable
from tiebeam.connect.outgoing.ways import Resolver, Way, addresses_of

HEADER_ROOM = 128 * 1024

Dial = Callable[[str, int, float], socket.socket]
"""(address, port, seconds) → a connected socket. Raises OSError."""


def dial(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


class Deadline:
    """The moment by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Seconds left, at most `most`; never 0, which sockets read as "do not wait"."""
        seconds = max(self._end - time.monotonic(), 0.001)
        return seconds if most is None else min(seconds, most)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to the very addresses it has checked: a name is resolved once, and the answer is what is used."""

    def __init__(
        self,
        way: Way,
        *,
        resolver: Resolver,
        connect: Dial,
        deadline: Deadline,
        connect_seconds: float,
        most_bytes: int,
    ) -> None:
        self._way = way
        self._resolver = resolver
        self._connect = connect
        self._deadline = deadline
        self._connect_seconds = connect_seconds
        self._most_bytes = most_bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return BoundedStream(self.open_socket(host, port), deadline=self._deadline, most_bytes=self._most_bytes)

    def open_socket(self, host: str, port: int) -> socket.socket:
        """Connected to an address that was checked. Raises OutgoingRefused and OutgoingUnreachable."""
        seconds = self._deadline.left(self._connect_seconds)
        addresses = addresses_of(host, port, resolver=self._resolver, seconds=seconds)
        self._way.allowed.check(self._way.dialled, addresses)
        problem: OSError | None = None
        for address in addresses:
            if self._deadline.is_over:
                break
            try:
                connected = self._connect(str(address), port, self._deadline.left(self._connect_seconds))
            except OSError as failed:
                problem = failed
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
        said = "no time was left" if problem is None else (problem.strerror or str(problem) or type(problem).__name__)
        raise OutgoingUnreachable(f"{self._way.dialled} cannot be reached: {said}", host=host)


class BoundedStream(httpcore.NetworkStream):
    """A socket, or TLS over it, that ends by the deadline and stops after so many bytes."""

    def __init__(self, connected: socket.socket, *, deadline: Deadline, most_bytes: int) -> None:
        self._socket = connected
        self._deadline = deadline
        self._most = most_bytes
        self._came = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(self._time(timeout, httpcore.ReadTimeout))
            data = self._socket.recv(max_bytes)
        except TimeoutError as late:
            raise httpcore.ReadTimeout("no answer in time") from late
        except OSError as problem:
            raise httpcore.ReadError(_said(problem)) from problem
        self._came += len(data)
        if self._came > self._most:
            raise AnswerTooLarge(f"the answer is larger than {self._most - HEADER_ROOM} bytes")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                self._socket.settimeout(self._time(timeout, httpcore.WriteTimeout))
                left = left[self._socket.send(left) :]
        except TimeoutError as late:
            raise httpcore.WriteTimeout("the request was not taken in time") from late
        except OSError as problem:
            raise httpcore.WriteError(_said(problem)) from problem

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._time(timeout, httpcore.ConnectTimeout))
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as late:
            self.close()
            raise httpcore.ConnectTimeout("TLS was not agreed in time") from late
        except (OSError, ValueError) as problem:
            self.close()
            raise httpcore.ConnectError(f"TLS: {_said(problem)}") from problem
        return BoundedStream(wrapped, deadline=self._deadline, most_bytes=self._most)

    def get_extra_info(self, info: str) -> Any:
        # Asked before a connection is used again; ours never is. No other protocol is ever agreed.
        return None

    def _time(self, timeout: float | None, late: type[Exception]) -> float:
        if self._deadline.is_over:
            raise late("the time for the whole request is over")
        return self._deadline.left(timeout)


def _said(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({problem.verify_message})"
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
