"""Sessions of people: a secret that changes every hour, an end when idle and an end at last.

A browser's secret is `<form part>.<changing part>`. The form part stays for the whole session and makes the tokens of
its forms, so that a page somebody has open may still be sent after the rest has changed. Neither part is stored.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import NotFound, Refused
from tiebeam.kit import sha256_hex
from tiebeam.store import Unit
from tiebeam.workforce.access.attempts import origin_of
from tiebeam.workforce.access.tables import access_secret, access_session

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(hours=24)
ROTATE_AFTER = timedelta(hours=1)
GRACE = timedelta(seconds=60)
"""How long a secret that was replaced is still taken, for requests that were under way."""
KEPT = timedelta(days=30)
"""How long an ended session is still listed."""
LONGEST_SECRET = 200
LONGEST_AGENT = 200
TOUCH_EVERY = timedelta(minutes=1)


class CsrfRefused(Refused):
    """The form was not made for this session."""

    code = "csrf_refused"


class UnknownSession(NotFound):
    """No session of that id that you may see."""

    code = "unknown_session"


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in. `secret` goes into the cookie and nowhere else; `csrf_token` into every form.

    `rotated` is the secret to use from now on, when the old one has served its hour. `roles` and `administrator` are
    what the identity provider's groups add to the person's record. `secret` is empty for the owner of the machine.
    """

    id: str
    person_id: str
    created_at: datetime
    expires_at: datetime
    method: str
    subject: str
    vouched_by: str | None
    roles: tuple[str, ...]
    administrator: bool
    secret: str = field(repr=False, compare=False)
    rotated: str | None = field(default=None, repr=False, compare=False)

    @property
    def csrf_token(self) -> str:
        return csrf_token(self.secret)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as a list shows it. `state` is open or ended; `origin` says what kind of address, never which."""

    id: str
    person_id: str
    method: str
    subject: str
    vouched_by: str | None
    user_agent: str
    origin: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    state: str


def csrf_token(secret: str) -> str:
    """Bound to the session by the part of its secret that stays; needs no place of its own and dies with it."""
    return hmac.new(secret.partition(".")[0].encode(), b"tiebeam.csrf", "sha256").hexdigest()


def check_csrf(session: Session, token: str | None) -> None:
    """Raises CsrfRefused."""
    if token is None or not hmac.compare_digest(session.csrf_token.encode(), token.encode()):
        raise CsrfRefused("this form belongs to another session; load the page again and repeat what you did")


def hash_of(secret: str) -> str:
    return sha256_hex(secret[:LONGEST_SECRET].encode("utf-8", "surrogatepass"))


def open_session(
    unit: Unit,
    person_id: str,
    *,
    method: str,
    subject: str,
    vouched_by: str | None = None,
    roles: tuple[str, ...] = (),
    administrator: bool = False,
    user_agent: str = "",
    source: str = "local",
    with_secret: bool = True,
) -> Session:
    """A session of somebody whose identity is established, on the record."""
    session = Session(
        id=unit.store.ids.new("session"),
        person_id=person_id,
        created_at=unit.now,
        expires_at=unit.now + ABSOLUTE,
        method=method,
        subject=subject,
        vouched_by=vouched_by,
        roles=roles,
        administrator=administrator,
        secret=f"{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(32)}" if with_secret else "",
    )
    facts = {"method": method, "vouched_by": vouched_by, "roles": list(roles), "administrator": administrator}
    unit.conn.execute(
        sa.insert(access_session).values(
            id=session.id,
            person_id=person_id,
            subject=subject,
            user_agent=" ".join(user_agent.split())[:LONGEST_AGENT],
            origin=origin_of(source),
            created_at=unit.now,
            last_seen_at=unit.now,
            expires_at=session.expires_at,
            **facts,
        )
    )
    if with_secret:
        _issue(unit, session.id, session.secret, confirmed=True)
    note(unit, person_id, "access.signed-in", actor=f"person:{person_id}", session=session.id, proof=subject, **facts)
    _forget_old(unit)
    return session


def note(unit: Unit, person_id: str, kind: str, *, actor: str, **detail: object) -> None:
    """A fact about a person's access, on their stream."""
    unit.journal(f"person:{person_id}", kind, actor=actor, payload={"subject": f"person:{person_id}", **detail})


def read_session(conn: sa.Connection, secret: str) -> Any:
    """The row of the session and its secret; None when no session ever had it."""
    hashed = hash_of(secret)
    statement = (
        sa.select(access_session, access_secret)
        .join(access_secret, access_secret.c.session_id == access_session.c.id)
        .where(access_secret.c.secret_hash == hashed)
    )
    row = conn.execute(statement).one_or_none()
    return row if row is not None and hmac.compare_digest(row.secret_hash, hashed) else None


def is_open(row: Any, now: datetime) -> bool:
    return row.ended_at is None and now < row.expires_at and now - row.last_seen_at < IDLE


def was_stolen(row: Any, now: datetime) -> bool:
    """A secret that was replaced long ago came back: two browsers have had it, and one of them should not."""
    return row.retired_at is not None and now - row.retired_at >= GRACE


def session_of_row(row: Any, secret: str) -> Session:
    return Session(
        id=row.id,
        person_id=row.person_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        method=row.method,
        subject=row.subject,
        vouched_by=row.vouched_by,
        roles=tuple(row.roles),
        administrator=row.administrator,
        secret=secret,
    )


def needs_care(row: Any, now: datetime) -> bool:
    """Whether this use of the session is to be written down, or its secret replaced."""
    if now - row.last_seen_at >= TOUCH_EVERY or row.confirmed_at is None:
        return True
    return row.retired_at is None and now - row.issued_at >= ROTATE_AFTER


def care_for(unit: Unit, row: Any, session: Session) -> Session:
    """Note the use; retire older secrets when this one comes for the first time; replace it after its hour."""
    unit.conn.execute(sa.update(access_session).where(access_session.c.id == session.id).values(last_seen_at=unit.now))
    secret = access_secret.c
    if row.confirmed_at is None:
        unit.conn.execute(
            sa.update(access_secret).where(secret.secret_hash == row.secret_hash).values(confirmed_at=unit.now)
        )
        unit.conn.execute(
            sa.update(access_secret)
            .where(secret.session_id == session.id, secret.secret_hash != row.secret_hash, secret.retired_at.is_(None))
            .values(retired_at=unit.now)
        )
    if row.retired_at is not None or unit.now - row.issued_at < ROTATE_AFTER:
        return session
    latest = sa.select(sa.func.max(secret.issued_at)).where(secret.session_id == session.id)
    if unit.conn.execute(latest).scalar_one() > unit.now - GRACE:
        # Another request of the same browser was given the new one a moment ago.
        return session
    rotated = f"{session.secret.partition('.')[0]}.{secrets.token_urlsafe(32)}"
    _issue(unit, session.id, rotated, confirmed=False)
    return replace(session, rotated=rotated)


def _issue(unit: Unit, session_id: str, secret: str, *, confirmed: bool) -> None:
    unit.conn.execute(
        sa.insert(access_secret).values(
            secret_hash=hash_of(secret),
            session_id=session_id,
            issued_at=unit.now,
            confirmed_at=unit.now if confirmed else None,
        )
    )


def end_sessions(unit: Unit, which: sa.ColumnElement[bool], *, because: str) -> list[Any]:
    """End all open sessions of these; returns their rows."""
    statement = sa.select(access_session).where(which, access_session.c.ended_at.is_(None)).limit(1000)
    rows = list(unit.conn.execute(statement))
    if rows:
        unit.conn.execute(
            sa.update(access_session)
            .where(access_session.c.id.in_([row.id for row in rows]), access_session.c.ended_at.is_(None))
            .values(ended_at=unit.now, ended_because=because)
        )
    return rows


def list_sessions(
    conn: sa.Connection, *, now: datetime, person_id: str | None, only_open: bool, limit: int
) -> list[SessionView]:
    """Newest use first."""
    statement = sa.select(access_session).order_by(access_session.c.last_seen_at.desc(), access_session.c.id)
    if person_id is not None:
        statement = statement.where(access_session.c.person_id == person_id)
    if only_open:
        statement = statement.where(
            access_session.c.ended_at.is_(None),
            access_session.c.expires_at > now,
            access_session.c.last_seen_at > now - IDLE,
        )
    return [view_of(row, now) for row in conn.execute(statement.limit(limit))]


def view_of(row: Any, now: datetime) -> SessionView:
    fields = {name: getattr(row, name) for name in SessionView.__dataclass_fields__ if name != "state"}
    return SessionView(**fields, state="open" if is_open(row, now) else "ended")


def _forget_old(unit: Unit) -> None:
    """What ended long ago: its facts are in the journal."""
    old = sa.select(access_session.c.id).where(access_session.c.expires_at < unit.now - KEPT).limit(500)
    gone = [row.id for row in unit.conn.execute(old)]
    if gone:
        unit.conn.execute(sa.delete(access_secret).where(access_secret.c.session_id.in_(gone)))
        unit.conn.execute(sa.delete(access_session).where(access_session.c.id.in_(gone)))
