"""Who holds which role, who stands in for whom, and whose limit covers an amount."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Protocol

from tiebeam.errors import Conflict, NotFound
from tiebeam.spec import HandoffProtocol, HolidayCalendar, Person, Role, Team
from tiebeam.workforce.calendar import Calendar


class Directory(Protocol):
    """The part of the typed graph this room reads; ids map to declared records."""

    @property
    def people(self) -> Mapping[str, Person]: ...

    @property
    def roles(self) -> Mapping[str, Role]: ...

    @property
    def teams(self) -> Mapping[str, Team]: ...

    @property
    def calendars(self) -> Mapping[str, HolidayCalendar]: ...

    @property
    def handoffs(self) -> Mapping[str, HandoffProtocol]: ...


class NobodyHoldsRole(Conflict):
    """No eligible person holds the role, nor any role above it."""

    code = "nobody_holds_role"


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who may act in a role today; `on_behalf_of` names whom a deputy or receiver stands in for."""

    person_id: str
    name: str
    role: str
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """The role work went to, and the roles it passed over because nobody eligible held them."""

    role: str
    passed: tuple[str, ...]


def person_of(directory: Directory, person_id: str) -> Person:
    """Raises NotFound, naming near matches."""
    person = directory.people.get(person_id)
    if person is None:
        near = get_close_matches(person_id, directory.people, n=3)
        hint = f"did you mean {', '.join(map(repr, near))}?" if near else "add the person to people/."
        raise NotFound(f"no person {person_id!r} in this workspace; {hint}", person=person_id)
    return person


def calendar_of(directory: Directory, team_id: str | None) -> Calendar:
    """The team's hours with its holidays; the standard week in UTC for an unknown team. Raises BrokenCalendar."""
    return Calendar.of(directory.teams.get(team_id or ""), directory.calendars)


def is_absent(person: Person, day: date) -> bool:
    return any(absence.first <= day <= absence.last for absence in person.absences)


def stand_in(directory: Directory, person_id: str, day: date) -> str | None:
    """The person who is present for `person_id` on that day: themselves, their deputy, the deputy's deputy …"""
    seen: set[str] = set()
    current: str | None = person_id
    while current is not None and current not in seen and current in directory.people:
        seen.add(current)
        absences = [a for a in directory.people[current].absences if a.first <= day <= a.last]
        if not absences:
            return current
        current = absences[0].deputy
    return None


def holders(directory: Directory, role: str, *, excluded: Collection[str] = ()) -> list[str]:
    """Ids of the people whose record names the role, absent ones included, in order of id."""
    return sorted(p.id for p in directory.people.values() if role in p.roles and p.id not in excluded)


def acting(
    directory: Directory,
    role: str,
    *,
    day: date,
    excluded: Collection[str] = (),
    given: Collection[tuple[str, str]] = (),
) -> list[Holder]:
    """Who may act in the role on that day. Someone excluded acts neither in person nor through a deputy.

    `given` holds pairs (receiver, giver) of those to whom the role is delegated on that day.
    """
    found: dict[str, Holder] = {}
    for person_id in holders(directory, role, excluded=excluded):
        present = stand_in(directory, person_id, day)
        if present is None or present in excluded:
            continue
        for_whom = None if present == person_id else person_id
        if present not in found or for_whom is None:
            found[present] = Holder(present, directory.people[present].name, role, for_whom)
    for receiver, giver in given:
        if receiver in excluded or giver in excluded or is_absent(directory.people[receiver], day):
            continue
        # What was given is not given on: an absent receiver has no deputy in it.
        found.setdefault(receiver, Holder(receiver, directory.people[receiver].name, role, giver))
    return [found[key] for key in sorted(found)]


def deputised_roles(directory: Directory, person_id: str, *, day: date) -> tuple[tuple[str, str], ...]:
    """Pairs (role, absent person) that `person_id` stands in for on that day, besides the roles of their own."""
    pairs: list[tuple[str, str]] = []
    for other in sorted(directory.people.values(), key=lambda person: person.id):
        if other.id == person_id or not is_absent(other, day):
            continue
        if stand_in(directory, other.id, day) == person_id:
            pairs.extend((role, other.id) for role in other.roles)
    return tuple(pairs)


def chain_above(directory: Directory, role: str) -> list[str]:
    """The role and those it reports to, upwards, each once."""
    chain: list[str] = []
    current: str | None = role
    while current is not None and current not in chain:
        chain.append(current)
        record = directory.roles.get(current)
        current = None if record is None else record.reports_to
    return chain


def climb(directory: Directory, role: str, *, excluded: Collection[str] = ()) -> Climb:
    """The role itself, or the nearest one above it that an eligible person holds. Raises NobodyHoldsRole."""
    chain = chain_above(directory, role)
    for step, candidate in enumerate(chain):
        if holders(directory, candidate, excluded=excluded):
            return Climb(candidate, tuple(chain[:step]))
    kept_out = f" apart from {', '.join(sorted(excluded))}, who may not decide this" if excluded else ""
    raise NobodyHoldsRole(
        f"nobody holds the role {role!r} or a role above it ({' → '.join(chain)}){kept_out}; "
        f"give one of these roles to a person in people/",
        role=role,
        chain=chain,
    )


def covers(limit: Decimal | None, amount: Decimal | None) -> bool:
    """None as a limit is no limit. An unknown amount is covered by nobody whose limit ends."""
    if limit is None:
        return True
    return amount is not None and amount <= limit


def approval_limit(directory: Directory, roles: Iterable[str]) -> Decimal | None:
    """The highest limit among the roles; None = unlimited, 0 without a known role."""
    highest = Decimal(0)
    for name in roles:
        role = directory.roles.get(name)
        if role is None:
            continue
        if role.approval_limit is None:
            return None
        highest = max(highest, role.approval_limit)
    return highest


def role_that_covers(
    directory: Directory, *, amount: Decimal | None, above: str, excluded: Collection[str] = ()
) -> str | None:
    """The role with the lowest limit that covers the amount and that somebody eligible holds.

    Roles in the reporting line above `above` come before all others. None when there is no such role.
    """

    def able(names: Iterable[str]) -> list[str]:
        fit = [
            name
            for name in names
            if (role := directory.roles.get(name)) is not None
            and covers(role.approval_limit, amount)
            and holders(directory, name, excluded=excluded)
        ]
        return sorted(fit, key=lambda name: (*_height(directory.roles[name]), name))

    in_line = able(chain_above(directory, above))
    found = in_line or able(directory.roles)
    return found[0] if found else None


def _height(role: Role) -> tuple[bool, Decimal]:
    limit = role.approval_limit
    return (limit is None, Decimal(0) if limit is None else limit)
