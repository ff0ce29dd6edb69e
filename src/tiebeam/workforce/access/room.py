"""The verbs of signing in, bound to a store, the people of a workspace and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.store import Store, Unit
from tiebeam.workforce.access import links, sessions, tokens
from tiebeam.workforce.access.attempts import check_attempts, note_failure
from tiebeam.workforce.access.holders import (
    Principals,
    TokenHolder,
    holder_of,
    machines,
    principal_of,
    require_holder,
)
from tiebeam.workforce.access.links import LINK_TTL, LinkRefused
from tiebeam.workforce.access.scopes import known
from tiebeam.workforce.access.sessions import Session, SessionView, UnknownSession
from tiebeam.workforce.access.tables import access_session
from tiebeam.workforce.access.token_text import HolderKind, parse_text
from tiebeam.workforce.access.tokens import NewToken, Token, TokenRefused, TokenState, UnknownToken
from tiebeam.workforce.directory import person_of

MOST_LISTED = 500
_EVERYTHING = "everything"
"""The id of all sessions, or all tokens, together: for those who see everybody's."""


class Access:
    """`person` gives a person with today's roles and stand-ins; `people` everybody who is declared."""

    def __init__(
        self,
        store: Store,
        *,
        people: Callable[[], Principals],
        person: Callable[[str], Principal],
        authority: Authority,
    ) -> None:
        self._store = store
        self._people = people
        self._person = person
        self._authority = authority

    def create_link(self, unit: Unit, person_id: str, *, ttl: timedelta = LINK_TTL, by: Principal | None = None) -> str:
        """A token that signs this person in once. Ask `may(…, "person.link", …)` first. Raises NotFound.

        Whoever makes it for somebody else vouches for that session; `by` None is a program that embeds Tiebeam.
        """
        person_of(self._people(), person_id)
        vouched_by = _voucher(by, person_id)
        token, subject = links.make(unit, person_id, ttl=ttl, vouched_by=vouched_by)
        sessions.note(
            unit,
            person_id,
            "access.link-created",
            actor=f"person:{person_id}" if by is None else by.actor,
            proof=subject,
            vouched_by=vouched_by,
            expires_at=unit.now + ttl,
        )
        return token

    def redeem_link(
        self, token: str, *, source: str = "local", former_secret: str | None = None, user_agent: str = ""
    ) -> Session:
        """A fresh session for an unused link; the session the browser had before ends.

        Raises LinkRefused, or TooManyAttempts once `source` (an address) has failed too often.
        """
        with self._store.unit() as unit:
            check_attempts(unit.conn, source=source, target=None, now=unit.now)
            row = links.use(unit, token)
            session = None
            if row is None or row.person_id not in self._people().people:
                # The failure must be kept, so it is committed before the caller is told.
                note_failure(unit, source=source)
            else:
                self._end_former(unit, former_secret)
                session = self.start_session(
                    unit,
                    row.person_id,
                    method="link",
                    subject=links.subject_of(row.token_hash),
                    vouched_by=row.vouched_by,
                    source=source,
                    user_agent=user_agent,
                )
        if session is None:
            raise LinkRefused("this sign-in link cannot be used (any more); make a new one with `tiebeam sign-in`")
        return session

    def start_session(
        self,
        unit: Unit,
        person_id: str,
        *,
        method: str,
        subject: str,
        vouched_by: str | None = None,
        roles: tuple[str, ...] = (),
        administrator: bool = False,
        source: str = "local",
        user_agent: str = "",
        former_secret: str | None = None,
    ) -> Session:
        """A session for somebody whose identity is established; the session the browser had before ends.

        `roles` and `administrator` are what this proof of identity adds to the person's record. Raises NotFound.
        """
        person_of(self._people(), person_id)
        self._end_former(unit, former_secret)
        return sessions.open_session(
            unit,
            person_id,
            method=method,
            subject=subject,
            vouched_by=vouched_by,
            roles=roles,
            administrator=administrator,
            source=source,
            user_agent=user_agent,
        )

    def session(self, secret: str) -> Session | None:
        """The open session with this secret; None once ended, idle, too old, or its person has left.

        When the result has `rotated`, that is the secret to send from now on. A secret that was replaced more than a
        minute ago ends its session: somebody else has it too.
        """
        with self._store.read() as conn:
            row = sessions.read_session(conn, secret)
        now = self._store.clock.now()
        if row is None or not sessions.is_open(row, now) or row.person_id not in self._people().people:
            return None
        if sessions.was_stolen(row, now):
            with self._store.unit() as unit:
                if sessions.end_sessions(unit, access_session.c.id == row.id, because="theft suspected"):
                    detail = {"session": row.id, "proof": row.subject, "replaced_at": row.retired_at}
                    sessions.note(unit, row.person_id, "access.theft-suspected", actor="system:access", **detail)
            return None
        session = sessions.session_of_row(row, secret)
        if not sessions.needs_care(row, now):
            return session
        with self._store.unit() as unit:
            return sessions.care_for(unit, row, session)

    def principal(self, session: Session) -> Principal:
        """Who acts in a session: the person as they are today, and what their proof of identity adds."""
        today = self._person(session.person_id)
        return replace(
            today,
            roles=(*today.roles, *(role for role in session.roles if role not in today.roles)),
            administrator=today.administrator or session.administrator,
            method=session.method,
            subject=session.subject,
            session_id=session.id,
            vouched_by=session.vouched_by,
        )

    def added_by(self, principal: Principal) -> tuple[tuple[str, ...], bool]:
        """The roles, and whether administration, that the proof of identity adds to the record while its session is."""
        if principal.method != "oidc" or principal.session_id is None:
            return (), False
        with self._store.read() as conn:
            row = _session_row(conn, principal.session_id)
        if row is None or not sessions.is_open(row, self._store.clock.now()):
            return (), False
        return tuple(row.roles), bool(row.administrator)

    def machine_session(self, person_id: str, user: str) -> Session:
        """The session of the machine's owner, opened on the record once a day. It has no secret."""
        subject = f"machine:{user}"
        with self._store.read() as conn:
            row = self._machine_row(conn, person_id, subject)
        if row is not None:
            return sessions.session_of_row(row, "")
        with self._store.unit() as unit:
            row = self._machine_row(unit.conn, person_id, subject)
            if row is not None:
                return sessions.session_of_row(row, "")
            return sessions.open_session(
                unit, person_id, method="machine", subject=subject, user_agent="tiebeam command line", with_secret=False
            )

    def _machine_row(self, conn: sa.Connection, person_id: str, subject: str) -> Any:
        column = access_session.c
        statement = (
            sa.select(access_session)
            .where(
                column.person_id == person_id,
                column.subject == subject,
                column.ended_at.is_(None),
                column.expires_at > self._store.clock.now(),
            )
            .order_by(column.created_at.desc())
            .limit(1)
        )
        return conn.execute(statement).one_or_none()

    def is_open(self, session_id: str) -> bool:
        """Whether a session still is; for what stays open longer than its secret."""
        with self._store.read() as conn:
            row = _session_row(conn, session_id)
        if row is None or row.person_id not in self._people().people:
            return False
        return sessions.is_open(row, self._store.clock.now())

    def sessions(
        self,
        conn: sa.Connection,
        viewer: Principal,
        *,
        person_id: str | None = None,
        only_open: bool = True,
        limit: int = 100,
    ) -> list[SessionView]:
        """The sessions that `viewer` may see, the one used last first: of one person, or of all. Raises Refused."""
        everybody = self._authority.may(viewer, "session.view", Obj("session", _EVERYTHING)).allowed
        whose = person_id or (None if everybody else viewer.person_id)
        if whose is not None:
            self._authority.require(viewer, "session.view", Obj("session", whose, {"person": whose}))
        now = self._store.clock.now()
        return sessions.list_sessions(
            conn, now=now, person_id=whose, only_open=only_open, limit=min(limit, MOST_LISTED)
        )

    def _sees(self, viewer: Principal, session_id: str, person_id: str) -> bool:
        return self._authority.may(viewer, "session.view", Obj("session", session_id, {"person": person_id})).allowed

    def revoke_session(self, by: Principal, session_id: str) -> None:
        """End one session at once. Raises UnknownSession, also for one that `by` may not see, and Refused."""
        with self._store.unit() as unit:
            row = _session_row(unit.conn, session_id)
            if row is None or not self._sees(by, session_id, row.person_id):
                raise UnknownSession(f"there is no session {session_id[:80]!r}; 'tiebeam sessions list' shows yours")
            self._authority.require(by, "session.revoke", Obj("session", session_id, {"person": row.person_id}))
            if sessions.end_sessions(unit, access_session.c.id == session_id, because=f"ended by {by.actor}"):
                detail = {"session": session_id, "proof": by.subject}
                sessions.note(unit, row.person_id, "access.session-ended", actor=by.actor, **detail)

    def revoke_sessions(self, by: Principal, person_id: str, *, keep: str | None = None) -> int:
        """End a person's sessions, but `keep`, and take back their unused links; returns how many of both."""
        self._authority.require(by, "session.revoke", Obj("session", "*", {"person": person_id}))
        with self._store.unit() as unit:
            taken = links.take_back(unit, person_id)
            mine = sa.and_(access_session.c.person_id == person_id, access_session.c.id != (keep or ""))
            count = taken + len(sessions.end_sessions(unit, mine, because=f"ended by {by.actor}"))
            detail = {"count": count, "kept": keep, "proof": by.subject}
            sessions.note(unit, person_id, "access.revoked", actor=by.actor, **detail)
        return count

    def sign_out(self, secret: str) -> None:
        """End the session with this secret, on the record; nothing happens when there is none."""
        with self._store.unit() as unit:
            self._end_former(unit, secret)

    def _end_former(self, unit: Unit, secret: str | None) -> None:
        row = None if secret is None else sessions.read_session(unit.conn, secret)
        if row is not None and sessions.end_sessions(unit, access_session.c.id == row.id, because="signed out"):
            person = f"person:{row.person_id}"
            sessions.note(unit, row.person_id, "access.signed-out", actor=person, session=row.id, proof=row.subject)

    def create_token(
        self, by: Principal, *, holder: str, name: str, scopes: tuple[str, ...], expires_at: datetime | None
    ) -> NewToken:
        """`holder` is `person:ada`, `service:erp-feed` or `agent:invoice-clerk`. Raises Refused, Invalid, NotFound."""
        declared = require_holder(self._people(), holder)
        self._authority.require(by, "token.create", declared.obj(declared.key))
        with self._store.unit() as unit:
            return tokens.add_token(unit, by=by, holder=declared, name=name, scopes=scopes, expires_at=expires_at)

    def principal_of_token(self, secret: str, *, source: str = "local") -> Principal:
        """Who acts with this token, as they are today. Raises TokenRefused, or TooManyAttempts for its address."""
        text, now = parse_text(secret), self._store.clock.now()
        with self._store.read() as conn:
            check_attempts(conn, source=source, target=None if text is None else text.id, now=now)
            row = None if text is None else tokens.read_token(conn, text.id)
        is_right = text is not None and tokens.is_right(row, text)
        if row is None or not is_right:
            with self._store.unit() as unit:
                note_failure(unit, source=source, target=row and row.id, holder=row and row.holder)
            raise TokenRefused("this is no token of this installation; make one with 'tiebeam tokens create'")
        holder = holder_of(self._people(), row.holder)
        state = tokens.state_of(row, holder, now)
        if holder is None or state is not TokenState.ACTIVE:
            with self._store.unit() as unit:
                tokens.note_refusal(unit, row, state, source)
            raise TokenRefused(tokens.why_refused(row, state), token=row.id, state=state)
        if tokens.needs_touch(row, now):
            with self._store.unit() as unit:
                tokens.touch(unit, row.id, source)
        return principal_of(
            holder,
            scopes=known(row.scopes),
            token_id=row.id,
            vouched_by=row.vouched_by,
            person=self._person,
        )

    def tokens(
        self, conn: sa.Connection, viewer: Principal, *, holder: str | None = None, limit: int = 200
    ) -> list[Token]:
        """The tokens that `viewer` may see, newest first: of one holder, or of all. Raises Refused.

        Those whose holder is not declared any more are for administrators.
        """
        everything = self._authority.may(viewer, "token.view", Obj("token", _EVERYTHING)).allowed
        if holder is not None:
            self._authority.require(viewer, "token.view", self.object_of_holder(holder))
            keys: list[str] | None = [holder]
        elif everything:
            keys = None
        else:
            self._authority.require(viewer, "token.view", self.object_of_holder(viewer.actor))
            keys = [viewer.actor, *(one.key for one in self.machines(viewer))]
        return tokens.list_tokens(
            conn, self._people(), now=self._store.clock.now(), holders=keys, limit=min(limit, MOST_LISTED)
        )

    def object_of_holder(self, holder: str) -> Obj:
        """All tokens of `person:ada`, `service:erp-feed` or `agent:clerk` as authority rules see them."""
        kind, _, name = holder.partition(":")
        if kind == HolderKind.PERSON:
            return Obj("token", holder, {"person": name})
        declared = holder_of(self._people(), holder) if kind in set(HolderKind) and name else None
        return Obj("token", holder) if declared is None else declared.obj(holder)

    def object_of_token(self, conn: sa.Connection, token_id: str) -> Obj:
        """One token as authority rules see it, whether there is one or not."""
        row = tokens.read_token(conn, token_id)
        return _token_object(token_id, None if row is None else holder_of(self._people(), row.holder))

    def object_of_session(self, conn: sa.Connection, session_id: str) -> Obj:
        """One session as authority rules see it, whether there is one or not."""
        row = _session_row(conn, session_id)
        return Obj("session", session_id, {} if row is None else {"person": row.person_id})

    def _sees_token(self, viewer: Principal, token_id: str, holder: TokenHolder | None) -> bool:
        return self._authority.may(viewer, "token.view", _token_object(token_id, holder)).allowed

    def revoke_token(self, by: Principal, token_id: str) -> None:
        """End a token at once. Raises UnknownToken, also for one that `by` may not see, and Refused."""
        with self._store.unit() as unit:
            row = tokens.read_token(unit.conn, token_id)
            holder = None if row is None else holder_of(self._people(), row.holder)
            if row is None or not self._sees_token(by, token_id, holder):
                raise UnknownToken(f"there is no token {token_id[:13]!r}; 'tiebeam tokens list' shows yours")
            self._authority.require(by, "token.revoke", _token_object(token_id, holder))
            tokens.end_token(unit, row, by=by)

    def machines(self, viewer: Principal) -> list[TokenHolder]:
        """The service accounts and agents whose tokens `viewer` may see."""
        return [one for one in machines(self._people()) if self._sees_token(viewer, "*", one)]


def _session_row(conn: sa.Connection, session_id: str) -> Any:
    return conn.execute(sa.select(access_session).where(access_session.c.id == session_id)).one_or_none()


def _token_object(token_id: str, holder: TokenHolder | None) -> Obj:
    return Obj("token", token_id) if holder is None else holder.obj(token_id)


def _voucher(by: Principal | None, person_id: str) -> str | None:
    """Who answers for a session that they open for somebody else: the human being at the beginning of the chain."""
    root = None if by is None else by.vouched_by or by.person_id
    return None if root == person_id else root
