"""Following what happens in runs, one or all that somebody may see: the facts of their journal as they come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Visible
from tiebeam.store import JournalEntry, journal_after, read_journal
from tiebeam.workflow.runs import seen_runs

_STREAM = "run:"
_LOOK_BACK = 200
"""Positions looked at again: with several writers an entry may appear behind one that was read already."""
_MOST = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact of a run. `position` orders the facts of all runs, `seq` those of this one."""

    run: str
    seq: int
    position: int
    at: datetime
    kind: str
    actor: str
    payload: dict[str, Any]


def happenings(conn: sa.Connection, run_id: str, *, after: int = 0, limit: int = _MOST) -> list[Happening]:
    """The facts of one run behind its `seq`."""
    return [_happening(entry) for entry in read_journal(conn, f"{_STREAM}{run_id}", limit=limit, after_seq=after)]


class Tail:
    """Follows all runs somebody may see, from a position of the journal on; ask `more` again and again."""

    def __init__(self, *, after: int, visible: Visible | None) -> None:
        self._after = after
        self._first = after
        self._visible = visible
        self._told: set[int] = set()

    @property
    def position(self) -> int:
        """Where to go on later."""
        return self._after

    def more(self, conn: sa.Connection, *, limit: int = _MOST) -> list[Happening]:
        """What has come since it was asked last; empty when there is nothing yet."""
        start = max(self._first, self._after - _LOOK_BACK)
        entries = journal_after(conn, start, stream_prefix=_STREAM, limit=limit + _LOOK_BACK)
        new = [entry for entry in entries if entry.position not in self._told][:limit]
        if not new:
            return []
        self._after = max(self._after, new[-1].position)
        self._told = {one for one in self._told | {entry.position for entry in new} if one > self._after - _LOOK_BACK}
        found = [_happening(entry) for entry in new]
        if self._visible is None:
            return found
        seen = seen_runs(conn, sorted({one.run for one in found}), self._visible)
        return [one for one in found if one.run in seen]


def _happening(entry: JournalEntry) -> Happening:
    run_id = entry.stream.removeprefix(_STREAM)
    return Happening(run_id, entry.seq, entry.position, entry.at, entry.kind, entry.actor, entry.payload)
