"""From an identity that a provider proved to a session of a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.connect.identity import Identity
from tiebeam.errors import Conflict, Invalid, NotFound, Refused
from tiebeam.spec import OidcUse, Person
from tiebeam.store import Store, Unit
from tiebeam.workforce.access import Access, Session
from tiebeam.workforce.directory import Directory, person_of
from tiebeam.workforce.identities import attempts
from tiebeam.workforce.identities.groups import roles_of_groups
from tiebeam.workforce.identities.tables import identity_binding

MOST_LISTED = 1000
_MOST_GROUPS_KEPT = 200
_LONGEST_SUBJECT = 800


class NoRecord(Refused):
    """The provider knows the person, this workspace does not; or not safely enough."""

    code = "no_record"


@dataclass(frozen=True, slots=True)
class Binding:
    """`subject` ("issuer|sub") is this person. `groups` are those of the last sign-in."""

    subject: str
    person_id: str
    email: str | None
    bound_at: datetime
    bound_by: str
    last_seen_at: datetime | None
    groups: tuple[str, ...]


class Identities:
    def __init__(self, store: Store, *, people: Callable[[], Directory], access: Access, authority: Authority) -> None:
        self._store = store
        self._people = people
        self._access = access
        self._authority = authority

    def begin(self, *, issuer: str, target: str, source: str) -> attempts.Begun:
        """A sign-in that the browser with this secret may finish, once. Raises TooManySignIns."""
        with self._store.unit() as unit:
            return attempts.begin(unit, issuer=issuer, target=target, source=source)

    def resume(self, *, state: str, secret: str) -> attempts.Resumed:
        """Use the sign-in up. Raises SignInLapsed."""
        with self._store.unit() as unit:
            found = attempts.resume(unit, state=state, secret=secret)
        if isinstance(found, attempts.SignInLapsed):
            raise found
        return found

    def arrive(
        self,
        identity: Identity,
        use: OidcUse,
        *,
        source: str = "local",
        user_agent: str = "",
        former_secret: str | None = None,
    ) -> Session:
        """A session for the person behind the identity, with the roles of their groups while it lasts.

        Raises NoRecord, which is on the record too.
        """
        session: Session | None = None
        with self._store.unit() as unit:
            found = self._recognised(unit, identity)
            if isinstance(found, NoRecord):
                payload = {"subject": identity.key, "reason": found.message}
                unit.journal("workspace", "access.sign-in-refused", actor="system:access", payload=payload)
            else:
                given = roles_of_groups(use, identity.groups, known_roles=self._people().roles)
                session = self._access.start_session(
                    unit,
                    found.id,
                    method="oidc",
                    subject=identity.key,
                    roles=tuple(role for role in given.roles if role not in found.roles),
                    administrator=given.administrator,
                    source=source,
                    user_agent=user_agent,
                    former_secret=former_secret,
                )
        if isinstance(found, NoRecord):
            raise found
        assert session is not None
        return session

    def bind(self, by: Principal, person_id: str, subject: str) -> None:
        """Say beforehand which identity ("issuer|sub") is whom. Administrators only. Raises Conflict and Invalid."""
        self._authority.require(by, "workspace.apply", Obj("workspace", "workspace"))
        person_of(self._people(), person_id)
        issuer, _, own = subject.partition("|")
        if not issuer.startswith(("https://", "http://")) or not own.strip() or len(subject) > _LONGEST_SUBJECT:
            raise Invalid(f"a subject is written 'https://issuer|sub', not {subject[:100]!r}")
        with self._store.unit() as unit:
            taken = unit.conn.execute(
                sa.select(identity_binding.c.person_id, identity_binding.c.subject).where(
                    sa.or_(
                        identity_binding.c.subject == subject,
                        sa.and_(identity_binding.c.issuer == issuer, identity_binding.c.person_id == person_id),
                    )
                )
            ).first()
            if taken is not None:
                raise Conflict(
                    f"{taken.person_id!r} is bound to {taken.subject!r} already; "
                    f"'tiebeam access unbind {taken.person_id}' first"
                )
            _add(unit, person_id, subject, issuer=issuer, email=None, by=by.actor)

    def unbind(self, by: Principal, person_id: str) -> int:
        """Forget which identities are this person, and end their sessions; the next sign-in binds anew. How many."""
        self._authority.require(by, "session.revoke", Obj("session", "*", {"person": person_id}))
        with self._store.unit() as unit:
            rows = unit.conn.execute(
                sa.delete(identity_binding)
                .where(identity_binding.c.person_id == person_id)
                .returning(identity_binding.c.subject)
            ).all()
            if not rows:
                raise NotFound(f"{person_id!r} is bound to no identity", person=person_id)
            detail = {
                "subject": f"person:{person_id}",
                "identities": [row.subject for row in rows],
                "proof": by.subject,
            }
            unit.journal(f"person:{person_id}", "identity.unbound", actor=by.actor, payload=detail)
        self._access.revoke_sessions(by, person_id)
        return len(rows)

    def bindings(self, conn: sa.Connection, by: Principal) -> list[Binding]:
        """All of them, for an administrator. Raises Refused."""
        self._authority.require(by, "settings.view", Obj("settings", "settings"))
        statement = sa.select(identity_binding).order_by(identity_binding.c.person_id).limit(MOST_LISTED)
        return [
            Binding(
                row.subject, row.person_id, row.email, row.bound_at, row.bound_by, row.last_seen_at, tuple(row.groups)
            )
            for row in conn.execute(statement)
        ]

    def _recognised(self, unit: Unit, identity: Identity) -> Person | NoRecord:
        people = self._people().people
        bound = sa.select(identity_binding.c.person_id).where(identity_binding.c.subject == identity.key)
        person_id = unit.conn.execute(bound).scalar_one_or_none()
        if person_id is not None and person_id not in people:
            return NoRecord(f"the record {person_id!r} of this identity is gone; an administrator adds it to people/")
        if person_id is None:
            found = self._by_address(unit, identity)
            if isinstance(found, NoRecord):
                return found
            person_id = found.id
            _add(unit, person_id, identity.key, issuer=identity.issuer, email=identity.email, by="system:access")
        seen = {"last_seen_at": unit.now, "groups": list(identity.groups[:_MOST_GROUPS_KEPT])}
        unit.conn.execute(sa.update(identity_binding).where(identity_binding.c.subject == identity.key).values(**seen))
        return people[person_id]

    def _by_address(self, unit: Unit, identity: Identity) -> Person | NoRecord:
        """The one person with the verified address, if nobody else of this provider is them already."""
        if identity.email is None:
            return NoRecord(
                f"the identity provider told no e-mail address of {identity.subject!r}, and nobody is bound to it; "
                "ask for the scope 'email', or let an administrator run 'tiebeam access bind'"
            )
        if not identity.is_email_verified:
            return NoRecord(
                f"the identity provider has not verified the address {identity.email!r}, so it proves nothing; "
                "have it verified there, or let an administrator run 'tiebeam access bind'"
            )
        address = identity.email.casefold()
        fit = [person for person in self._people().people.values() if person.email.casefold() == address]
        if len(fit) != 1:
            what = "several records have" if fit else "no record in people/ has"
            return NoRecord(f"{what} the address {identity.email!r}; ask an administrator to put that right")
        other = sa.select(identity_binding.c.subject).where(
            identity_binding.c.issuer == identity.issuer, identity_binding.c.person_id == fit[0].id
        )
        if unit.conn.execute(other).scalar_one_or_none() is not None:
            return NoRecord(
                f"{fit[0].name} is bound to another identity of this provider; if the address {identity.email!r} "
                f"changed hands there, an administrator runs 'tiebeam access unbind {fit[0].id}'"
            )
        return fit[0]


def _add(unit: Unit, person_id: str, subject: str, *, issuer: str, email: str | None, by: str) -> None:
    unit.conn.execute(
        sa.insert(identity_binding).values(
            subject=subject,
            issuer=issuer,
            person_id=person_id,
            email=email,
            bound_at=unit.now,
            bound_by=by,
            groups=[],
        )
    )
    payload = {"subject": f"person:{person_id}", "identity": subject, "email": email}
    unit.journal(f"person:{person_id}", "identity.bound", actor=by, payload=payload)
