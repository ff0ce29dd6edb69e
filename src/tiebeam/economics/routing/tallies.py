"""Tokens of task classes that have a cap for the day: claimed from the database ahead of need, counted in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
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
LEAST_SLICE = 8_192
"""Tokens a process claims at a time, or a twentieth of the cap: what is lost for the day when it is killed."""
_SLICES = 20
_CALLS_AHEAD = 4
_IDLE_LOOKS = 20
_MOST_ROWS = 10_000


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
    """The largest call that was asked for."""
    others: int | None = None
    """What other processes had claimed at the last look; None before the first."""
    idle: int = field(default=0)


class Tallies:
    """One for each process. Nothing waits for the database: what is claimed can be used, and no more.

    A cap holds over all processes, since tokens are claimed before they are used; `process` names this one.
    """

    def __init__(self, store: Store, following: Following, *, process: str) -> None:
        self._store = store
        self._process = process
        self._counts: dict[str, _Count] = {}
        self._turn = threading.Lock()
        following.at_each_look(self.look)

    def keep(self, classes: Iterable[Daily]) -> None:
        """The classes that have a cap now; others are forgotten."""
        day = _day(self._store.clock.now())
        with self._turn:
            kept = {one.node: self._counts.get(one.node) or _Count(day, one.cap) for one in classes}
            for one in classes:
                kept[one.node].cap = one.cap
            self._counts = kept

    def reserve(self, daily: Daily, tokens: int, now_ms: int) -> TokenHold:
        """Keep `tokens` (at worst) of the class for a call. Raises ClassExhausted, with when to come back."""
        now = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
        with self._turn:
            count = self._counts.get(daily.node)
            if count is None or count.day != _day(now):
                count = self._counts[daily.node] = _Count(_day(now), daily.cap)
            count.wanted, count.idle = max(count.wanted, tokens), 0
            if count.used + count.held + tokens > count.claimed:
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
        return 0 if count is None else count.used + count.held

    def look(self) -> None:
        """Claim what will be needed, and give back what is not used any more."""
        today = _day(self._store.clock.now())
        with self._turn:
            for node, count in self._counts.items():
                if count.day != today:
                    self._counts[node] = _Count(today, count.cap, wanted=count.wanted)
            due = [node for node, count in self._counts.items() if _is_due(count)]
        for node in due:
            self._claim(node)

    def close(self) -> None:
        """Give back what was claimed and not used."""
        with self._turn:
            for count in self._counts.values():
                count.idle = _IDLE_LOOKS
            held = [node for node, count in self._counts.items() if count.claimed > count.used + count.held]
        for node in held:
            self._claim(node)

    def _claim(self, node: str) -> None:
        with self._store.unit() as unit:
            take_turn(unit, TOKENS)
            with self._turn:
                count = self._counts[node]
                day, cap = count.day, count.cap
            others = _claimed_by_others(unit.conn, node, day, self._process)
            with self._turn:
                needed = count.used + count.held
                room = max(0, cap - others - needed)
                ahead = 0 if count.idle >= _IDLE_LOOKS else min(room, _slice(count))
                # Until it is committed nothing may be used of it; what is given back is gone at once.
                claimed = needed + ahead
                count.claimed = min(count.claimed, claimed)
                count.others = others
            _write(unit.conn, node=node, day=day, process=self._process, claimed=claimed)
            unit.after_commit(self._granted(count, claimed))

    def _granted(self, count: _Count, claimed: int) -> Callable[[], None]:
        def grant() -> None:
            with self._turn:
                count.claimed = claimed

        return grant


def _is_due(count: _Count) -> bool:
    free = count.claimed - count.used - count.held
    if count.idle >= _IDLE_LOOKS:
        return False
    count.idle += 1
    if count.idle >= _IDLE_LOOKS:
        return free > 0
    return free < max(_slice(count) // 2, count.wanted)


def _slice(count: _Count) -> int:
    return max(LEAST_SLICE, count.cap // _SLICES, _CALLS_AHEAD * count.wanted)


def _exhausted(daily: Daily, count: _Count, tokens: int, now: datetime) -> ClassExhausted:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    room = count.cap - count.used - count.held - (count.others or 0)
    is_coming = count.others is None or tokens <= room
    wait = 1 if is_coming else int((midnight - now).total_seconds()) + 1
    said = "are being claimed; try again in a second" if is_coming else f"are left until {iso(midnight)}"
    how_many = "its next tokens" if is_coming else f"{max(0, room):,} tokens"
    return ClassExhausted(
        f"the task class {daily.node!r} may use {daily.cap:,} tokens a day, this call could use {tokens:,}, and "
        f"{how_many} {said}; ask for a shorter answer, or raise tokens_per_day of the class",
        task_class=daily.node,
        retry_after=wait,
    )


def _claimed_by_others(conn: sa.Connection, node: str, day: str, process: str) -> int:
    column = route_tokens.c
    rows = (
        sa.select(column.claimed)
        .where(column.node == node, column.day == day, column.process != process)
        .limit(_MOST_ROWS)
        .subquery()
    )
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.sum(rows.c.claimed), 0))).scalar_one())


def _write(conn: sa.Connection, *, node: str, day: str, process: str, claimed: int) -> None:
    column = route_tokens.c
    mine: Any = sa.and_(column.node == node, column.day == day, column.process == process)
    if conn.execute(sa.update(route_tokens).where(mine).values(claimed=claimed)).rowcount == 0:
        conn.execute(sa.insert(route_tokens).values(node=node, day=day, process=process, claimed=claimed))
        # Days that are over are of no use to anybody.
        conn.execute(sa.delete(route_tokens).where(column.node == node, column.day < day))


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
