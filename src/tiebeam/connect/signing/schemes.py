"""Two ways to sign a message with a shared secret, both HMAC-SHA256 over a moment and the body.

`stamped`: one header `t=<seconds>,v1=<hex>`, ours and that of some payment services. `standard`: the headers of
standardwebhooks.com (`webhook-id`, `webhook-timestamp`, `webhook-signature`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tiebeam.errors import TiebeamError

SIGNATURE = "x-tiebeam-signature"
MESSAGE_ID = "x-tiebeam-message"
WINDOW_SECONDS = 300
"""How far the moment of a message may lie from our own: an older one may be somebody's recording."""

_STANDARD_ID, _STANDARD_AT, _STANDARD_SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_STANDARD_PREFIX = "whsec_"
_LONGEST_HEADER = 2000
_MOST_SIGNATURES = 8
_LATEST = 10**11
"""Seconds since 1970 that a moment may say; beyond it no calendar reaches."""


class SignatureRefused(TiebeamError):
    """A message is not from whom it says, was changed, or is too old. Its sender is told no more than that.

    `reason` is for the house.
    """

    code = "signature_refused"
    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__("the signature of this message is not accepted; check its secret, and the sender's clock")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """What a message says of itself once its signature was found good. `id` is None where the scheme has none."""

    id: str | None
    at: datetime


def signature_of(secret: bytes, body: bytes, *, at: int) -> str:
    """`t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 over the moment, a full stop and the body.

    A receiver refuses moments more than some minutes away from its own, so that no message can be played again.
    """
    return f"t={at},v1={_hex(secret, f'{at}.'.encode() + body)}"


def standard_signature_of(secret: bytes, body: bytes, *, message_id: str, at: int) -> str:
    """`v1,<base64>` as standardwebhooks.com has it; `secret` as it is shared, with or without `whsec_`."""
    return f"v1,{_standard(_key_of(secret), body, message_id=message_id, at=at)}"


def verify_stamped(header: str | None, body: bytes, *, secrets: Sequence[bytes], now: datetime) -> Signed:
    """Raises SignatureRefused. Several secrets, while one takes the place of another."""
    parts = [part.strip().partition("=") for part in _bounded(header).split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"][:_MOST_SIGNATURES]
    at = _moment(moments[0] if len(moments) == 1 else "")
    expected = [_hex(secret, f"{at}.".encode() + body) for secret in secrets]
    if not _matches(given, expected):
        raise SignatureRefused("no signature fits the secret")
    return Signed(None, _within(at, now))


def verify_standard(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> Signed:
    """Raises SignatureRefused."""
    message_id = _bounded(headers.get(_STANDARD_ID))
    at = _moment(_bounded(headers.get(_STANDARD_AT)))
    versions = [part.partition(",") for part in _bounded(headers.get(_STANDARD_SIGNATURE)).split(" ")]
    given = [value for version, _, value in versions if version == "v1"][:_MOST_SIGNATURES]
    expected = [_standard(_key_of(secret), body, message_id=message_id, at=at) for secret in secrets]
    if not message_id or not _matches(given, expected):
        raise SignatureRefused("no signature fits the secret")
    return Signed(message_id, _within(at, now))


def _hex(secret: bytes, content: bytes) -> str:
    return hmac.new(secret, content, hashlib.sha256).hexdigest()


def _standard(key: bytes, body: bytes, *, message_id: str, at: int) -> str:
    content = f"{message_id}.{at}.".encode() + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")


def _key_of(secret: bytes) -> bytes:
    """The bytes a shared secret stands for; one that is no base64 counts as it is written."""
    try:
        return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX.encode()), validate=True)
    except binascii.Error:
        return secret


def _bounded(header: str | None) -> str:
    if header is None or not 0 < len(header) <= _LONGEST_HEADER:
        raise SignatureRefused("a header of the signature is missing or too long")
    return header


def _moment(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) < _LATEST):
        raise SignatureRefused("the message does not say when it was sent")
    return int(text)


def _matches(given: Sequence[str], expected: Sequence[str]) -> bool:
    """Every pair is compared in full, so that the time it takes tells nothing of how near a guess was."""
    found = False
    for said in given:
        for right in expected:
            found |= hmac.compare_digest(said.encode("utf-8", "replace"), right.encode())
    return found


def _within(at: int, now: datetime) -> datetime:
    """Asked after the signature, so that only who knows the secret learns of our clock."""
    if abs(now.timestamp() - at) > WINDOW_SECONDS:
        raise SignatureRefused(f"the message's moment is more than {WINDOW_SECONDS} seconds away from ours")
    return datetime.fromtimestamp(at, UTC)
