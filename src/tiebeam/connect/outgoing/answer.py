"""What came back, unpacked within its limit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiebeam.connect.outgoing.errors import AnswerTooLarge, OutgoingFailed


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case name, repeated ones joined by a comma. `url` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises OutgoingFailed when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as problem:
            raise OutgoingFailed(f"{self.url} answered {self.status} with something that is no JSON") from problem


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def read_body(parts: Iterable[bytes], headers: Mapping[str, str], *, largest: int) -> bytes:
    """Raises AnswerTooLarge, and OutgoingFailed for a packing that was not asked for."""
    told = headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > largest:
        raise _too_large(largest)
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > largest:
            raise _too_large(largest)
    return _unpacked(bytes(body), headers.get("content-encoding", "").lower(), largest=largest)


def _unpacked(body: bytes, packing: str, *, largest: int) -> bytes:
    if packing in {"", "identity"} or not body:
        return body
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise OutgoingFailed(f"the answer is packed as {packing[:40]!r}, which was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = unpacking.decompress(body, largest + 1)
    except zlib.error as problem:
        raise OutgoingFailed("the answer's packing is broken") from problem
    if len(plain) > largest:
        raise _too_large(largest)
    if not unpacking.eof:
        raise OutgoingFailed("the answer's packing ends early")
    return plain


def _too_large(largest: int) -> AnswerTooLarge:
    return AnswerTooLarge(f"the answer is larger than {largest} bytes", largest=largest)
