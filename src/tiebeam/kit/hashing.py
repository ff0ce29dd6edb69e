"""One canonical form of JSON, so that equal content has one hash everywhere."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tiebeam.kit.clock import iso
from tiebeam.kit.money import decimal_text


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical JSON form")


# Built once: `json.dumps` makes an encoder for every call.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)


def canonical_json(value: Any) -> str:
    """Sorted keys, no white space; decimals as plain strings, times as `iso`. NaN and infinity are refused."""
    return _CANONICAL.encode(value)


def sha256_hex(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def digest_of(value: Any) -> str:
    """The SHA-256 of the canonical JSON."""
    return sha256_hex(canonical_json(value))
