"""A provider's key, read where it is kept: often enough to notice a new one, not at every call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tiebeam.connect.secrets import Secret
from tiebeam.connect.upstreams.errors import Unreachable
from tiebeam.errors import TiebeamError

KEY_SECONDS = 5.0
"""A changed key is in use after so many seconds, or at once when the provider refuses the old one."""


class Credential:
    """`read` gives the secret and may block (files, key stores, programs); it runs in a thread of its own."""

    __slots__ = ("_at", "_clock", "_read", "_reading", "_value")

    def __init__(self, read: Callable[[], Secret], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._value: Secret | None = None
        self._at = 0.0
        self._reading: asyncio.Task[Secret] | None = None

    def ready(self) -> bytes | None:
        """The key as of now; None when it must be waited for. An old one is read again meanwhile."""
        value = self._value
        if value is None:
            return None
        if self._clock() - self._at > KEY_SECONDS and self._reading is None:
            self._start()
        return value.reveal().encode("latin-1")

    async def wait(self) -> bytes:
        """Raises Unreachable when the key cannot be read: nothing was sent."""
        reading = self._reading or self._start()
        try:
            secret = await asyncio.shield(reading)
            return secret.reveal().encode("latin-1")
        except TiebeamError as problem:
            raise Unreachable(f"the provider's key cannot be read: {problem.message}", **problem.data) from problem
        except UnicodeEncodeError:
            raise Unreachable("the provider's key holds characters that no header can carry") from None

    def forget(self) -> None:
        """The provider refused it: the next call reads it anew."""
        self._value = None

    def _start(self) -> asyncio.Task[Secret]:
        self._reading = asyncio.get_running_loop().create_task(asyncio.to_thread(self._read))
        self._reading.add_done_callback(self._took)
        return self._reading

    def _took(self, reading: asyncio.Task[Secret]) -> None:
        self._reading = None
        if reading.cancelled():
            return
        if reading.exception() is None:
            self._value = reading.result()
        # One that cannot be read any more is tried again, and the provider judges the one we have.
        self._at = self._clock()
