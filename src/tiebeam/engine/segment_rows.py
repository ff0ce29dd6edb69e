"""The SQL of `engine_segment`, written out once for each database: putting it together costs more than running it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

_RUNNING_HERE = "turn = :turn AND claim = :claim AND worker = :worker"
_FREE = "worker = NULL, claim = claim + 1"
_CHOSEN = "SELECT turn FROM engine_segment WHERE state = 'queued' AND queue = :queue AND team = :team"
_COLUMNS = ("kind", "key", "seq", "queue", "team", "priority", "state", "since", "due")
_TYPES = ("text", "text", "int", "text", "text", "smallint", "text", "bigint", "bigint")
_TEXT = {
    # One probe of the index for each team, however many segments each has waiting.
    "teams": "WITH RECURSIVE head(team) AS (SELECT (SELECT team FROM engine_segment WHERE state = 'queued'"
    " AND queue = :queue AND team > :after ORDER BY team LIMIT 1) UNION ALL SELECT (SELECT team FROM engine_segment"
    " WHERE state = 'queued' AND queue = :queue AND team > head.team ORDER BY team LIMIT 1)"
    " FROM head WHERE head.team IS NOT NULL) SELECT team FROM head WHERE team IS NOT NULL LIMIT :number",
    "fence": f"SELECT 1 FROM engine_segment WHERE {_RUNNING_HERE} FOR SHARE",
    "end": f"UPDATE engine_segment SET state = 'done', worker = NULL, ended = :now WHERE {_RUNNING_HERE}",
    "again": f"UPDATE engine_segment SET state = 'retrying', since = :now, due = :due, attempts = :attempts,"
    f" deaths = deaths + :deaths, {_FREE} WHERE {_RUNNING_HERE}",
    "fail": f"UPDATE engine_segment SET state = 'failed', ended = :now, {_FREE} WHERE {_RUNNING_HERE}",
    "too_often": "UPDATE engine_segment SET state = 'failed', ended = :now, due = NULL"
    " WHERE kind = :kind AND key = :key AND seq = :seq AND state = 'retrying' AND deaths >= :most",
    "give_back": f"UPDATE engine_segment SET state = 'queued', since = :now, deaths = deaths + :deaths, {_FREE}"
    f" WHERE {_RUNNING_HERE}",
    "mine": "SELECT turn, claim FROM engine_segment WHERE worker = :worker",
    "leave": f"UPDATE engine_segment SET state = 'queued', since = :now, {_FREE} WHERE worker = :worker",
    "stranded": "SELECT turn, kind, key, seq, claim, worker, deaths FROM engine_segment WHERE worker IS NOT NULL"
    " AND worker NOT IN (SELECT id FROM engine_worker WHERE state = 'alive') LIMIT :number FOR UPDATE SKIP LOCKED",
    "has_stranded": "SELECT 1 FROM engine_segment WHERE worker IS NOT NULL"
    " AND worker NOT IN (SELECT id FROM engine_worker WHERE state = 'alive') LIMIT 1",
    "in_hand": "SELECT EXISTS (SELECT 1 FROM engine_segment WHERE worker IS NOT NULL AND queue = :queue)"
    " OR EXISTS (SELECT 1 FROM engine_segment WHERE due IS NOT NULL AND state = 'retrying' AND queue = :queue)",
    "in_hand_of": "SELECT count(*) FROM engine_segment WHERE worker IS NOT NULL AND team = :team"
    " AND queue IN ('effects', 'work')",
    "promote": "UPDATE engine_segment SET state = 'queued', since = :now, due = NULL WHERE turn IN"
    " (SELECT turn FROM engine_segment WHERE due <= :now ORDER BY due LIMIT :number FOR UPDATE SKIP LOCKED)",
    "rewind": "UPDATE engine_segment SET due = due - since + :now, since = :now WHERE due > :now AND since > :limit",
    "next_due": "SELECT min(due) FROM engine_segment WHERE due IS NOT NULL",
    # The head of each priority: a team's oldest is one of them, unless it came back to the queue.
    "oldest": "SELECT min(since) FROM (SELECT (SELECT since FROM engine_segment WHERE state = 'queued'"
    " AND queue = :queue AND team = :team AND priority = p.column1 ORDER BY turn LIMIT 1) AS since"
    " FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS p) AS head",
    "is_busy": "SELECT EXISTS (SELECT 1 FROM engine_segment WHERE state = 'queued')"
    " OR EXISTS (SELECT 1 FROM engine_segment WHERE worker IS NOT NULL)"
    " OR EXISTS (SELECT 1 FROM engine_segment WHERE due <= :now)"
    " OR EXISTS (SELECT 1 FROM engine_segment WHERE due IS NOT NULL AND state = 'retrying')",
    "cancel": "UPDATE engine_segment SET state = 'cancelled', ended = :now, due = NULL"
    " WHERE kind = :kind AND key = :key AND state IN ('queued', 'delayed', 'retrying')",
    "forgive": "UPDATE engine_segment SET state = 'queued', since = :now, ended = NULL, attempts = 0, deaths = 0"
    " WHERE kind = :kind AND key = :key AND state = 'failed'",
    "prune": "DELETE FROM engine_segment WHERE turn IN"
    " (SELECT turn FROM engine_segment WHERE ended < :before ORDER BY ended LIMIT :number)",
    "begun": "SELECT coalesce(sum(number), 0) FROM engine_started"
    " WHERE team = :team AND second > :second - 60 AND second <= :second + 1",
    "begin": "INSERT INTO engine_started (team, second, number) VALUES (:team, :second, :number)"
    " ON CONFLICT (team, second) DO UPDATE SET number = engine_started.number + excluded.number",
    "forget_begun": "DELETE FROM engine_started"
    " WHERE team = :team AND (second < :second - 120 OR second > :second + 120)",
}
_SQLITE = {
    "claim": "UPDATE engine_segment SET state = 'running', worker = :worker, claim = claim + 1, since = :now"
    f" WHERE turn IN ({_CHOSEN} ORDER BY priority, turn LIMIT :number)"
    " RETURNING turn, kind, key, seq, queue, team, priority, claim, attempts",
    "put": f"INSERT INTO engine_segment ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{one}' for one in _COLUMNS)})"
    " ON CONFLICT (kind, key, seq) DO NOTHING",
}
_POSTGRES = {
    # Materialized: in a subquery the database may take and lock more rows than the limit says.
    "claim": f"WITH chosen AS MATERIALIZED ({_CHOSEN} ORDER BY priority, turn LIMIT :number FOR UPDATE SKIP LOCKED)"
    " UPDATE engine_segment AS s SET state = 'running', worker = :worker, claim = claim + 1, since = :now"
    " FROM chosen WHERE s.turn = chosen.turn"
    " RETURNING s.turn, kind, key, seq, queue, team, priority, claim, attempts",
    "put": f"INSERT INTO engine_segment ({', '.join(_COLUMNS)}) SELECT * FROM unnest("
    + ", ".join(f":{name}::{kind}[]" for name, kind in zip(_COLUMNS, _TYPES, strict=True))
    + ") ON CONFLICT (kind, key, seq) DO NOTHING",
    "lock": "SELECT pg_advisory_xact_lock(:space, hashtext(:name))",
    "try_lock": "SELECT pg_try_advisory_xact_lock(:space, hashtext(:name))",
}
ORDER_LOCK, CLAIM_LOCK, TEAM_LOCK = 7_241_001, 7_241_002, 7_241_003
"""Spaces of PostgreSQL's advisory locks: putting into a queue in order, taking from it, taking for a limited team."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A segment as a worker claimed it."""

    turn: int
    kind: str
    key: str
    seq: int
    queue: str
    team: str
    priority: int
    claim: int
    attempts: int


def segment_id(*, kind: str, key: str, seq: int) -> str:
    return f"{kind}:{key}:{seq}"


def parts_of(segment: str) -> tuple[str, str, int]:
    """The kind, key and seq that make up a segment's id."""
    kind, rest = segment.split(":", 1)
    key, seq = rest.rsplit(":", 1)
    return kind, key, int(seq)


class SegmentRows:
    """`engine_segment` on one kind of database."""

    def __init__(self, dialect: str) -> None:
        self.is_postgres = dialect == "postgresql"
        texts = {**_TEXT, **(_POSTGRES if self.is_postgres else _SQLITE)}
        self._texts = {name: self._written(text) for name, text in texts.items()}

    def text(self, name: str) -> str:
        return self._texts[name]

    def run(self, conn: sa.Connection, name: str, /, **values: Any) -> sa.CursorResult[Any]:
        return conn.exec_driver_sql(self._texts[name], values)

    def run_many(self, conn: sa.Connection, name: str, values: Sequence[Mapping[str, Any]]) -> None:
        if values:
            conn.exec_driver_sql(self._texts[name], [dict(each) for each in values])

    def put(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add segments in one statement; those whose id is there already are left as they are."""
        if self.is_postgres:
            self.run(conn, "put", **{name: [row[name] for row in rows] for name in _COLUMNS})
        else:
            self.run_many(conn, "put", rows)

    def lock(self, conn: sa.Connection, space: int, name: str) -> None:
        """Wait until no other transaction holds this; SQLite has one writer at a time anyway."""
        if self.is_postgres:
            self.run(conn, "lock", space=space, name=name)

    def try_lock(self, conn: sa.Connection, space: int, name: str) -> bool:
        return not self.is_postgres or bool(self.run(conn, "try_lock", space=space, name=name).scalar())

    def claim(self, conn: sa.Connection, *, queue: str, team: str, worker: str, number: int, now: int) -> list[Taken]:
        rows = self.run(conn, "claim", queue=queue, team=team, worker=worker, number=number, now=now)
        taken = [Taken(*row) for row in rows]
        taken.sort(key=lambda one: (one.priority, one.turn))
        return taken

    def teams(self, conn: sa.Connection, *, queue: str, after: str, number: int) -> list[str]:
        """Teams with segments waiting in a queue, the one after `after` first, and round to the beginning."""
        found = list(self.run(conn, "teams", queue=queue, after=after, number=number).scalars())
        if after and len(found) < number:
            first = self.run(conn, "teams", queue=queue, after="", number=number - len(found)).scalars()
            found += [team for team in first if team not in found]
        return found

    def oldest(self, conn: sa.Connection, *, queue: str, team: str) -> int | None:
        """Since when the one that waits longest does, in milliseconds."""
        return self.run(conn, "oldest", queue=queue, team=team).scalar()

    def _written(self, text: str) -> str:
        if self.is_postgres:
            return re.sub(r"(?<!:):([a-z]+)", r"%(\1)s", text)
        # It has one writer at a time and no row locks.
        return re.sub(r" FOR (SHARE|UPDATE)( SKIP LOCKED)?", "", text)
