"""The keys of the gateway in memory: found by their secret without asking the database."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.keys.following import Following
from tiebeam.economics.keys.key import Key, key_of
from tiebeam.economics.keys.tables import gateway_key
from tiebeam.store import Store

KEYS = "keys"
"""The name under which processes follow the keys."""
MOST_KEYS = 100_000
_DAY_MS = 86_400_000
_LONGEST_SECRET = 400
_PART = 500


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a secret opens, and until when (milliseconds); None for as long as the key lasts."""

    key: Key
    until: int | None


class KeyRing:
    """Every key that is in force. Safe to share between threads; nothing here waits for the database.

    While the database is away the keys stay as they were last read. `is_loaded` is False until they were read once:
    before that a secret that is not found proves nothing, and callers answer 503, not 401.
    """

    def __init__(self, store: Store, following: Following) -> None:
        self._store = store
        self._openings: Mapping[bytes, _Opening] = MappingProxyType({})
        self._caps: Mapping[str, Key] = MappingProxyType({})
        # Secrets that are dead for good; a look that began before they died must not bring them back.
        self._dead: set[bytes] = set()
        self._turn = threading.Lock()
        self._used: dict[str, int] = {}
        self._flushed: dict[str, int] = {}
        self.is_loaded = False
        self.version = 0
        """Counts up whenever the keys have changed in memory."""
        following.follow(KEYS, self._reread)
        following.write_after_looks(self.flush_uses)

    def find(self, secret: str | bytes, now_ms: int) -> Key | None:
        """The key that this secret opens now; None when it opens none."""
        if len(secret) > _LONGEST_SECRET:
            return None
        digest = hashlib.sha256(secret if isinstance(secret, bytes) else secret.encode("utf-8", "replace")).digest()
        opening = self._openings.get(digest)
        if opening is None:
            return None
        key = opening.key
        if key.is_over(now_ms) or (opening.until is not None and now_ms >= opening.until):
            return None
        self._used[key.id] = now_ms // _DAY_MS
        return key

    @property
    def with_caps(self) -> Mapping[str, Key]:
        """Keys that have a ceiling of their own, by id; another object whenever they have changed."""
        return self._caps

    def keys(self) -> Iterable[Key]:
        return {opening.key.id: opening.key for opening in self._openings.values()}.values()

    def kill(self, hashes: Iterable[str]) -> None:
        """These secrets open nothing from now on, whatever the database says and whether it answers."""
        with self._turn:
            self._dead.update(bytes.fromhex(one) for one in hashes)
            self._set({digest: one for digest, one in self._openings.items() if digest not in self._dead})

    def flush_uses(self) -> None:
        """Note in the database which keys were used on which day, once a day and key."""
        fresh = {key_id: day for key_id, day in tuple(self._used.items()) if self._flushed.get(key_id) != day}
        if not fresh:
            return
        by_day: dict[int, list[str]] = {}
        for key_id, day in fresh.items():
            by_day.setdefault(day, []).append(key_id)
        with self._store.unit() as unit:
            for day, key_ids in by_day.items():
                _note_uses(unit.conn, day, key_ids)
        self._flushed |= fresh

    def _reread(self, conn: sa.Connection) -> None:
        rows = conn.execute(
            sa.select(gateway_key).where(gateway_key.c.revoked_at.is_(None)).order_by(gateway_key.c.id).limit(MOST_KEYS)
        )
        found: dict[bytes, _Opening] = {}
        for row in rows:
            found |= _openings_of(row)
        with self._turn:
            self._set({digest: one for digest, one in found.items() if digest not in self._dead})
            self.is_loaded = True

    def _set(self, openings: dict[bytes, _Opening]) -> None:
        self._openings = MappingProxyType(openings)
        capped = {one.key.id: one.key for one in openings.values() if one.key.cap_nano is not None}
        if capped != dict(self._caps):
            self._caps = MappingProxyType(capped)
        self.version += 1


def _openings_of(row: Any) -> dict[bytes, _Opening]:
    """What a row's secrets open: the one in force, and for a while the one it replaced."""
    key = key_of(row)
    found = {bytes.fromhex(row.secret_hash): _Opening(key, None)}
    if row.former_hash is not None and row.former_until is not None:
        until = int(row.former_until.timestamp() * 1000)
        found[bytes.fromhex(row.former_hash)] = _Opening(key, until)
    return found


def _note_uses(conn: sa.Connection, day: int, key_ids: list[str]) -> None:
    """`day` counts from 1970."""
    is_older = sa.func.coalesce(gateway_key.c.last_used_on, "") < _day_text(day)
    for start in range(0, len(key_ids), _PART):
        part = key_ids[start : start + _PART]
        conn.execute(
            sa.update(gateway_key).where(gateway_key.c.id.in_(part), is_older).values(last_used_on=_day_text(day))
        )


def _day_text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
