"""The text of a credential of ours: `tb_<kind>_<public id>_<secret>_<checksum>`.

The public id names it in lists and records. The checksum tells a mistyped or made-up text from a credential without
asking the database, and lets scanners of source code know one when they see it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from tiebeam.kit.hashing import sha256_hex

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
CREDENTIAL = re.compile(r"(tb_[a-z]_[0-9a-hjkmnp-tv-z]{8})_([A-Za-z0-9_-]{43})_([0-9a-hjkmnp-tv-z]{6})", re.ASCII)
"""Finds credentials of every kind, in a longer text too."""


@dataclass(frozen=True, slots=True)
class Credential:
    """`id` is public; the whole text is the secret."""

    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        return sha256_hex(self.text)


def make_credential(kind: str, *, public: str | None = None) -> Credential:
    """A fresh one with 256 random bits; `kind` is one letter, `public` the id of one that it replaces."""
    credential_id = public or f"tb_{kind}_{''.join(secrets.choice(_LETTERS) for _ in range(8))}"
    body = f"{credential_id}_{secrets.token_urlsafe(32)}"
    return Credential(credential_id, f"{body}_{_checksum(body)}")


def parse_credential(text: str, *, kinds: str) -> Credential | None:
    """The credential in a text that holds nothing else; None when it is none of these kinds."""
    found = CREDENTIAL.fullmatch(text)
    if found is None or found[1][3] not in kinds or not secrets.compare_digest(_checksum(text[:-7]), found[3]):
        return None
    return Credential(found[1], text)


def _checksum(body: str) -> str:
    number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:4])
    return "".join(_LETTERS[number >> shift & 31] for shift in range(0, 30, 5))
