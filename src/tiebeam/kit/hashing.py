"""One canonical form of JSON (RFC 8785), so that equal content has one hash everywhere."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tiebeam.kit.clock import iso
from tiebeam.kit.money import decimal_text
from tiebeam.verifier import canonical, encoder, sha256


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


# Built once: putting an encoder together costs more than most values do.
_ENCODER = encoder(_plain)


def canonical_json(value: Any) -> str:
    """The RFC 8785 text; decimals become plain strings, times `iso`. NaN and integers beyond 2^53 are refused."""
    return canonical(value, _ENCODER)


def stored_json(value: Any) -> str:
    """Text for a column: like `canonical_json`, but integers of any size pass, for nobody hashes it."""
    return _ENCODER.encode(value)


def sha256_hex(data: bytes | str) -> str:
    return sha256(data)


def digest_of(value: Any) -> str:
    """The SHA-256 of the canonical JSON."""
    return sha256_hex(canonical_json(value))
