"""Taking over the journals of dead processes: what they wrote is booked, what was open is charged at worst."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tiebeam.economics.metering.files import Lock
from tiebeam.economics.metering.follower import Follower, Leases
from tiebeam.economics.metering.journal import LOCK
from tiebeam.economics.metering.projection import Projection
from tiebeam.economics.metering.writing import forget_position
from tiebeam.store import Store

_log = logging.getLogger("tiebeam.economics.metering")


@dataclass(frozen=True, slots=True)
class Adopted:
    """A dead process's journal that is booked now."""

    journal: str
    charges: int
    """Those that ended and had not been written yet."""
    lost: int
    """Attempts that were open when the process died, charged at worst and marked as estimates."""


def adopt(
    folder: Path, store: Store, *, projection: Projection | None = None, leases: Leases | None = None
) -> list[Adopted]:
    """Book every journal below `folder` that no living process holds, and remove its files.

    Safe when several processes do it at once, and when one is killed in the middle of it. Raises what the database
    raises; the journal it was at then stays for the next try.
    """
    adopted: list[Adopted] = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not place.is_dir() or place.name.startswith("."):
            continue
        lock = Lock(place / LOCK)
        try:
            if not lock.take():
                continue
        except FileNotFoundError:
            continue
        try:
            adopted.append(_book(place, store, projection, leases))
        finally:
            lock.release()
    return adopted


def remove_journal(place: Path, store: Store, *, leases: Leases | None = None) -> None:
    """Remove a journal that is wholly committed, its position and what its process had leased."""
    # The lock goes last: until then nobody else takes the folder for one to book.
    for path in [*place.glob("*.charges"), place / LOCK]:
        path.unlink(missing_ok=True)
    with suppress(OSError):
        place.rmdir()
    with store.unit() as unit:
        forget_position(unit.conn, place.name)
        if leases is not None:
            leases.closed(unit, place.name)


def _book(place: Path, store: Store, projection: Projection | None, leases: Leases | None) -> Adopted:
    follower = Follower(store, place, projection=projection, leases=leases)
    while follower.step():
        pass
    written = follower.written
    lost = follower.lose_open(int(store.clock.now().timestamp() * 1000))
    remove_journal(place, store)
    _log.info("the journal %s of a process that ended was booked: %d charges, %d lost", place.name, written, lost)
    return Adopted(place.name, written, lost)
