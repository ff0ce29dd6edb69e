"""The text of an API token: `tb_<kind>_<public id>_<secret>_<checksum>`.

The public id names the token in lists and records. The checksum tells a mistyped or made-up text from a token without
asking the database, and lets scanners of source code know one when they see it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from tiebeam.kit import sha256_hex

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
TOKEN = re.compile(r"(tb_[psa]_[0-9a-hjkmnp-tv-z]{8})_([A-Za-z0-9_-]{43})_([0-9a-hjkmnp-tv-z]{6})", re.ASCII)
"""Finds tokens in a longer text too."""


class HolderKind(StrEnum):
    """Whom a token stands for."""

    PERSON = "person"
    SERVICE = "service"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class TokenText:
    """`id` is public; the whole text is the secret."""

    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        return sha256_hex(self.text)


def make_text(kind: HolderKind) -> TokenText:
    """A fresh token with 256 random bits."""
    public = "".join(secrets.choice(_LETTERS) for _ in range(8))
    token_id = f"tb_{kind.value[0]}_{public}"
    body = f"{token_id}_{secrets.token_urlsafe(32)}"
    return TokenText(token_id, f"{body}_{_checksum(body)}")


def parse_text(text: str) -> TokenText | None:
    """The token in a text that holds nothing else; None when it is none."""
    found = TOKEN.fullmatch(text)
    if found is None or not secrets.compare_digest(_checksum(text[:-7]), found[3]):
        return None
    return TokenText(found[1], text)


def _checksum(body: str) -> str:
    number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:4])
    return "".join(_LETTERS[number >> shift & 31] for shift in range(0, 30, 5))
