"""Requests whose head has no end, or takes for ever: refused before they are anybody's call."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
HEAD_SECONDS = 30.0
"""A caller has so long to send the head of a request."""
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class CallerProtocol(HttpToolsProtocol):
    """The server's own protocol, which bounds bodies and pauses but neither the size nor the time of a head."""

    _head = 0
    """Bytes that came since the last head was over."""
    _is_in_head = True
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if not self._is_in_head:
            self._head = 0
        elif self._head > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._done()
        super().on_headers_complete()

    def _begin(self) -> None:
        self._is_in_head = True
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _done(self) -> None:
        self._is_in_head = False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        # A connection that was opened in advance is closed without a word.
        self._refuse(_TOO_SLOW if self._head else b"")

    def _refuse(self, answer: bytes) -> None:
        self._done()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
