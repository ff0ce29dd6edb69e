"""Operations: who works, what waits in which queue, timers, what failed, backups and the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.app import Operations, operations_of
from tiebeam.engine import Failure
from tiebeam.http import Ask
from tiebeam.web.views import (
    ArchiveLine,
    BackupLine,
    Fact,
    FailureLine,
    Kpi,
    OperationsPage,
    Pill,
    QueueLine,
    WorkerLine,
)
from tiebeam.web.visit import Console, Visit, route

_LATE_SECONDS = 60
_MOST_FAILURES = 50
_MOST_GONE = 5
_COUNTED = 10_000
_OLD_BACKUP_DAYS = 7


def operations(visit: Visit) -> Response:
    return visit.page("pages/operations.html", operations=_page(visit))


def _page(visit: Visit) -> OperationsPage:
    found = operations_of(visit.app)
    engine = found.engine
    with visit.app.store.read() as conn:
        failures = visit.app.engine.failures(conn, _MOST_FAILURES)
        files = visit.app.archiving.files(conn, limit=10)
        archived = visit.app.archiving.count(conn)
    after_days = visit.app.settings.archive.runs_after_days
    return OperationsPage(
        kpis=_kpis(found),
        workers=_workers(engine["workers"]),
        queues=tuple(_queue(name, "", queue) for name, queue in engine["queues"].items()),
        teams=tuple(_queue(one["queue"], one["team"], one) for one in engine["teams"]),
        waiting=_waiting(found),
        failures=tuple(map(_failure, failures)),
        backups=tuple(_backup(visit, one) for one in found.backups),
        archive=tuple(ArchiveLine(one.written_at, one.file, f"{one.runs:,}", _size(one.bytes)) for one in files),
        archived=archived,
        archive_after="" if after_days is None else f"{after_days:,} days",
    )


def _kpis(found: Operations) -> tuple[Kpi, ...]:
    engine = found.engine
    alive = sum(one["state"] == "alive" for one in engine["workers"])
    queued = sum(queue["queued"] for queue in engine["queues"].values())
    oldest = max((queue["oldest_queued_seconds"] or 0 for queue in engine["queues"].values()), default=0)
    running = sum(queue["running"] for queue in engine["queues"].values())
    aside = engine["poisoned"]
    waiting = f"{found.runs.get('waiting', 0):,} wait"
    taken = found.backups[0]["at"] if found.backups else None
    is_old = taken is None or (found.at - taken).days >= _OLD_BACKUP_DAYS
    return (
        Kpi("Workers", str(alive), "" if alive else "nothing is being done", tone="" if alive else "bad"),
        Kpi("Running", _count(running), f"{_count(queued)} queued"),
        Kpi(
            "Oldest in a queue",
            _span(oldest) if queued else "–",
            "since it could have begun" if queued else "nothing waits for a worker",
            tone="warn" if oldest >= _LATE_SECONDS else "",
        ),
        Kpi("Open runs", f"{_open(found.runs):,}", waiting, href="/runs?state=waiting"),
        Kpi("Put aside", _count(aside), "failed again and again", href="#failures", tone="bad" if aside else ""),
        Kpi(
            "Last backup",
            "never" if taken is None else f"{_ago(found.at, taken)} ago",
            f"database {_size(found.database_bytes)}",
            href="#backups",
            tone="warn" if is_old else "",
        ),
    )


def _open(runs: Mapping[str, int]) -> int:
    return sum(number for state, number in runs.items() if state not in {"done", "stopped", "failed", "cancelled"})


def _workers(workers: list[Mapping[str, Any]]) -> tuple[WorkerLine, ...]:
    """Those that live, then the last few that do not."""
    alive = [one for one in workers if one["state"] == "alive"]
    gone = [one for one in workers if one["state"] != "alive"][:_MOST_GONE]
    tones = {"alive": Pill("Works", "ok"), "dead": Pill("Died", "bad"), "closed": Pill("Left", "neutral")}
    return tuple(
        WorkerLine(
            one["id"],
            tones.get(one["state"], Pill(one["state"])),
            ", ".join(one["queues"]),
            _span(one["heartbeat_age_seconds"]),
        )
        for one in (*alive, *gone)
    )


def _queue(queue: str, team: str, one: Mapping[str, Any]) -> QueueLine:
    oldest = one["oldest_queued_seconds"]
    return QueueLine(
        queue=queue,
        team=team,
        queued=_count(one["queued"]),
        running=_count(one["running"]),
        delayed=_count(one.get("delayed", 0)),
        oldest="–" if oldest is None else _span(oldest),
        is_late=oldest is not None and oldest >= _LATE_SECONDS,
    )


def _waiting(found: Operations) -> tuple[Fact, ...]:
    timers = found.engine["timers"]
    anchored = "never" if found.anchored_at is None else f"{_ago(found.at, found.anchored_at)} ago"
    return (
        Fact("Open waits", _count(found.engine["open_waits"]), note="people, moments, events and other runs"),
        Fact("Timers set", _count(timers["pending"])),
        Fact("Timers due", _count(timers["due"]), note="fire within a second while a worker lives"),
        Fact("Timers that failed", _count(timers["failed"])),
        Fact("Journal anchored", anchored, href="/audit/anchors"),
    )


def _failure(one: Failure) -> FailureLine:
    href = f"/runs/{one.key}" if one.kind == "run" else ""
    said = one.error.strip().rpartition("\n")[2]  # the last line of a traceback says what went wrong
    return FailureLine(f"{one.kind} {one.key}", href, one.failed_at, said[:400])


def _backup(visit: Visit, one: Mapping[str, Any]) -> BackupLine:
    return BackupLine(
        at=one["at"],
        who=visit.names.actor(one["actor"]),
        file=one["file"],
        size=_size(one["bytes"]),
        rows=f"{one['rows']:,}",
        sha256=one["sha256"],
    )


def _count(number: int) -> str:
    """The engine counts no further than ten thousand."""
    return f"{number:,}+" if number >= _COUNTED else f"{number:,}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def _ago(now: datetime, at: datetime) -> str:
    return _span(max(0.0, (now - at).total_seconds()))


def _size(number: int) -> str:
    size = float(number)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def routes(console: Console) -> list[Route]:
    return [route(console, "/operations", operations, asks=Ask("settings.view", "settings"))]
