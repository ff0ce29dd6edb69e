"""Messages between the reader and its confined processes: four bytes of length, then JSON. Never pickle."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEADER_BYTES = 4
MAX_FRAME_BYTES = 32 * 1024 * 1024


def frame(message: dict[str, Any]) -> bytes:
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    return struct.pack(">I", len(body)) + body


def frame_length(header: bytes) -> int:
    """Raises ValueError for a length that no honest message has."""
    length = int(struct.unpack(">I", header)[0])
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {length} bytes is too long")
    return length


def read_exactly(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes; raises EOFError when the other side closes before."""
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_frame(stream: BinaryIO) -> dict[str, Any]:
    body = read_exactly(stream, frame_length(read_exactly(stream, HEADER_BYTES)))
    message: dict[str, Any] = json.loads(body)
    return message
