"""A stream on its way to the caller: its bytes pass as they come, and only its usage is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tiebeam.connect.upstreams import UpstreamAnswer
from tiebeam.economics.tokens import StreamUsage
from tiebeam.gateway.bodies import id_of, is_packed
from tiebeam.gateway.reading import Send
from tiebeam.gateway.telling import Headers

READER_SECONDS = 60.0
"""A caller may take so much longer than the provider to read an answer; then it is taken for gone."""
_TOKEN_BYTES = 8
"""Text has at least one token for so many bytes, whatever its language and however it is escaped."""
_SPARE_EVENTS = 16
"""Events of a stream that hold no text."""


class Relay:
    """One stream. The caller is sent what came, but for a chunk of usage it did not ask for.

    `may_go_on` is asked with the tokens seen so far, counted rather too low, when those are more than `known`; a
    stream that may not is ended here.
    """

    def __init__(
        self,
        answer: UpstreamAnswer,
        usage: StreamUsage,
        *,
        headers: Headers,
        send: Send,
        is_left: Callable[[], bool],
        known: Callable[[], int],
        may_go_on: Callable[[int], Awaitable[bool]],
        seconds: float,
    ) -> None:
        self.usage = usage
        self.is_begun = False
        """Whether the caller was sent something."""
        self.is_cut = False
        self.began_at = 0.0
        """When the first byte came, by the loop's clock; 0 before."""
        self.fingerprint = ""
        """The provider's id of the answer."""
        self._answer = answer
        self._headers = headers
        self._send = send
        self._is_left = is_left
        self._known = known
        self._may_go_on = may_go_on
        self._seconds = seconds
        self._gave_up = False
        self._events = 0

    @property
    def is_seen(self) -> bool:
        """Whether some of its text was seen, from which its length can be told."""
        return self.usage.visible_bytes > 0 and not is_packed(self._answer)

    async def run(self) -> None:
        """To the end of the stream, whether or not anybody reads it. Raises Failed where it breaks off."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._pass_on()
        except TimeoutError:
            # The caller takes nothing; what the provider still sends is read for its usage.
            self._gave_up = True
            await self._pass_on()
        if not self.is_cut:
            await self._hand(self.usage.end())

    async def close(self, last: bytes) -> None:
        """End the caller's answer, with `last` as its last bytes."""
        if not self._is_nobody_there():
            await self._begin()
            await self._send({"type": "http.response.body", "body": last, "more_body": False})

    async def _pass_on(self) -> None:
        usage = self.usage
        async for chunk in self._answer.chunks:
            if not self.began_at:
                self.began_at = asyncio.get_running_loop().time()
                self.fingerprint = id_of(chunk)
            await self._hand(usage.feed(chunk))
            self._events += chunk.count(b'"delta"')
            tokens = self._tokens()
            if tokens > self._known() and not await self._may_go_on(tokens):
                self.is_cut = True
                await self._answer.aclose()
                return

    async def _hand(self, data: bytes) -> None:
        if data and not self._is_nobody_there():
            await self._begin()
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _begin(self) -> None:
        if not self.is_begun:
            self.is_begun = True
            await self._send({"type": "http.response.start", "status": self._answer.status, "headers": self._headers})

    def _is_nobody_there(self) -> bool:
        return self._gave_up or self._is_left()

    def _tokens(self) -> int:
        """At least so many have come. Pieces are tokens or more, unless somebody sends letters one by one."""
        visible = self.usage.visible_bytes
        by_length = visible // _TOKEN_BYTES
        return by_length if visible < 2 * self._events else max(by_length, self._events - _SPARE_EVENTS)
