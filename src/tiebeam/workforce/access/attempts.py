"""How often somebody may be wrong, without anybody being able to lock a colleague out.

Secrets have 256 random bits, so no number of guesses finds one; the limits keep guessing from costing us work and make
it visible. Only an address that was wrong itself is refused: ten times in a quarter of an hour, or once while a token
or the whole installation is being guessed at from many addresses. A right secret from an address that was not wrong is
always taken, and a session that is open is never touched.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import sqlalchemy as sa

from tiebeam.errors import TiebeamError
from tiebeam.store import Unit
from tiebeam.workforce.access.tables import access_failure

WINDOW = timedelta(minutes=15)
PER_ADDRESS = 10
"""While nothing is attacked; else one wrong attempt is the last."""
TARGET_ATTACKED = 30
"""Wrong secrets for one token, from all addresses within the window, from which on it counts as attacked."""
ALL_ATTACKED = 500


class TooManyAttempts(TiebeamError):
    """Too many failed sign-ins from one place."""

    code = "too_many_attempts"
    status = 429


def place_of(source: str) -> str:
    """What counts as one address: an IPv6 network of 64 bits, since one machine owns all addresses in it."""
    try:
        address = ip_address(source)
    except ValueError:
        return source[:80]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def origin_of(source: str) -> str:
    """What a list of sessions tells of an address; the address itself is not kept."""
    try:
        address = ip_address(source)
    except ValueError:
        return "this machine" if source == "local" else "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return "this machine"
    return "private network" if address.is_private else "internet"


def check_attempts(conn: sa.Connection, *, source: str, target: str | None, now: datetime) -> None:
    """Raises TooManyAttempts when this address was wrong too often; `target` is the token that it names."""
    since = access_failure.c.at > now - WINDOW
    own = sa.select(sa.func.count(), sa.func.min(access_failure.c.at)).where(
        access_failure.c.source == place_of(source), since
    )
    wrong, first = conn.execute(own).one()
    if not wrong or (wrong < PER_ADDRESS and not _is_attacked(conn, since, target)):
        return
    seconds = max(1, int((first + WINDOW - now).total_seconds()))
    raise TooManyAttempts(
        f"too many failed sign-ins from {source[:80]!r}; wait {max(1, round(seconds / 60))} minutes",
        source=source[:80],
        retry_after=seconds,
    )


def _is_attacked(conn: sa.Connection, since: sa.ColumnElement[bool], target: str | None) -> bool:
    """Whether the address's one wrong attempt is one too many: asked only of addresses that were wrong."""
    counted = sa.select(sa.func.count()).where(since)
    if target is not None and conn.execute(counted.where(access_failure.c.target == target)).scalar_one() >= (
        TARGET_ATTACKED
    ):
        return True
    return conn.execute(counted).scalar_one() >= ALL_ATTACKED


def note_failure(unit: Unit, *, source: str, target: str | None = None, holder: str | None = None) -> None:
    """Keep that an attempt was wrong, and put it on the record when it makes an attack of many."""
    failures = access_failure.c
    unit.conn.execute(sa.delete(access_failure).where(failures.at < unit.now - WINDOW))
    unit.conn.execute(
        sa.insert(access_failure).values(
            id=unit.store.ids.new("failure"), source=place_of(source), target=target, at=unit.now
        )
    )
    counted = sa.select(sa.func.count()).select_from(access_failure)
    if target is not None and holder is not None:
        wrong = unit.conn.execute(counted.where(failures.target == target)).scalar_one()
        if wrong == TARGET_ATTACKED:
            payload = {"subject": f"token:{target}", "attempts": wrong}
            unit.journal(holder, "access.guessing-suspected", actor="system:access", payload=payload)
    wrong = unit.conn.execute(counted).scalar_one()
    if wrong == ALL_ATTACKED:
        payload = {"attempts": wrong, "minutes": int(WINDOW.total_seconds() // 60)}
        unit.journal("workspace", "access.guessing-suspected", actor="system:access", payload=payload)
