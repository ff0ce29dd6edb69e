"""What a person holds for a time, besides their record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from tiebeam.workforce.directory import Directory
from tiebeam.workforce.standing.delegations import given_roles
from tiebeam.workforce.standing.emergencies import open_roles


@dataclass(frozen=True, slots=True)
class Standing:
    """`given` holds pairs (role, giver); `emergency` the roles of open emergency access."""

    given: tuple[tuple[str, str], ...] = ()
    emergency: tuple[str, ...] = ()


def standing_of(conn: sa.Connection, directory: Directory, person_id: str, *, day: date, now: datetime) -> Standing:
    return Standing(
        given=given_roles(conn, directory, person_id, day=day),
        emergency=open_roles(conn, person_id, now=now),
    )
