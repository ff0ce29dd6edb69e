"""Signing in: one-time links, sessions and CSRF tokens. Only hashes are stored."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from tiebeam.errors import Refused, TiebeamError
from tiebeam.kit import sha256_hex
from tiebeam.store import Store, Unit
from tiebeam.workforce.access import tables
from tiebeam.workforce.directory import Directory, person_of

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(hours=24)
LINK_TTL = timedelta(minutes=30)
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
_TOUCH_EVERY = timedelta(minutes=1)
_LONGEST_SECRET = 200


class LinkRefused(Refused):
    """The link was never made, was used, has expired or was taken back; which of these is not told."""

    code = "link_refused"


class TooManyAttempts(TiebeamError):
    """Too many failed sign-ins from one place."""

    code = "too_many_attempts"
    status = 429


class CsrfRefused(Refused):
    """The form was not made for this session."""

    code = "csrf_refused"


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in. `secret` goes into the cookie and nowhere else; `csrf_token` into every form."""

    id: str
    person_id: str
    created_at: datetime
    expires_at: datetime
    secret: str = field(repr=False)

    @property
    def csrf_token(self) -> str:
        return csrf_token(self.secret)


def csrf_token(secret: str) -> str:
    """Bound to the session: derived from its secret, so it needs no place of its own and dies with it."""
    return hmac.new(secret.encode(), b"tiebeam.csrf", "sha256").hexdigest()


def check_csrf(session: Session, token: str | None) -> None:
    """Raises CsrfRefused."""
    if token is None or not hmac.compare_digest(session.csrf_token.encode(), token.encode()):
        raise CsrfRefused("this form belongs to another session; load the page again and repeat what you did")


class Access:
    def __init__(self, store: Store, *, people: Callable[[], Directory]) -> None:
        self._store = store
        self._people = people

    def create_link(self, unit: Unit, person_id: str, *, ttl: timedelta = LINK_TTL, actor: str | None = None) -> str:
        """A token that signs this person in once. Ask `may(…, "person.link", …)` first. Raises NotFound."""
        person_of(self._people(), person_id)
        token = secrets.token_urlsafe(32)
        unit.conn.execute(
            sa.insert(tables.access_link).values(
                token_hash=sha256_hex(token), person_id=person_id, created_at=unit.now, expires_at=unit.now + ttl
            )
        )
        _note(unit, person_id, "access.link-created", actor=actor or f"person:{person_id}", expires_at=unit.now + ttl)
        return token

    def redeem_link(self, token: str, *, source: str = "local", former_secret: str | None = None) -> Session:
        """A fresh session for an unused link; the session the browser had before ends.

        Raises LinkRefused, or TooManyAttempts once `source` (an address) has failed too often.
        """
        with self._store.unit() as unit:
            self._check_rate(unit, source)
            session = self._redeem(unit, token)
            if session is None:
                # The failure must be kept, so it is committed before the caller is told.
                unit.conn.execute(
                    sa.insert(tables.access_failure).values(
                        id=unit.store.ids.new("failure"), source=source[:200], at=unit.now
                    )
                )
            elif former_secret is not None:
                _end(unit, tables.access_session.c.secret_hash == sha256_hex(former_secret[:_LONGEST_SECRET]))
        if session is None:
            raise LinkRefused("this sign-in link cannot be used (any more); make a new one with `tiebeam sign-in`")
        return session

    def _check_rate(self, unit: Unit, source: str) -> None:
        failures = tables.access_failure
        unit.conn.execute(sa.delete(failures).where(failures.c.at < unit.now - FAILURE_WINDOW))
        statement = sa.select(sa.func.count()).where(failures.c.source == source[:200])
        if unit.conn.execute(statement).scalar_one() >= FAILURES_ALLOWED:
            minutes = int(FAILURE_WINDOW.total_seconds() // 60)
            raise TooManyAttempts(f"too many failed sign-ins from {source!r}; wait {minutes} minutes", source=source)

    def _redeem(self, unit: Unit, token: str) -> Session | None:
        links, hashed = tables.access_link, sha256_hex(token[:_LONGEST_SECRET])
        row = unit.conn.execute(sa.select(links).where(links.c.token_hash == hashed)).one_or_none()
        if row is None or not hmac.compare_digest(row.token_hash, hashed):
            return None
        # One statement decides which of two browsers was first.
        used = unit.conn.execute(
            sa.update(links)
            .where(
                links.c.token_hash == hashed,
                links.c.redeemed_at.is_(None),
                links.c.revoked_at.is_(None),
                links.c.expires_at > unit.now,
            )
            .values(redeemed_at=unit.now)
        )
        if used.rowcount != 1 or row.person_id not in self._people().people:
            return None
        session = self.start_session(unit, row.person_id)
        _note(unit, row.person_id, "access.signed-in", actor=f"person:{row.person_id}", session=session.id)
        return session

    def start_session(self, unit: Unit, person_id: str) -> Session:
        """A session for somebody whose identity is already established."""
        session = Session(
            id=unit.store.ids.new("session"),
            person_id=person_id,
            created_at=unit.now,
            expires_at=unit.now + ABSOLUTE,
            secret=secrets.token_urlsafe(32),
        )
        unit.conn.execute(
            sa.insert(tables.access_session).values(
                secret_hash=sha256_hex(session.secret),
                id=session.id,
                person_id=person_id,
                created_at=unit.now,
                last_seen_at=unit.now,
                expires_at=session.expires_at,
            )
        )
        return session

    def session(self, secret: str) -> Session | None:
        """The live session with this cookie secret; None once ended, idle, too old, or its person has left."""
        hashed = sha256_hex(secret[:_LONGEST_SECRET])
        with self._store.read() as conn:
            statement = sa.select(tables.access_session).where(tables.access_session.c.secret_hash == hashed)
            row = conn.execute(statement).one_or_none()
        now = self._store.clock.now()
        if row is None or not hmac.compare_digest(row.secret_hash, hashed) or row.ended_at is not None:
            return None
        if now >= row.expires_at or now - row.last_seen_at >= IDLE or row.person_id not in self._people().people:
            return None
        if now - row.last_seen_at >= _TOUCH_EVERY:
            self._touch(hashed)
        return Session(row.id, row.person_id, row.created_at, row.expires_at, secret)

    def _touch(self, hashed: str) -> None:
        with self._store.unit() as unit:
            unit.conn.execute(
                sa.update(tables.access_session)
                .where(tables.access_session.c.secret_hash == hashed)
                .values(last_seen_at=unit.now)
            )

    def sign_out(self, secret: str) -> None:
        with self._store.unit() as unit:
            _end(unit, tables.access_session.c.secret_hash == sha256_hex(secret[:_LONGEST_SECRET]))

    def revoke(self, unit: Unit, person_id: str, *, actor: str) -> int:
        """End all sessions of a person and take back their unused links; returns how many of both."""
        links = tables.access_link
        taken = unit.conn.execute(
            sa.update(links)
            .where(links.c.person_id == person_id, links.c.redeemed_at.is_(None), links.c.revoked_at.is_(None))
            .values(revoked_at=unit.now)
        )
        count = _end(unit, tables.access_session.c.person_id == person_id) + taken.rowcount
        _note(unit, person_id, "access.revoked", actor=actor, count=count)
        return count


def _end(unit: Unit, which: sa.ColumnElement[bool]) -> int:
    sessions = tables.access_session
    ended = unit.conn.execute(sa.update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=unit.now))
    return ended.rowcount


def _note(unit: Unit, person_id: str, kind: str, *, actor: str, **detail: object) -> None:
    unit.journal(f"person:{person_id}", kind, actor=actor, payload={"subject": f"person:{person_id}", **detail})
