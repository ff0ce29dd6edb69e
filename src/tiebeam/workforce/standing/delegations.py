"""Acting for somebody: a role given for a time, on the record, and never given on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.store import Store, Unit
from tiebeam.workforce.directory import Directory, calendar_of, person_of
from tiebeam.workforce.standing.tables import delegation

LONGEST_DAYS = 92
"""A longer absence is a change of roles, which belongs into the records."""
LONGEST_REASON = 500
MOST_LISTED = 500


Tell = Callable[[Unit, Iterable[str], str, str], None]
"""Leave a notice: (unit, person ids, kind, text)."""
Changed = Callable[[Unit, str], object]
"""Another person may act in this role from now on, or no longer; called in the unit that says so."""


class UnknownDelegation(NotFound):
    """No delegation of that id that you may see."""

    code = "unknown_delegation"


class DelegationState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Delegation:
    """From `first` to `last`, both included, `receiver` acts in `role` for `giver`."""

    id: str
    giver: str
    receiver: str
    role: str
    first: date
    last: date
    reason: str
    created_by: str
    created_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None

    def state(self, day: date) -> DelegationState:
        if self.revoked_at is not None:
            return DelegationState.REVOKED
        if day > self.last:
            return DelegationState.OVER
        return DelegationState.PLANNED if day < self.first else DelegationState.RUNNING

    @property
    def object(self) -> Obj:
        """As authority rules see it."""
        return Obj("delegation", self.id, {"person": self.giver, "receiver": self.receiver, "role": self.role})


class Delegations:
    """Verbs bound to a store; `tell` leaves a notice with people, `changed` follows with what waits for the role."""

    def __init__(
        self, store: Store, *, people: Callable[[], Directory], authority: Authority, tell: Tell, changed: Changed
    ) -> None:
        self._store = store
        self._people = people
        self._authority = authority
        self._tell = tell
        self._changed = changed

    def create(
        self, by: Principal, *, receiver: str, role: str, first: date, last: date, reason: str, giver: str | None = None
    ) -> Delegation:
        """`giver` is `by` unless an administrator delegates for somebody else, who is told.

        Raises Refused, NotFound, Invalid and Conflict, each with the reason.
        """
        giver = giver or by.person_id
        directory = self._people()
        asked = Obj("delegation", "new", {"person": giver, "receiver": receiver, "role": role})
        self._authority.require(by, "delegation.create", asked, {"reason": reason.strip()})
        text = _checked_reason(reason)
        _check_people(directory, giver=giver, receiver=receiver, role=role)
        _check_days(first, last, today=self.day_of(giver))
        with self._store.unit() as unit:
            _check_others(unit.conn, giver=giver, receiver=receiver, role=role, first=first, last=last)
            made = Delegation(
                id=unit.store.ids.new("delegation"),
                giver=giver,
                receiver=receiver,
                role=role,
                first=first,
                last=last,
                reason=text,
                created_by=by.actor,
                created_at=unit.now,
                revoked_by=None,
                revoked_at=None,
            )
            unit.conn.execute(sa.insert(delegation).values(**_row(made)))
            self._changed(unit, role)
            _note(unit, made, "delegation.created", by=by, first=first, last=last, reason=text)
            words = f"From {first} to {last} {receiver} acts as {role} for {giver}: {text}"
            self._tell(unit, {giver, receiver} - {by.person_id}, "delegation-created", words)
        return made

    def revoke(self, by: Principal, delegation_id: str) -> Delegation:
        """It ends now; who gave or received the role may do so, or an administrator. Raises Conflict when over."""
        with self._store.unit() as unit:
            found = _load(unit.conn, delegation_id)
            if not self._authority.may(by, "delegation.view", found.object).allowed:
                raise _unknown(delegation_id)
            self._authority.require(by, "delegation.revoke", found.object)
            state = found.state(self.day_of(found.giver))
            if state in {DelegationState.REVOKED, DelegationState.OVER}:
                raise Conflict(f"delegation {delegation_id!r} is already {state}; there is nothing to revoke")
            changed = sa.update(delegation).where(delegation.c.id == delegation_id, delegation.c.revoked_at.is_(None))
            unit.conn.execute(changed.values(revoked_at=unit.now, revoked_by=by.actor))
            self._changed(unit, found.role)
            _note(unit, found, "delegation.revoked", by=by)
            words = f"{found.receiver} no longer acts as {found.role} for {found.giver}"
            self._tell(unit, {found.giver, found.receiver} - {by.person_id}, "delegation-revoked", words)
            return _load(unit.conn, delegation_id)

    def find(self, conn: sa.Connection, by: Principal, *, with_ended: bool = False) -> list[Delegation]:
        """Those `by` may see, newest first; without the ended ones unless asked for."""
        today = min(self.day_of(by.person_id), self._store.clock.now().date())
        statement = sa.select(delegation).order_by(delegation.c.created_at.desc(), delegation.c.id)
        if not by.administrator:
            # What no policy opens to others is not read at all; what one forbids is left out below.
            statement = statement.where(
                sa.or_(delegation.c.giver == by.person_id, delegation.c.receiver == by.person_id)
            )
        if not with_ended:
            statement = statement.where(delegation.c.revoked_at.is_(None), delegation.c.last >= today.isoformat())
        found = [_delegation(row) for row in conn.execute(statement.limit(MOST_LISTED))]
        return [one for one in found if self._authority.may(by, "delegation.view", one.object).allowed]

    def day_of(self, person_id: str) -> date:
        """Today where the person works."""
        directory = self._people()
        person = directory.people.get(person_id)
        return calendar_of(directory, None if person is None else person.team).day_of(self._store.clock.now())


def given_roles(conn: sa.Connection, directory: Directory, person_id: str, *, day: date) -> tuple[tuple[str, str], ...]:
    """Pairs (role, giver) that were given to the person for that day and that the giver's record still names."""
    statement = (
        sa.select(delegation.c.role, delegation.c.giver)
        .where(*_running(day), delegation.c.receiver == person_id)
        .order_by(delegation.c.giver, delegation.c.role)
        .limit(MOST_LISTED)
    )
    return tuple((row.role, row.giver) for row in conn.execute(statement) if _still_holds(directory, row))


def receivers(conn: sa.Connection, directory: Directory, role: str, *, day: date) -> tuple[tuple[str, str], ...]:
    """Pairs (receiver, giver) of everyone to whom the role is given on that day."""
    statement = (
        sa.select(delegation.c.role, delegation.c.giver, delegation.c.receiver)
        .where(*_running(day), delegation.c.role == role)
        .order_by(delegation.c.receiver, delegation.c.giver)
        .limit(MOST_LISTED)
    )
    rows = conn.execute(statement)
    return tuple(
        (row.receiver, row.giver) for row in rows if _still_holds(directory, row) and row.receiver in directory.people
    )


def given_on(
    conn: sa.Connection, directory: Directory, role: str
) -> Callable[[str, date], tuple[tuple[str, str], ...]]:
    """Like `receivers` for many days of one role, read once."""
    statement = (
        sa.select(delegation)
        .where(delegation.c.role == role, delegation.c.revoked_at.is_(None))
        .order_by(delegation.c.last.desc(), delegation.c.receiver, delegation.c.giver)
        .limit(MOST_LISTED)
    )
    rows = [row for row in conn.execute(statement) if _still_holds(directory, row) and row.receiver in directory.people]

    def given(_role: str, day: date) -> tuple[tuple[str, str], ...]:
        text = day.isoformat()
        return tuple((row.receiver, row.giver) for row in rows if row.first <= text <= row.last)

    return given


def _running(day: date) -> tuple[sa.ColumnElement[bool], ...]:
    text = day.isoformat()
    return (delegation.c.first <= text, delegation.c.last >= text, delegation.c.revoked_at.is_(None))


def _still_holds(directory: Directory, row: Any) -> bool:
    """Only a role of one's own record passes on, so that nothing is handed from one to the next."""
    giver = directory.people.get(row.giver)
    return giver is not None and row.role in giver.roles


def _checked_reason(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise Invalid("a delegation needs a reason, which goes on the record")
    if len(text) > LONGEST_REASON:
        raise Invalid(f"the reason is longer than {LONGEST_REASON} letters; say it shorter")
    return text


def _check_people(directory: Directory, *, giver: str, receiver: str, role: str) -> None:
    person, other = person_of(directory, giver), person_of(directory, receiver)
    if giver == receiver:
        raise Invalid(f"{giver!r} cannot delegate to themselves; name a colleague", receiver=receiver)
    if role not in person.roles:
        raise Invalid(
            f"{person.name} does not hold the role {role!r} themselves, and what was given to them is not given on; "
            f"their roles are {', '.join(person.roles)}",
            role=role,
        )
    if role in other.roles:
        raise Invalid(f"{other.name} holds the role {role!r} already; there is nothing to delegate", role=role)


def _check_days(first: date, last: date, *, today: date) -> None:
    if last < first:
        raise Invalid(f"the last day {last} lies before the first day {first}")
    if last < today:
        raise Invalid(f"the last day {last} is past; a delegation starts today ({today}) or later")
    if first < today:
        raise Invalid(f"the first day {first} is past; a delegation starts today ({today}) or later")
    if (last - first).days + 1 > LONGEST_DAYS:
        raise Invalid(
            f"from {first} to {last} is longer than {LONGEST_DAYS} days; "
            "for longer, give the role to the person in people/"
        )


def _check_others(conn: sa.Connection, *, giver: str, receiver: str, role: str, first: date, last: date) -> None:
    table = delegation.c
    statement = sa.select(delegation).where(
        table.role == role,
        table.revoked_at.is_(None),
        table.first <= last.isoformat(),
        table.last >= first.isoformat(),
        sa.or_(
            sa.and_(table.giver == giver, table.receiver == receiver),
            sa.and_(table.giver == receiver, table.receiver == giver),
        ),
    )
    row = conn.execute(statement.limit(1)).one_or_none()
    if row is None:
        return
    if row.giver == receiver:
        raise Conflict(f"{receiver!r} already delegates {role!r} to {giver!r} in these days; that would be a circle")
    raise Conflict(
        f"{giver!r} already delegates {role!r} to {receiver!r} from {row.first} to {row.last}; revoke {row.id!r} first",
        delegation=row.id,
    )


def _load(conn: sa.Connection, delegation_id: str) -> Delegation:
    row = conn.execute(sa.select(delegation).where(delegation.c.id == delegation_id)).one_or_none()
    if row is None:
        raise _unknown(delegation_id)
    return _delegation(row)


def _unknown(delegation_id: str) -> UnknownDelegation:
    return UnknownDelegation(
        f"no delegation {delegation_id!r}; `tiebeam delegations list` shows them", delegation=delegation_id
    )


def _row(made: Delegation) -> dict[str, Any]:
    values = {one.name: getattr(made, one.name) for one in fields(Delegation)}
    return {**values, "first": made.first.isoformat(), "last": made.last.isoformat()}


def _delegation(row: Any) -> Delegation:
    values: dict[str, Any] = {one.name: getattr(row, one.name) for one in fields(Delegation)}
    values |= {"first": date.fromisoformat(row.first), "last": date.fromisoformat(row.last)}
    return Delegation(**values)


def _note(unit: Unit, made: Delegation, kind: str, *, by: Principal, **facts: object) -> None:
    unit.journal(
        f"person:{made.giver}",
        kind,
        actor=by.actor,
        payload={
            "subject": f"delegation:{made.id}",
            "giver": made.giver,
            "receiver": made.receiver,
            "role": made.role,
            "proof": by.subject,
            "vouched_by": by.vouched_by,
            **facts,
        },
    )
