"""The SQL of `engine_segment`, written out once for each database and put together once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tiebeam.store import Prepared

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
    + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(_COLUMNS, _TYPES, strict=True))
    + ") ON CONFLICT (kind, key, seq) DO NOTHING",
    "lock": "SELECT pg_advisory_xact_lock(:space, hashtext(:name))",
    "try_lock": "SELECT pg_try_advisory_xact_lock(:space, hashtext(:name))",
}
_TAKEN = ("turn", "kind", "key", "seq", "queue", "team", "priority", "claim", "attempts")
_ANSWERS = {
    "teams": ("team",),
    "fence": ("found",),
    "mine": ("turn", "claim"),
    "stranded": ("turn", "kind", "key", "seq", "claim", "worker", "deaths"),
    "claim": _TAKEN,
} | dict.fromkeys(
    ("has_stranded", "in_hand", "in_hand_of", "next_due", "oldest", "is_busy", "begun", "lock", "try_lock"), ("found",)
)
"""What the statements answer that are questions; the others change rows."""
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
        self._prepared = {name: _prepared(name, text) for name, text in self._texts.items()}

    def text(self, name: str) -> str:
        """A statement without values, as the driver takes it."""
        return self._texts[name]

    def ask(self, conn: sa.Connection, name: str, /, **values: Any) -> list[Any]:
        """The rows that a question answers with."""
        return self._prepared[name].all(conn, values)

    def find(self, conn: sa.Connection, name: str, /, **values: Any) -> Any:
        """The one value that a question answers with; None without one."""
        row = self._prepared[name].first(conn, values)
        return None if row is None else row[0]

    def change(self, conn: sa.Connection, name: str, /, **values: Any) -> int:
        """How many rows it changed."""
        return self._prepared[name].run(conn, values)

    def change_each(self, conn: sa.Connection, name: str, values: Sequence[Mapping[str, Any]]) -> None:
        self._prepared[name].run_each(conn, values)

    def put(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add segments in one statement; those whose id is there already are left as they are."""
        if self.is_postgres:
            self.change(conn, "put", **{name: [row[name] for row in rows] for name in _COLUMNS})
        else:
            self.change_each(conn, "put", rows)

    def lock(self, conn: sa.Connection, space: int, name: str) -> None:
        """Wait until no other transaction holds this; SQLite has one writer at a time anyway."""
        if self.is_postgres:
            self.find(conn, "lock", space=space, name=name)

    def try_lock(self, conn: sa.Connection, space: int, name: str) -> bool:
        return not self.is_postgres or bool(self.find(conn, "try_lock", space=space, name=name))

    def claim(self, conn: sa.Connection, *, queue: str, team: str, worker: str, number: int, now: int) -> list[Taken]:
        rows = self.ask(conn, "claim", queue=queue, team=team, worker=worker, number=number, now=now)
        taken = [Taken(*row) for row in rows]
        taken.sort(key=lambda one: (one.priority, one.turn))
        return taken

    def teams(self, conn: sa.Connection, *, queue: str, after: str, number: int) -> list[str]:
        """Teams with segments waiting in a queue, the one after `after` first, and round to the beginning."""
        found = [row.team for row in self.ask(conn, "teams", queue=queue, after="", number=number)]
        if len(found) == number and after:
            later = [row.team for row in self.ask(conn, "teams", queue=queue, after=after, number=number)]
            return (later + [team for team in found if team not in later])[:number]
        return [team for team in found if team > after] + [team for team in found if team <= after]

    def oldest(self, conn: sa.Connection, *, queue: str, team: str) -> int | None:
        """Since when the one that waits longest does, in milliseconds."""
        return self.find(conn, "oldest", queue=queue, team=team)

    def _written(self, text: str) -> str:
        # SQLite has one writer at a time and no row locks.
        return text if self.is_postgres else re.sub(r" FOR (SHARE|UPDATE)( SKIP LOCKED)?", "", text)


def _prepared(name: str, text: str) -> Prepared:
    answers = _ANSWERS.get(name)
    statement = sa.text(text)
    return Prepared(statement if answers is None else statement.columns(*(sa.column(one) for one in answers)))
