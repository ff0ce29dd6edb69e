"""Tells open streams that the server is going down, so that they end instead of holding it up."""

from __future__ import annotations

import asyncio


class Shutdown:
    def __init__(self) -> None:
        self._event = asyncio.Event()

    def begin(self) -> None:
        self._event.set()

    @property
    def has_begun(self) -> bool:
        return self._event.is_set()

    async def wait(self, seconds: float) -> bool:
        """Sleep at most `seconds`; True when the server is going down."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return False
        return True
