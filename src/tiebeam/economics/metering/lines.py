"""The journal's lines: a checksum, a record as a JSON array, a newline. A torn line is known by its checksum."""

from __future__ import annotations

import zlib

import msgspec

from tiebeam.economics.metering.charges import Attempt, Settlement


class Priced(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """The price behind a digest, written before the first attempt that is charged at it."""

    digest: str
    snapshot: str
    """As it is stored: JSON text."""


Record = Attempt | Settlement | Priced

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Record)
_CHECKSUM = 8


def line_of(record: Record) -> bytes:
    """The record as one line of the journal."""
    text = _ENCODER.encode(record)
    return b"%08x%s\n" % (zlib.crc32(text), text)


def record_of(line: bytes) -> Record | None:
    """The record of a line without its newline; None when the line is torn or damaged."""
    text = line[_CHECKSUM:]
    try:
        if int(line[:_CHECKSUM], 16) != zlib.crc32(text):
            return None
        return _DECODER.decode(text)
    except (ValueError, msgspec.DecodeError):
        return None
