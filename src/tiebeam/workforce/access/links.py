"""One-time links: a printed secret that signs one person in, once."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import Refused
from tiebeam.kit import sha256_hex
from tiebeam.store import Unit
from tiebeam.workforce.access.tables import access_link

LINK_TTL = timedelta(minutes=30)
LONGEST_TOKEN = 200


class LinkRefused(Refused):
    """The link was never made, was used, has expired or was taken back; which of these is not told."""

    code = "link_refused"


def subject_of(token_hash: str) -> str:
    """How the record names a link: `link:` and the first letters of its hash, which tell nothing of the link."""
    return f"link:{token_hash[:12]}"


def make(unit: Unit, person_id: str, *, ttl: timedelta, vouched_by: str | None) -> tuple[str, str]:
    """A fresh link's token, and its subject."""
    token = secrets.token_urlsafe(32)
    unit.conn.execute(
        sa.insert(access_link).values(
            token_hash=sha256_hex(token),
            person_id=person_id,
            vouched_by=vouched_by,
            created_at=unit.now,
            expires_at=unit.now + ttl,
        )
    )
    return token, subject_of(sha256_hex(token))


def use(unit: Unit, token: str) -> Any:
    """The link's row when it was good until now; None otherwise, whatever the reason."""
    hashed = sha256_hex(token[:LONGEST_TOKEN].encode("utf-8", "surrogatepass"))
    row = unit.conn.execute(sa.select(access_link).where(access_link.c.token_hash == hashed)).one_or_none()
    if row is None or not hmac.compare_digest(row.token_hash, hashed):
        return None
    # One statement decides which of two browsers was first.
    used = unit.conn.execute(
        sa.update(access_link)
        .where(
            access_link.c.token_hash == hashed,
            access_link.c.redeemed_at.is_(None),
            access_link.c.revoked_at.is_(None),
            access_link.c.expires_at > unit.now,
        )
        .values(redeemed_at=unit.now)
    )
    return row if used.rowcount == 1 else None


def take_back(unit: Unit, person_id: str) -> int:
    """Make a person's unused links useless; returns how many."""
    taken = unit.conn.execute(
        sa.update(access_link)
        .where(
            access_link.c.person_id == person_id,
            access_link.c.redeemed_at.is_(None),
            access_link.c.revoked_at.is_(None),
        )
        .values(revoked_at=unit.now)
    )
    return taken.rowcount
