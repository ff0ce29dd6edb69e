"""What runs the house at this moment, for those who look after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Fact, Kpi, Pill


@dataclass(frozen=True, slots=True)
class WorkerLine:
    id: str
    state: Pill
    queues: str
    silent: str


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue, or a team's part of one."""

    queue: str
    team: str
    queued: str
    running: str
    delayed: str
    oldest: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class FailureLine:
    """Work put aside. `href` leads to the run it belongs to, if to any."""

    what: str
    href: str
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class BackupLine:
    at: datetime
    who: str
    file: str
    size: str
    rows: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    at: datetime
    file: str
    runs: str
    size: str


@dataclass(frozen=True, slots=True)
class OperationsPage:
    kpis: tuple[Kpi, ...]
    workers: tuple[WorkerLine, ...]
    queues: tuple[QueueLine, ...]
    teams: tuple[QueueLine, ...]
    waiting: tuple[Fact, ...]
    failures: tuple[FailureLine, ...]
    backups: tuple[BackupLine, ...]
    archive: tuple[ArchiveLine, ...]
    archived: int
    archive_after: str
