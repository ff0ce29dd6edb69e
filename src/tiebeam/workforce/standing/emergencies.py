"""Emergency access: a role taken for minutes, with a reason, an alarm, and a review by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal, Verdict
from tiebeam.errors import Conflict, Invalid, NotFound, Refused
from tiebeam.store import Store, Unit
from tiebeam.workforce.directory import Directory, holders
from tiebeam.workforce.standing.delegations import Tell
from tiebeam.workforce.standing.tables import emergency, emergency_use

LONGEST_MINUTES = 240
SHORTEST_REASON = 10
LONGEST_TEXT = 1000
MOST_LISTED = 500
BREAK_GLASS = "break-glass"
"""Rules of this name, and those that begin with it, permit by an emergency."""


class UnknownEmergency(NotFound):
    """No emergency access of that id that you may see."""

    code = "unknown_emergency"


class EmergencyState(StrEnum):
    OPEN = "open"
    AWAITING_REVIEW = "awaiting-review"
    REVIEWED = "reviewed"


class Finding(StrEnum):
    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


@dataclass(frozen=True, slots=True)
class Use:
    """One thing done under an emergency: the verb, what it was done to, and the rule that let it."""

    at: datetime
    verb: str
    object: str
    rule: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """`subject` and `vouched_by` say how identity was proved when it was opened."""

    id: str
    person_id: str
    role: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    subject: str
    vouched_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    finding: Finding | None
    note: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    uses: tuple[Use, ...] = ()

    def state(self, now: datetime) -> EmergencyState:
        if self.reviewed_at is not None:
            return EmergencyState.REVIEWED
        is_open = self.closed_at is None and now < self.expires_at
        return EmergencyState.OPEN if is_open else EmergencyState.AWAITING_REVIEW

    @property
    def object(self) -> Obj:
        """As authority rules see it."""
        return Obj("emergency", self.id, {"person": self.person_id, "role": self.role})


class Emergencies:
    """`openers` are the roles whose holders may open emergency access, besides administrators."""

    def __init__(
        self,
        store: Store,
        *,
        people: Callable[[], Directory],
        authority: Authority,
        openers: Callable[[], Collection[str]],
        tell: Tell,
    ) -> None:
        self._store = store
        self._people = people
        self._authority = authority
        self._openers = openers
        self._tell = tell

    def open(self, by: Principal, *, role: str, minutes: int, reason: str) -> Emergency:
        """`by` holds the role until it expires; administrators and the role's holders are told at once.

        Raises Refused, Invalid and Conflict, each with the reason.
        """
        text = _checked_text(reason, "reason")
        asked = Obj("emergency", "new", {"person": by.person_id, "role": role, "roles": tuple(self._openers())})
        verdict = self._authority.require(by, "emergency.open", asked, {"reason": text})
        directory = self._people()
        if role not in directory.roles:
            raise Invalid(f"no role {role!r} in this workspace", role=role)
        if role in by.all_roles:
            raise Invalid(f"{by.name} acts as {role!r} already; no emergency is needed", role=role)
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise Invalid(f"emergency access lasts 1 to {LONGEST_MINUTES} minutes, not {minutes}")
        with self._store.unit() as unit:
            running = grant_of(unit.conn, by.person_id, role, now=unit.now)
            if running is not None:
                raise Conflict(f"{by.name} has emergency access as {role!r} already: {running!r}", emergency=running)
            made = Emergency(
                id=unit.store.ids.new("emergency"),
                person_id=by.person_id,
                role=role,
                reason=text,
                opened_at=unit.now,
                expires_at=unit.now + timedelta(minutes=minutes),
                subject=by.subject,
                vouched_by=by.vouched_by,
                closed_at=None,
                closed_by=None,
                finding=None,
                note=None,
                reviewed_by=None,
                reviewed_at=None,
            )
            unit.conn.execute(sa.insert(emergency).values({name: getattr(made, name) for name in _COLUMNS}))
            facts = {"reason": text, "expires_at": made.expires_at, "rule": verdict.rule, "proof": by.subject}
            _note(unit, made, "emergency.opened", by=by, vouched_by=by.vouched_by, **facts)
            told = set(_administrators(directory)) | set(holders(directory, role))
            words = f"Emergency access: {by.name} acts as {role} until {made.expires_at:%H:%M} UTC. Reason: {text}"
            self._tell(unit, told - {by.person_id}, "emergency-opened", words)
        return made

    def close(self, by: Principal, emergency_id: str) -> Emergency:
        """It ends now, before it expires. Whoever opened it may, and who may review it."""
        with self._store.unit() as unit:
            found = self._visible(unit.conn, by, emergency_id)
            if by.person_id != found.person_id:
                self._authority.require(by, "emergency.review", found.object)
            if found.state(unit.now) is not EmergencyState.OPEN:
                raise Conflict(f"emergency access {emergency_id!r} is over already")
            _close(unit, found, by=by)
            return _load(unit.conn, emergency_id)

    def review(self, by: Principal, emergency_id: str, *, finding: Finding, note: str) -> Emergency:
        """Somebody else's judgement, once. Raises Conflict while it is open or when it was reviewed before."""
        text = _checked_text(note, "note")
        with self._store.unit() as unit:
            found = self._visible(unit.conn, by, emergency_id)
            self._authority.require(by, "emergency.review", found.object)
            if by.person_id == found.vouched_by:
                raise Refused(
                    f"{by.name} opened the session in which this emergency was declared; somebody else reviews it",
                    rule="reviewed-by-another",
                )
            state = found.state(unit.now)
            if state is not EmergencyState.AWAITING_REVIEW:
                fix = "close it first" if state is EmergencyState.OPEN else f"{found.reviewed_by} did so"
                raise Conflict(f"emergency access {emergency_id!r} is {state}; {fix}")
            statement = sa.update(emergency).where(emergency.c.id == emergency_id, emergency.c.reviewed_at.is_(None))
            unit.conn.execute(
                statement.values(reviewed_at=unit.now, reviewed_by=by.person_id, finding=str(finding), note=text)
            )
            _note(unit, found, "emergency.reviewed", by=by, finding=finding, note=text, uses=len(found.uses))
            words = f"Your emergency access as {found.role} was reviewed by {by.name}: {finding}. {text}"
            self._tell(unit, {found.person_id}, "emergency-reviewed", words)
            return _load(unit.conn, emergency_id)

    def find(self, conn: sa.Connection, by: Principal, *, with_reviewed: bool = False) -> list[Emergency]:
        """Those `by` may see, newest first; without the reviewed ones unless asked for."""
        statement = sa.select(emergency).order_by(emergency.c.opened_at.desc(), emergency.c.id).limit(MOST_LISTED)
        if not with_reviewed:
            statement = statement.where(emergency.c.reviewed_at.is_(None))
        found = [_emergency(row) for row in conn.execute(statement)]
        seen = [one for one in found if self._authority.may(by, "emergency.view", one.object).allowed]
        return _with_uses(conn, seen)

    def reviewable(self, conn: sa.Connection, by: Principal) -> list[Emergency]:
        """Those that wait for a review that `by` may give."""
        now = self._store.clock.now()
        return [
            one
            for one in self.find(conn, by)
            if one.state(now) is EmergencyState.AWAITING_REVIEW
            and one.vouched_by != by.person_id
            and self._authority.may(by, "emergency.review", one.object).allowed
        ]

    def _visible(self, conn: sa.Connection, by: Principal, emergency_id: str) -> Emergency:
        found = _load(conn, emergency_id)
        if not self._authority.may(by, "emergency.view", found.object).allowed:
            raise _unknown(emergency_id)
        return found


def open_roles(conn: sa.Connection, person_id: str, *, now: datetime) -> tuple[str, ...]:
    """The roles the person holds by emergency access right now."""
    statement = sa.select(emergency.c.role).where(*_running(person_id, now)).order_by(emergency.c.role)
    return tuple(row.role for row in conn.execute(statement.limit(MOST_LISTED)))


def grant_of(conn: sa.Connection, person_id: str, role: str, *, now: datetime) -> str | None:
    """The id of the person's open emergency access in the role."""
    statement = sa.select(emergency.c.id).where(*_running(person_id, now), emergency.c.role == role)
    return conn.execute(statement.limit(1)).scalar_one_or_none()


def note_use(unit: Unit, by: Principal, verdict: Verdict, *, verb: str, obj: Obj) -> str | None:
    """Keep what is done under an emergency, and answer its id; None where the verdict needed none.

    Call it in the unit of every act whose verdict may have come from an emergency.
    """
    if not verdict.rule.startswith(BREAK_GLASS):
        return None
    wanted = (obj.acting_roles | obj.owning_roles) & set(by.emergency)
    statement = sa.select(emergency.c.id).where(*_running(by.person_id, unit.now), emergency.c.role.in_(wanted))
    grant = unit.conn.execute(statement.order_by(emergency.c.opened_at).limit(1)).scalar_one_or_none()
    if grant is None:
        raise Refused(f"{by.name}'s emergency access has just ended; nothing was done", rule=verdict.rule)
    unit.conn.execute(
        sa.insert(emergency_use).values(
            id=unit.store.ids.new("use"),
            emergency_id=grant,
            at=unit.now,
            verb=verb,
            object=f"{obj.kind}:{obj.id}",
            rule=verdict.rule,
        )
    )
    return grant


_COLUMNS = tuple(one.name for one in fields(Emergency) if one.name != "uses")


def _running(person_id: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (emergency.c.person_id == person_id, emergency.c.expires_at > now, emergency.c.closed_at.is_(None))


def _checked_text(text: str, what: str) -> str:
    words = " ".join(text.split())
    if not SHORTEST_REASON <= len(words) <= LONGEST_TEXT:
        raise Invalid(
            f"the {what} goes on the record and is read by others; write {SHORTEST_REASON} to {LONGEST_TEXT} letters"
        )
    return words


def _administrators(directory: Directory) -> list[str]:
    return [person.id for person in directory.people.values() if person.administrator]


def _load(conn: sa.Connection, emergency_id: str) -> Emergency:
    row = conn.execute(sa.select(emergency).where(emergency.c.id == emergency_id)).one_or_none()
    if row is None:
        raise _unknown(emergency_id)
    return _with_uses(conn, [_emergency(row)])[0]


def _unknown(emergency_id: str) -> UnknownEmergency:
    return UnknownEmergency(
        f"no emergency access {emergency_id!r}; `tiebeam emergency list` shows it", emergency=emergency_id
    )


def _emergency(row: Any) -> Emergency:
    values: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    values["finding"] = None if row.finding is None else Finding(row.finding)
    return Emergency(**values)


def _with_uses(conn: sa.Connection, found: list[Emergency]) -> list[Emergency]:
    table = emergency_use.c
    statement = (
        sa.select(emergency_use)
        .where(table.emergency_id.in_([one.id for one in found]))
        .order_by(table.at, table.id)
        .limit(10 * MOST_LISTED)
    )
    uses: dict[str, list[Use]] = {}
    for row in conn.execute(statement):
        uses.setdefault(row.emergency_id, []).append(Use(row.at, row.verb, row.object, row.rule))
    return [replace(one, uses=tuple(uses.get(one.id, ()))) for one in found]


def _close(unit: Unit, found: Emergency, *, by: Principal) -> None:
    statement = sa.update(emergency).where(emergency.c.id == found.id, emergency.c.closed_at.is_(None))
    unit.conn.execute(statement.values(closed_at=unit.now, closed_by=by.person_id))
    _note(unit, found, "emergency.closed", by=by, uses=len(found.uses))


def _note(unit: Unit, made: Emergency, kind: str, *, by: Principal, **facts: object) -> None:
    payload = {"subject": f"emergency:{made.id}", "person": made.person_id, "role": made.role, **facts}
    unit.journal(f"person:{made.person_id}", kind, actor=by.actor, payload=payload)
