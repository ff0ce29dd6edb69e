"""A sign-in under way: bound to one browser, used once, over after ten minutes."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from tiebeam.errors import TiebeamError
from tiebeam.kit import sha256_hex
from tiebeam.store import Unit
from tiebeam.workforce.identities.tables import identity_attempt

LASTS = timedelta(minutes=10)
_KEPT = timedelta(hours=1)
"""Afterwards it is forgotten; until then one that came too late is told so."""
MOST_FROM_ONE_PLACE = 200
"""Sign-ins begun from one address within ten minutes; a whole office may share one."""
_LONGEST = 200


class SignInLapsed(TiebeamError):
    """The answer belongs to no sign-in of this browser that is still under way."""

    code = "sign_in_lapsed"
    status = 400


class TooManySignIns(TiebeamError):
    """Too many sign-ins were begun from one place and not finished."""

    code = "too_many_sign_ins"
    status = 429


@dataclass(frozen=True, slots=True)
class Begun:
    """`state` goes to the provider and back; `secret` stays in the browser's cookie and nowhere else."""

    state: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where the person wanted to go, and the provider they were sent to."""

    target: str
    issuer: str


def begin(unit: Unit, *, issuer: str, target: str, source: str) -> Begun:
    """Raises TooManySignIns."""
    attempts = identity_attempt.c
    unit.conn.execute(sa.delete(identity_attempt).where(attempts.expires_at < unit.now - _KEPT))
    recent = sa.select(sa.func.count()).where(attempts.source == source[:_LONGEST], attempts.expires_at > unit.now)
    if unit.conn.execute(recent).scalar_one() >= MOST_FROM_ONE_PLACE:
        minutes = int(LASTS.total_seconds() // 60)
        raise TooManySignIns(f"too many sign-ins were begun from here and not finished; wait {minutes} minutes")
    made = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    unit.conn.execute(
        sa.insert(identity_attempt).values(
            state_hash=sha256_hex(made.state),
            browser_hash=sha256_hex(made.secret),
            issuer=issuer,
            target=target[:1000],
            source=source[:_LONGEST],
            created_at=unit.now,
            expires_at=unit.now + LASTS,
        )
    )
    return made


def resume(unit: Unit, *, state: str, secret: str) -> Resumed | SignInLapsed:
    """Use the sign-in up. The refusal is answered, not raised, so that what was used up stays so."""
    attempts, hashed = identity_attempt.c, _hash(state)
    row = unit.conn.execute(sa.select(identity_attempt).where(attempts.state_hash == hashed)).one_or_none()
    if row is None:
        return SignInLapsed("this sign-in was finished before, or never began here; start again from the sign-in page")
    # Bound to its browser first: a link with somebody else's answer must not even use the sign-in up.
    if not hmac.compare_digest(row.browser_hash, _hash(secret)):
        return SignInLapsed(
            "this answer belongs to a sign-in of another browser, or cookies are off; start again from the sign-in page"
        )
    # One statement decides which of two answers was first.
    used = unit.conn.execute(sa.delete(identity_attempt).where(attempts.state_hash == hashed))
    if used.rowcount != 1:
        return SignInLapsed("this sign-in was finished a moment ago; start again from the sign-in page")
    if unit.now >= row.expires_at:
        minutes = int(LASTS.total_seconds() // 60)
        return SignInLapsed(f"this sign-in took longer than {minutes} minutes; start again from the sign-in page")
    return Resumed(row.target, row.issuer)


def _hash(text: str) -> str:
    return sha256_hex(text[:_LONGEST].encode("utf-8", "surrogatepass"))
