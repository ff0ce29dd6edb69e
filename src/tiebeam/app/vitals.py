"""Whether this process lives, whether it may be given work, and what it and the whole system are at in figures."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

import tiebeam
from tiebeam.app.measuring import BOUNDS
from tiebeam.app.running import App
from tiebeam.errors import TiebeamError
from tiebeam.store import last_anchor, search_journal
from tiebeam.workflow.runs import run_counts

BACKED_UP = "workspace.backed_up"
_KEPT_SECONDS = 1.0
_TEAMS = 50
_log = logging.getLogger("tiebeam.app")

Sample = tuple[Mapping[str, str], object]


@dataclass(frozen=True, slots=True)
class Operations:
    """What an operator looks at: the engine's report, runs by state, and how old the last anchor and backup are."""

    at: datetime
    engine: dict[str, Any]
    runs: dict[str, int]
    database_bytes: int
    anchored_at: datetime | None
    backups: tuple[Mapping[str, Any], ...]
    """The last ten, newest first: at, actor, file, sha256, bytes, rows."""


def operations_of(app: App) -> Operations:
    """One look at the whole system; every query in it is bounded or counts by an index."""
    engine = app.engine.health()
    with app.store.read() as conn:
        runs = run_counts(conn)
        anchor = last_anchor(conn)
        taken = search_journal(conn, kind=BACKED_UP, limit=10)
        size = _database_bytes(conn)
    backups = tuple({"at": one.at, "actor": one.actor, **one.payload} for one in taken)
    at = app.store.clock.now()
    return Operations(at, engine, runs, size, None if anchor is None else anchor.at, backups)


class Vitals:
    """Asked from several threads; the database is asked at most once a second, however many probes there are."""

    def __init__(self, app: App, *, works: bool) -> None:
        self._app = app
        self._works = works
        self._begun = time.time()
        self._draining = threading.Event()
        self._turn = threading.Lock()
        self._seen: tuple[float, Operations | None] = (-_KEPT_SECONDS, None)

    def begin_draining(self) -> None:
        """From now on this process is not ready: whoever sends work shall send it elsewhere."""
        self._draining.set()

    def health(self) -> tuple[int, dict[str, Any]]:
        """200 while the process lives; restarting it helps against anything else."""
        return 200, {"status": "alive", "worker": self._app.engine.executor_id if self._works else None}

    def ready(self) -> tuple[int, dict[str, Any]]:
        """200 when it may be given work; else 503 and why not."""
        why = self._why_not()
        return (503, {"status": "not ready", "why": why}) if why else (200, {"status": "ready"})

    def metrics(self) -> bytes:
        """In the text format of Prometheus. Without the database, what this process knows by itself."""
        found = self._look()
        families = [*self._process(is_ready=not self._why_not()), *self._segments()]
        if found is not None:
            families += _system(found)
        return "".join(_family(*family) for family in families).encode()

    def _why_not(self) -> list[str]:
        why = ["it is finishing its work"] if self._draining.is_set() else []
        if self._look() is None:
            why.append("the database does not answer")
        elif self._works and not self._draining.is_set() and not self._app.engine.ready():
            why.append("it takes no work, or the database has not heard of it in time")
        return why

    def _look(self) -> Operations | None:
        with self._turn:
            asked, seen = self._seen
            if time.monotonic() - asked < _KEPT_SECONDS:
                return seen
            try:
                seen = operations_of(self._app)
            except (SQLAlchemyError, TiebeamError) as problem:
                _log.warning("the state of the system could not be read: %s", problem)
                seen = None
            self._seen = time.monotonic(), seen
            return seen

    def _process(self, *, is_ready: bool) -> Iterable[tuple[str, str, str, Iterable[Sample]]]:
        usage = os.times()
        yield "tiebeam_build_info", "gauge", "The release.", [({"version": tiebeam.__version__}, 1)]
        yield "tiebeam_ready", "gauge", "Whether this process may be given work.", [({}, int(is_ready))]
        yield "process_start_time_seconds", "gauge", "When it began.", [({}, f"{self._begun:.3f}")]
        yield "process_cpu_seconds_total", "counter", "CPU time of it.", [({}, f"{usage.user + usage.system:.2f}")]
        if (resident := _resident_bytes()) is not None:
            yield "process_resident_memory_bytes", "gauge", "Memory of it.", [({}, resident)]

    def _segments(self) -> Iterable[tuple[str, str, str, Iterable[Sample]]]:
        measured = self._app.measured
        counts = [({"kind": kind, "ended": ended}, n) for (kind, ended), n in sorted(measured.ended().items())]
        yield "tiebeam_segments_total", "counter", "Segments this process ran.", counts
        samples: list[Sample] = []
        for kind, taken in sorted(measured.durations().items()):
            below = 0
            for bound, number in zip((*BOUNDS, "+Inf"), taken.steps, strict=True):
                below += number
                samples.append(({"_": "_bucket", "kind": kind, "le": str(bound)}, below))
            samples.append(({"_": "_sum", "kind": kind}, f"{taken.seconds:.6f}"))
            samples.append(({"_": "_count", "kind": kind}, taken.count))
        yield "tiebeam_segment_seconds", "histogram", "How long they took.", samples


def _system(found: Operations) -> Iterable[tuple[str, str, str, Iterable[Sample]]]:
    engine = found.engine
    alive = [one for one in engine["workers"] if one["state"] == "alive"]
    oldest = max((one["heartbeat_age_seconds"] for one in alive), default=0.0)
    yield "tiebeam_workers_alive", "gauge", "Workers whose heartbeat is fresh.", [({}, len(alive))]
    yield "tiebeam_heartbeat_age_seconds", "gauge", "Of the worker silent for longest.", [({}, f"{oldest:.3f}")]
    yield "tiebeam_queue_segments", "gauge", "Segments by queue and state.", _queue_samples(engine["queues"])
    yield (
        "tiebeam_queue_oldest_seconds",
        "gauge",
        "How long the oldest has been queued.",
        [({"queue": name}, f"{queue['oldest_queued_seconds'] or 0:.3f}") for name, queue in engine["queues"].items()],
    )
    yield "tiebeam_team_segments", "gauge", "Segments of the teams with most queued.", _team_samples(engine)
    yield (
        "tiebeam_timers",
        "gauge",
        "Timers by state.",
        [({"state": state}, number) for state, number in engine["timers"].items()],
    )
    yield "tiebeam_open_waits", "gauge", "What is waited for.", [({}, engine["open_waits"])]
    yield "tiebeam_put_aside", "gauge", "Segments that failed again and again.", [({}, engine["poisoned"])]
    yield "tiebeam_runs", "gauge", "Runs by state.", [({"state": s}, n) for s, n in sorted(found.runs.items())]
    yield "tiebeam_database_bytes", "gauge", "Size of the database.", [({}, found.database_bytes)]
    for name, said, at in (
        ("tiebeam_anchor_age_seconds", "Since the journal was anchored.", found.anchored_at),
        ("tiebeam_backup_age_seconds", "Since a backup was taken.", found.backups[0]["at"] if found.backups else None),
    ):
        if at is not None:
            yield name, "gauge", said, [({}, f"{max(0.0, (found.at - at).total_seconds()):.0f}")]


def _queue_samples(queues: Mapping[str, Mapping[str, Any]]) -> list[Sample]:
    return [
        ({"queue": name, "state": state}, queue[state])
        for name, queue in queues.items()
        for state in ("queued", "running", "delayed")
    ]


def _team_samples(engine: Mapping[str, Any]) -> list[Sample]:
    rows = sorted(engine.get("teams", ()), key=lambda one: -one["queued"])[:_TEAMS]
    return [
        ({"queue": one["queue"], "team": one["team"], "state": state}, one[state])
        for one in rows
        for state in ("queued", "running")
    ]


def _family(name: str, kind: str, said: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        # A histogram's samples carry the end of their names.
        ending = labels.get("_", "")
        text = ",".join(f'{key}="{_escaped(item)}"' for key, item in labels.items() if key != "_")
        lines.append(f"{name}{ending}{{{text}}} {value}" if text else f"{name}{ending} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _database_bytes(conn: sa.Connection) -> int:
    if conn.dialect.name == "sqlite":
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(conn.exec_driver_sql("PRAGMA page_size").scalar_one())
    return int(conn.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar_one())


def _resident_bytes() -> int | None:
    """None where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as said:  # noqa: PTH123 - a pseudo file, read many times
            return int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None
