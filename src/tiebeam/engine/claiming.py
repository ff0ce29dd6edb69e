"""Which segments a worker takes next: every team's turn in each queue, never looking at how much each has waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa

from tiebeam.engine.queues import QUEUES, QueueRule
from tiebeam.engine.segment_rows import CLAIM_LOCK, TEAM_LOCK, SegmentRows, Taken
from tiebeam.spec import TeamWork, WorkUse

_TEAMS_AT_ONCE = 32
ORDERED = ""
"""The team of everything in a queue that is worked in order."""


class Claiming:
    """Takes segments for one worker. `limits` are the workspace's rules for teams."""

    def __init__(self, rows: SegmentRows, *, worker: str) -> None:
        self._rows = rows
        self._worker = worker
        self.limits = WorkUse()
        self._last: dict[str, str] = {}

    def take(
        self, conn: sa.Connection, *, free: Mapping[str, int], busy: Counter[tuple[str, str]], now: int
    ) -> tuple[list[Taken], set[str]]:
        """At most `free` segments of each queue, and the queues that may hold more.

        `busy` counts what runs here by queue and team.
        """
        taken: list[Taken] = []
        backlog: set[str] = set()
        for name, room in free.items():
            if room <= 0:
                backlog.add(name)
                continue
            rule = QUEUES[name]
            if rule.in_order:
                found, has_more = self._in_order(conn, name, now=now)
            else:
                teams = self._rows.teams(conn, queue=name, after=self._last.get(name, ""), number=_TEAMS_AT_ONCE)
                found, has_more = self._of_teams(conn, name, teams, room=room, busy=busy, now=now), bool(teams)
            taken += found
            if has_more:
                backlog.add(name)
        return taken, backlog

    def _in_order(self, conn: sa.Connection, queue: str, *, now: int) -> tuple[list[Taken], bool]:
        if not self._rows.try_lock(conn, CLAIM_LOCK, queue) or self._rows.find(conn, "in_hand", queue=queue):
            return [], True
        found = self._rows.claim(conn, queue=queue, team=ORDERED, worker=self._worker, number=1, now=now)
        return found, bool(found)

    def _of_teams(
        self,
        conn: sa.Connection,
        queue: str,
        teams: list[str],
        *,
        room: int,
        busy: Counter[tuple[str, str]],
        now: int,
    ) -> list[Taken]:
        rule = QUEUES[queue]
        taken: list[Taken] = []
        for position, team in enumerate(teams):
            # An equal share of what is left; who cannot use it leaves it to the next.
            share = -(-(room - len(taken)) // (len(teams) - position))
            number = min(share, rule.per_team - busy[queue, team])
            if number <= 0:
                continue
            found = self._of_team(conn, queue, rule, team=team, number=number, now=now)
            taken += found
            if found:
                self._last[queue] = team
            if len(taken) >= room:
                break
        return taken

    def _of_team(
        self, conn: sa.Connection, queue: str, rule: QueueRule, *, team: str, number: int, now: int
    ) -> list[Taken]:
        limit = self.limits.of(team) if rule.is_limited else None
        if limit is None or not limit.is_set:
            return self._rows.claim(conn, queue=queue, team=team, worker=self._worker, number=number, now=now)
        if not self._rows.try_lock(conn, TEAM_LOCK, team):
            return []
        second = now // 1000
        number = min(number, self._allowed(conn, limit, team=team, second=second))
        if number <= 0:
            return []
        found = self._rows.claim(conn, queue=queue, team=team, worker=self._worker, number=number, now=now)
        if found and limit.per_minute is not None:
            self._rows.change(conn, "forget_begun", team=team, second=second)
            self._rows.change(conn, "begin", team=team, second=second, number=len(found))
        return found

    def _allowed(self, conn: sa.Connection, limit: TeamWork, *, team: str, second: int) -> int:
        """How many more of a team may begin now, in all processes together."""
        allowed: list[int] = []
        if limit.at_once is not None:
            allowed.append(limit.at_once - self._rows.find(conn, "in_hand_of", team=team))
        if limit.per_minute is not None:
            allowed.append(limit.per_minute - int(self._rows.find(conn, "begun", team=team, second=second)))
        return min(allowed)
