"""People of the small company sign in."""

from __future__ import annotations

from typing import Any

from tests.rooms.workforce.company import Office
from tiebeam.authority import Principal
from tiebeam.workforce import Session


def link(office: Office, who: str = "ada", **more: Any) -> str:
    with office.store.unit() as unit:
        return office.workforce.access.create_link(unit, who, **more)


def signed_in(office: Office, who: str = "ada", **more: Any) -> Session:
    return office.workforce.access.redeem_link(link(office, who), **more)


def principal(office: Office, who: str) -> Principal:
    """Signed in by a link of their own."""
    return office.workforce.access.principal(signed_in(office, who))
