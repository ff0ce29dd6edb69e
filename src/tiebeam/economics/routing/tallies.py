"""Tokens of task classes that have a cap for the day: claimed from the database ahead of need, counted in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.keys import Following, take_turn
from tiebeam.economics.routing.problems import ClassExhausted
from tiebeam.economics.routing.route import Daily
from tiebeam.economics.routing.tables import route_tokens
from tiebeam.kit import iso
from tiebeam.store import Store

TOKENS = "tokens"
LASTS = timedelta(seconds=30)
"""A claim may be used for so long after the database last heard of its process."""
DEAD_AFTER = timedelta(seconds=60)
"""And so long after, when clocks differ a little, it counts no more than what was used of it."""
BEAT = timedelta(seconds=10)
TELL_EVERY = timedelta(seconds=1)
_MOST_ROWS = 10_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class TokenHold:
    """Tokens kept for one call; settle it once. Settling it again changes nothing."""

    node: str
    day: str
    tokens: int
    is_settled: bool = False


@dataclass(slots=True)
class _Count:
    day: str
    cap: int
    used: int = 0
    held: int = 0
    claimed: int = 0
    wanted: int = 0
    """The largest call that found too little claimed since the last claim."""
    told: int = 0
    """What the database knows to be used."""
    others: int | None = None
    """What of the cap other processes had claimed at the last look; None before the first."""
    neighbours: frozenset[str] = field(default_factory=frozenset[str])
    seen_at: datetime = _NEVER
    """When the database last heard of this claim."""

    @property
    def needed(self) -> int:
        return self.used + self.held


@dataclass(frozen=True, slots=True)
class _Others:
    """Claims of other processes on one class."""

    claimed: int
    used: int
    alive: frozenset[str]
    is_starving: bool
    """Whether one of them has nothing left."""


class Tallies:
    """One for each process. Nothing waits for the database: what is claimed can be used, and no more.

    A cap holds over all processes, since tokens are claimed before they are used; each may claim its share of what is
    left. `process` names this one.
    """

    def __init__(self, store: Store, following: Following, *, process: str) -> None:
        self._store = store
        self._process = process
        self._counts: dict[str, _Count] = {}
        self._turn = threading.Lock()
        following.write_after_looks(self.look)

    def keep(self, classes: Iterable[Daily]) -> None:
        """The classes that have a cap now; others are forgotten."""
        day = _day(self._store.clock.now())
        with self._turn:
            kept: dict[str, _Count] = {}
            for one in classes:
                kept[one.node] = self._counts.get(one.node) or _Count(day, one.cap)
                kept[one.node].cap = one.cap
                # Another cap is another share.
                kept[one.node].seen_at = _NEVER if kept[one.node].claimed > one.cap else kept[one.node].seen_at
            self._counts = kept

    def reserve(self, daily: Daily, tokens: int, now_ms: int) -> TokenHold:
        """Keep `tokens` (at worst) of the class for a call. Raises ClassExhausted, with when to come back."""
        now = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
        with self._turn:
            count = self._counts.get(daily.node)
            if count is None or count.day != _day(now):
                count = self._counts[daily.node] = _Count(_day(now), daily.cap)
            if count.needed + tokens > count.claimed or now > count.seen_at + LASTS:
                count.wanted = max(count.wanted, tokens)
                raise _exhausted(daily, count, tokens, now)
            count.held += tokens
            return TokenHold(daily.node, count.day, tokens)

    def settle(self, hold: TokenHold, tokens: int) -> None:
        """The call used so many tokens in truth; 0 for one that was not made."""
        with self._turn:
            if hold.is_settled:
                return
            hold.is_settled = True
            count = self._counts.get(hold.node)
            if count is not None and count.day == hold.day:
                count.held -= hold.tokens
                count.used += tokens

    def used(self, node: str) -> int:
        """Tokens this process has used of a class today, those it holds for open calls included."""
        count = self._counts.get(node)
        return 0 if count is None else count.needed

    def look(self) -> None:
        """Claim this process's share anew where something has changed."""
        now = self._store.clock.now()
        today = _day(now)
        with self._turn:
            for node, count in self._counts.items():
                if count.day != today:
                    self._counts[node] = _Count(today, count.cap)
            nodes = list(self._counts)
        if not nodes:
            return
        with self._store.read() as conn:
            found = {node: _others(conn, node, today, self._process, now) for node in nodes}
        with self._turn:
            due = [node for node in nodes if node in self._counts and _is_due(self._counts[node], found[node], now)]
        for node in due:
            self._claim(node)

    def close(self) -> None:
        """Give back what was claimed and not used."""
        with self._turn:
            held = [node for node, count in self._counts.items() if count.claimed > count.needed]
        for node in held:
            self._claim(node, leaving=True)

    def _claim(self, node: str, *, leaving: bool = False) -> None:
        with self._store.unit() as unit:
            take_turn(unit, TOKENS)
            with self._turn:
                count = self._counts.get(node)
            if count is None:
                return
            others = _others(unit.conn, node, count.day, self._process, unit.now)
            with self._turn:
                needed = count.needed
                claimed = needed if leaving else needed + _ahead(count, others)
                # What is given back is gone at once; what is new is used once it is committed.
                count.claimed = min(count.claimed, claimed)
            told = -1 if leaving else claimed
            _write(unit.conn, node, count.day, self._process, claimed=told, used=needed, seen_at=unit.now)
        with self._turn:
            count.claimed, count.told, count.wanted = claimed, needed, 0
            count.others, count.neighbours, count.seen_at = others.claimed, others.alive, unit.now


def _ahead(count: _Count, others: _Others) -> int:
    """What to claim beyond what is used: a fair share of what nobody used, more where a call was too large for it."""
    room = max(0, count.cap - others.claimed - count.needed)
    share = max(0, count.cap - others.used - count.needed) // (len(others.alive) + 1)
    return min(room, max(share, 2 * count.wanted))


def _is_due(count: _Count, others: _Others, now: datetime) -> bool:
    since = now - count.seen_at
    if since >= BEAT or count.wanted or others.alive != count.neighbours:
        return True
    if others.is_starving and count.claimed - count.needed > _ahead(count, others):
        return True
    return count.needed != count.told and since >= TELL_EVERY


def _exhausted(daily: Daily, count: _Count, tokens: int, now: datetime) -> ClassExhausted:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    room = max(0, count.cap - count.needed - (count.others or 0))
    is_coming = count.others is None or tokens <= room
    wait = 1 if is_coming else int((midnight - now).total_seconds()) + 1
    said = "are being claimed; try again in a second" if is_coming else f"are left until {iso(midnight)}"
    how_many = "its next tokens" if is_coming else f"{room:,} tokens"
    return ClassExhausted(
        f"the task class {daily.node!r} may use {daily.cap:,} tokens a day, this call could use {tokens:,}, and "
        f"{how_many} {said}; ask for a shorter answer, or raise tokens_per_day of the class",
        task_class=daily.node,
        retry_after=wait,
    )


def _others(conn: sa.Connection, node: str, day: str, process: str, now: datetime) -> _Others:
    column = route_tokens.c
    statement = (
        sa.select(column.process, column.claimed, column.used, column.seen_at)
        .where(column.node == node, column.day == day, column.process != process)
        .limit(_MOST_ROWS)
    )
    rows = conn.execute(statement).all()
    alive = [row for row in rows if now - row.seen_at < DEAD_AFTER and row.claimed >= row.used]
    names = frozenset(row.process for row in alive)
    return _Others(
        claimed=sum(max(row.claimed, row.used) if row.process in names else row.used for row in rows),
        used=sum(row.used for row in rows),
        alive=names,
        is_starving=any(row.claimed <= row.used for row in alive),
    )


def _write(
    conn: sa.Connection, node: str, day: str, process: str, *, claimed: int, used: int, seen_at: datetime
) -> None:
    column = route_tokens.c
    mine: Any = sa.and_(column.node == node, column.day == day, column.process == process)
    values = {"claimed": claimed, "used": used, "seen_at": seen_at}
    if conn.execute(sa.update(route_tokens).where(mine).values(**values)).rowcount == 0:
        conn.execute(sa.insert(route_tokens).values(node=node, day=day, process=process, **values))
        # Days that are over are of no use to anybody.
        conn.execute(sa.delete(route_tokens).where(column.node == node, column.day < day))


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
