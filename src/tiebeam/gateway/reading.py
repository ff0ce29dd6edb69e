"""Reads a request's body, within bounds of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tiebeam.gateway.problems import RequestTooLarge, RequestTooSlow

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 60.0
"""A caller has so long to send what it asks."""


class CallerLeft(Exception):
    """The caller closed the connection before it had asked anything."""


async def read_body(receive: Receive, *, largest: int, declared: bytes | None) -> bytes:
    """The whole body. Raises RequestTooLarge, RequestTooSlow and CallerLeft."""
    if declared is not None and declared.isdigit() and int(declared) > largest:
        raise _too_large(largest)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _all_of(receive, largest)
    except TimeoutError:
        raise RequestTooSlow(
            f"the request did not come within {BODY_SECONDS:.0f} seconds; send it again, faster"
        ) from None


async def _all_of(receive: Receive, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise CallerLeft
        body = message.get("body", b"")
        size += len(body)
        if size > largest:
            raise _too_large(largest)
        if not message.get("more_body"):
            return b"".join((*parts, body)) if parts else body
        parts.append(body)


def _too_large(largest: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"the request is larger than {largest:,} bytes; send less, or raise largest_request_bytes in [gateway] "
        "of tiebeam.toml",
        largest=largest,
    )
