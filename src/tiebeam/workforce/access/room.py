"""The verbs of signing in, bound to a store and the people of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from tiebeam.store import Store, Unit
from tiebeam.workforce.access import links, sessions
from tiebeam.workforce.access.attempts import check_attempts, note_failure
from tiebeam.workforce.access.links import LINK_TTL, LinkRefused
from tiebeam.workforce.access.sessions import Session
from tiebeam.workforce.access.tables import access_session
from tiebeam.authority import Principal
from tiebeam.workforce.directory import Directory, person_of


class Access:
    def __init__(self, store: Store, *, people: Callable[[], Directory]) -> None:
        self._store = store
        self._people = people

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

    def is_open(self, session_id: str) -> bool:
        """Whether a session still is; for what stays open longer than its secret."""
        with self._store.read() as conn:
            row = conn.execute(sa.select(access_session).where(access_session.c.id == session_id)).one_or_none()
        return row is not None and sessions.is_open(row, self._store.clock.now())

    def sign_out(self, secret: str) -> None:
        """End the session with this secret, on the record; nothing happens when there is none."""
        with self._store.unit() as unit:
            self._end_former(unit, secret)

    def _end_former(self, unit: Unit, secret: str | None) -> None:
        row = None if secret is None else sessions.read_session(unit.conn, secret)
        if row is not None and sessions.end_sessions(unit, access_session.c.id == row.id, because="signed out"):
            person = f"person:{row.person_id}"
            sessions.note(unit, row.person_id, "access.signed-out", actor=person, session=row.id, proof=row.subject)

    def revoke(self, unit: Unit, person_id: str, *, actor: str) -> int:
        """End all sessions of a person and take back their unused links; returns how many of both."""
        taken = links.take_back(unit, person_id)
        ended = sessions.end_sessions(unit, access_session.c.person_id == person_id, because=f"ended by {actor}")
        count = len(ended) + taken
        sessions.note(unit, person_id, "access.revoked", actor=actor, count=count)
        return count


def _voucher(by: Principal | None, person_id: str) -> str | None:
    """Who answers for a session that they open for somebody else: the human being at the beginning of the chain."""
    if by is None:
        return None
    root = getattr(by, "vouched_by", None) or by.person_id
    return None if root == person_id else root
