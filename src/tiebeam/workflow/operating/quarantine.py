"""Runs the engine put aside after repeated internal errors: looked at here, let go again by `retry`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Visible
from tiebeam.store import search_journal
from tiebeam.workflow.runs import RunFilter, RunState, list_runs


@dataclass(frozen=True, slots=True)
class PutAside:
    """A failed run: `reason` for people, `reference` for the log."""

    run: str
    intent: str
    subject: str
    reason: str
    reference: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantine:
    runs: tuple[PutAside, ...]
    total: int


def put_aside(conn: sa.Connection, *, visible: Visible | None = None, limit: int = 100) -> Quarantine:
    """The latest first."""
    page = list_runs(conn, RunFilter(state=RunState.FAILED, sort="-updated_at"), size=limit, visible=visible)
    found = tuple(
        PutAside(
            run=item.id,
            intent=item.intent,
            subject=item.subject,
            reason=item.reason or "",
            reference=reference_of(item.reason or ""),
            failed_at=item.ended_at or item.updated_at,
        )
        for item in page.items
    )
    return Quarantine(found, page.total)


def reference_of(reason: str) -> str:
    """The reference a failure's reason names, by which the log and the journal know it."""
    return reason.partition("reference ")[2].partition(":")[0].strip()[:16]


def error_of(conn: sa.Connection, run_id: str) -> dict[str, Any] | None:
    """What the journal keeps of the last failure of a run: `reference` and the end of its `error`."""
    found = search_journal(conn, stream_prefix=f"run:{run_id}", kind="run.failed", limit=1)
    return dict(found[0].payload) if found else None
