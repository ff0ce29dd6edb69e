"""Runs that have stood still too long: found by a sweeper, shown, and told to whoever answers for the workflow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Visible
from tiebeam.kit import iso
from tiebeam.store import Unit
from tiebeam.workflow.operating import tables
from tiebeam.workflow.operating.desk import Desk
from tiebeam.workflow.runs import (
    StillRun,
    forsaken_runs,
    pinned,
    seen_runs,
    still_runs,
    versions_at_work,
)
from tiebeam.workflow.telling import Telling

LOOK_SECONDS = 30.0
KIND = "runs.stalled"
_MOST = 200
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Stall:
    """A run that stands still since `since`, and why that is taken for a stall."""

    run: str
    since: datetime
    noticed_at: datetime
    why: str


class Stalling:
    """Safe with several workers: a stall is kept once, and told in the commit that keeps it."""

    def __init__(self, desk: Desk, *, telling: Telling) -> None:
        self._desk = desk
        self._telling = telling
        self._minutes: dict[str, float] = {}

    def work(self) -> float:
        """One turn of the worker's loop. Returns the seconds until the next."""
        found = self._look()
        with self._desk.store.read() as conn:
            known = {row.run_id: row.since for row in conn.execute(sa.select(tables.run_stall).limit(5 * _MOST))}
        new = [(run, why) for run, why in found if known.get(run.id) != run.updated_at]
        over = known.keys() - {run.id for run, _ in found}
        if new or over:
            with self._desk.store.unit() as unit:
                self._keep(unit, new, over=over)
        return LOOK_SECONDS

    def _look(self) -> list[tuple[StillRun, str]]:
        desk = self._desk
        now = desk.store.clock.now()
        found: list[tuple[StillRun, str]] = []
        with desk.store.read() as conn:
            for version in versions_at_work(conn):
                if len(found) >= _MOST:
                    break
                before = now - timedelta(minutes=self._allowed(conn, version))
                still = still_runs(conn, version, before=before, limit=_MOST)
                found += self._judged(conn, still)
                gone = forsaken_runs(conn, version, before=before, limit=_MOST)
                found += [(run, "it says that it waits, and nothing in it is waited for") for run in gone]
        return found[:_MOST]

    def _allowed(self, conn: sa.Connection, version: str) -> float:
        if version not in self._minutes:
            self._minutes[version] = float(pinned(conn, version).limits.stall_minutes)
        return self._minutes[version]

    def _judged(self, conn: sa.Connection, runs: Sequence[StillRun]) -> list[tuple[StillRun, str]]:
        """A run that only stands in a queue which somebody works on is late, not stalled."""
        pending = self._desk.engine.pending(conn, "run", [run.id for run in runs]) if runs else {}
        busy = bool(runs) and _is_worked(self._desk.engine.health())
        found: list[tuple[StillRun, str]] = []
        for run in runs:
            match pending.get(run.id):
                case "queued" if busy:
                    continue
                case "queued":
                    found.append((run, "it is queued and no worker runs; start one with 'tiebeam worker'"))
                case "running":
                    found.append((run, "a worker is busy with one of its steps all this time"))
                case _:
                    found.append((run, f"it is {run.state.value} and nothing is queued for it"))
        return found

    def _keep(self, unit: Unit, new: Sequence[tuple[StillRun, str]], *, over: Collection[str]) -> None:
        table = tables.run_stall
        names = [*over, *(run.id for run, _ in new)]
        unit.conn.execute(sa.delete(table).where(table.c.run_id.in_(names)))
        if not new:
            return
        rows = [{"run_id": run.id, "since": run.updated_at, "noticed_at": unit.now, "why": why} for run, why in new]
        unit.conn.execute(sa.insert(table), rows)
        for intent in sorted({run.intent for run, _ in new}):
            self._tell(unit, intent, [(run, why) for run, why in new if run.intent == intent])

    def _tell(self, unit: Unit, intent: str, stalled: Sequence[tuple[StillRun, str]]) -> None:
        graph = self._desk.graph()
        title = graph.intents[intent].title if intent in graph.intents else intent
        owner = graph.people.get(graph.adoptions[intent].owner) if intent in graph.adoptions else None
        first = stalled[0][0]
        several = "1 run stands still" if len(stalled) == 1 else f"{len(stalled)} runs stand still"
        lines = [f"- {run.subject} ({run.id}), since {iso(run.updated_at)}: {why}" for run, why in stalled[:_NAMED]]
        if len(stalled) > _NAMED:
            lines.append(f"- and {len(stalled) - _NAMED} more")
        is_new = self._telling.say(
            unit,
            key=f"stall:{first.id}:{iso(first.updated_at)}:{len(stalled)}",
            kind=KIND,
            subject=f"{title}: {several}",
            text="\n".join([*lines, "", "The page /runs/attention shows them all and what can be done.", ""]),
            facts={"intent": intent, "runs": [run.id for run, _ in stalled[:_NAMED]], "count": len(stalled)},
            to=[] if owner is None else [owner.email],
        )
        if is_new and owner is not None:
            self._desk.workforce.tell(unit, [owner.id], KIND, f"{title}: {several}")


def _is_worked(health: Mapping[str, Any]) -> bool:
    """Whether a worker that takes the work of runs is alive."""
    return any(one["state"] == "alive" and "work" in one["queues"] for one in health["workers"])


def stalls(conn: sa.Connection, *, visible: Visible | None = None, limit: int = 100) -> list[Stall]:
    """Runs that stand still, the latest noticed first; `visible` keeps what somebody may see."""
    table = tables.run_stall
    rows = conn.execute(sa.select(table).order_by(table.c.noticed_at.desc(), table.c.run_id).limit(5 * limit)).all()
    seen = None if visible is None else seen_runs(conn, [row.run_id for row in rows], visible)
    found = [
        Stall(row.run_id, row.since, row.noticed_at, row.why) for row in rows if seen is None or row.run_id in seen
    ]
    return found[:limit]


def stall_of(conn: sa.Connection, run_id: str) -> Stall | None:
    row = conn.execute(sa.select(tables.run_stall).where(tables.run_stall.c.run_id == run_id)).first()
    return None if row is None else Stall(row.run_id, row.since, row.noticed_at, row.why)
