"""PNG files from raw pixels: eight bits a channel, RGB, or greyscale where every pixel is grey."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_LEVEL = 6


def png_of(pixels: bytes, *, width: int, height: int, stride: int) -> bytes:
    """`pixels` holds rows of red, green and blue bytes, each row `stride` bytes long."""
    if width < 1 or height < 1 or stride < 3 * width or len(pixels) < stride * height:
        raise ValueError(f"{len(pixels)} bytes are no picture of {width} x {height} pixels in rows of {stride} bytes")
    rows = pixels[: stride * height]
    if stride != 3 * width:
        rows = b"".join(rows[start : start + 3 * width] for start in range(0, len(rows), stride))
    grey = rows[0::3]
    is_grey = grey == rows[1::3] and grey == rows[2::3]
    head = struct.pack(">IIBBBBB", width, height, 8, _GREY if is_grey else _RGB, 0, 0, 0)
    data = _unfiltered(grey, length=width) if is_grey else _unfiltered(rows, length=3 * width)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(data, _LEVEL)) + _chunk(b"IEND", b"")


def _unfiltered(rows: bytes, *, length: int) -> bytes:
    """Each row after the byte that says it is stored as it is."""
    return b"".join(b"\0" + rows[start : start + length] for start in range(0, len(rows), length))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
