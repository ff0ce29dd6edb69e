"""The members of a request's outermost object, and where they stand in its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tiebeam.economics.tokens.problems import Malformed

_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
OPENED = re.compile(rb"[ \t\n\r]*\{[ \t\n\r]*")
_KEY = re.compile(rb'[ \t\n\r,]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)

Members = dict[str, msgspec.Raw]


def members_of(body: bytes) -> Members:
    """Names and values as they are written; of a name given twice the last. Raises Malformed."""
    try:
        return _TOP.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Malformed("the request is no JSON object") from None


def places(body: bytes, members: Members) -> Iterator[tuple[str, int, int]]:
    """Name, first byte and end of each value, in order. Ends early where a name is given twice."""
    opened = OPENED.match(body)
    at = opened.end() if opened is not None else 0
    for key, value in members.items():
        found = _KEY.match(body, at)
        if found is None:
            return
        at = found.end() + memoryview(value).nbytes
        if msgspec.json.decode(b'"' + found[1] + b'"') != key or body[found.end() : at] != bytes(value):
            return
        yield key, found.end(), at


def is_each_once(body: bytes, members: Members) -> bool:
    """Whether every name of the outermost object is given once."""
    found, end = 0, 0
    for _, _, end in places(body, members):  # noqa: B007 - the last end is wanted
        found += 1
    return found == len(members) and body[end:].strip() == (b"}" if members else body.strip())
