"""Tokens of people, service accounts and agents: made, used, listed and revoked."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.errors import Invalid, NotFound, TiebeamError
from tiebeam.kit import iso
from tiebeam.store import Unit
from tiebeam.workforce.access.attempts import origin_of
from tiebeam.workforce.access.holders import Principals, TokenHolder, holder_of
from tiebeam.workforce.access.scopes import check_scopes
from tiebeam.workforce.access.tables import access_token
from tiebeam.workforce.access.token_text import HolderKind, TokenText, make_text

LONGEST_LIFE = timedelta(days=366)
"""For tokens of people."""
TOUCH_EVERY = timedelta(minutes=1)
NOTE_REFUSAL_EVERY = timedelta(hours=1)
_NOBODY = "0" * 64
"""Compared with when no such token was ever made, so that the answer takes as long as for one that was."""


class TokenRefused(TiebeamError):
    """The token does not open anything. Only who holds its secret is told why."""

    code = "token_refused"
    status = 401


class UnknownToken(NotFound):
    """No token of that id that you may see."""

    code = "unknown_token"


class TokenState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ORPHANED = "orphaned"
    """Whom it stands for is not declared any more, or their record has ended."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. `id` is the beginning of its text; `last_origin` says what kind of address."""

    id: str
    holder: str
    name: str
    scopes: tuple[str, ...]
    state: TokenState
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None
    last_origin: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """`secret` is the whole text, told this once. `warnings` say what would be safer."""

    token: Token
    secret: str = field(repr=False)
    warnings: tuple[str, ...] = ()


def add_token(
    unit: Unit, *, by: Principal, holder: TokenHolder, name: str, scopes: tuple[str, ...], expires_at: datetime | None
) -> NewToken:
    """Ask for `token.create` first. Raises Invalid about name, scopes or expiry."""
    title = " ".join(name.split())
    if not 1 <= len(title) <= 80:
        raise Invalid("give the token a name of 1 to 80 letters that says what uses it, such as 'month-end script'")
    allowed = check_scopes(scopes, kind=holder.kind, most=holder.scopes)
    _check_expiry(holder, expires_at, now=unit.now)
    text = make_text(holder.kind)
    unit.conn.execute(
        sa.insert(access_token).values(
            id=text.id,
            token_hash=text.hash,
            holder=holder.key,
            name=title,
            scopes=list(allowed),
            created_at=unit.now,
            created_by=by.actor,
            vouched_by=by.vouched_by if holder.kind is HolderKind.PERSON else None,
            expires_at=expires_at,
        )
    )
    facts = {"name": title, "scopes": list(allowed), "expires_at": expires_at}
    note_token(unit, text.id, holder.key, "token.created", actor=by.actor, proof=by.subject, **facts)
    row = unit.conn.execute(sa.select(access_token).where(access_token.c.id == text.id)).one()
    return NewToken(_token(row, TokenState.ACTIVE), text.text, _warnings(holder, expires_at))


def _check_expiry(holder: TokenHolder, expires_at: datetime | None, *, now: datetime) -> None:
    if expires_at is None:
        if holder.kind is HolderKind.PERSON:
            raise Invalid("a person's token needs an end; give one at most 366 days ahead")
        return
    if expires_at <= now:
        raise Invalid(f"the token would end at {iso(expires_at)}, which is past; give a later time")
    if holder.kind is HolderKind.PERSON and expires_at > now + LONGEST_LIFE:
        raise Invalid("a person's token ends after 366 days at most; give an earlier time")


def _warnings(holder: TokenHolder, expires_at: datetime | None) -> tuple[str, ...]:
    if expires_at is None and holder.ends is None:
        return (
            "this token never ends; give it an expiry and replace it in time, so that a lost one does no lasting harm",
        )
    return ()


def note_token(unit: Unit, token_id: str, holder: str, kind: str, *, actor: str, **detail: object) -> None:
    """A fact about a token, on its holder's stream."""
    unit.journal(holder, kind, actor=actor, payload={"subject": f"token:{token_id}", "holder": holder, **detail})


def read_token(conn: sa.Connection, token_id: str) -> Any:
    return conn.execute(sa.select(access_token).where(access_token.c.id == token_id)).one_or_none()


def is_right(row: Any, text: TokenText) -> bool:
    """Whether the secret is the token's: the same work whether there is such a token or not."""
    return hmac.compare_digest(_NOBODY if row is None else row.token_hash, text.hash)


def state_of(row: Any, holder: TokenHolder | None, now: datetime) -> TokenState:
    if row.revoked_at is not None:
        return TokenState.REVOKED
    if row.expires_at is not None and now >= row.expires_at:
        return TokenState.EXPIRED
    return TokenState.ORPHANED if holder is None or holder.has_ended(now) else TokenState.ACTIVE


def why_refused(row: Any, state: TokenState) -> str:
    """For somebody who proved that they hold the secret."""
    why = {
        TokenState.REVOKED: "was revoked",
        TokenState.EXPIRED: f"expired at {'' if row.expires_at is None else iso(row.expires_at)}",
        TokenState.ORPHANED: f"stands for {row.holder}, which this workspace does not declare (any more)",
    }[state]
    return f"the token {row.id} {why}; make a new one with 'tiebeam tokens create'"


def needs_touch(row: Any, now: datetime) -> bool:
    return row.last_used_at is None or now - row.last_used_at >= TOUCH_EVERY


def touch(unit: Unit, token_id: str, source: str) -> None:
    unit.conn.execute(
        sa.update(access_token)
        .where(access_token.c.id == token_id)
        .values(last_used_at=unit.now, last_origin=origin_of(source))
    )


def note_refusal(unit: Unit, row: Any, state: TokenState, source: str) -> None:
    """That a token which is over was used: on the record at most once an hour."""
    if row.refused_at is not None and unit.now - row.refused_at < NOTE_REFUSAL_EVERY:
        return
    unit.conn.execute(sa.update(access_token).where(access_token.c.id == row.id).values(refused_at=unit.now))
    note_token(unit, row.id, row.holder, "token.refused", actor=row.holder, because=state, origin=origin_of(source))


def list_tokens(
    conn: sa.Connection, directory: Principals, *, now: datetime, holders: list[str] | None, limit: int
) -> list[Token]:
    """Newest first; of everybody when `holders` is None."""
    statement = sa.select(access_token).order_by(access_token.c.created_at.desc(), access_token.c.id).limit(limit)
    if holders is not None:
        statement = statement.where(access_token.c.holder.in_(holders))
    return [_token(row, state_of(row, holder_of(directory, row.holder), now)) for row in conn.execute(statement)]


def end_token(unit: Unit, row: Any, *, by: Principal) -> None:
    """Revoking what is revoked changes nothing."""
    if row.revoked_at is not None:
        return
    unit.conn.execute(
        sa.update(access_token)
        .where(access_token.c.id == row.id, access_token.c.revoked_at.is_(None))
        .values(revoked_at=unit.now, revoked_by=by.actor)
    )
    note_token(unit, row.id, row.holder, "token.revoked", actor=by.actor, proof=by.subject, name=row.name)


def _token(row: Any, state: TokenState) -> Token:
    fields = {name: getattr(row, name) for name in Token.__dataclass_fields__ if name not in {"state", "scopes"}}
    return Token(**fields, scopes=tuple(row.scopes), state=state)
