"""The journal for auditors: lines that the verifier reads, or a table."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import Invalid
from tiebeam.kit import canonical_json, csv_text
from tiebeam.store import Store, journal_lines, part_lines, stretches_of
from tiebeam.verifier import parsed


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the journal; all of it without any limit. `withhold` names labels, see `journal_lines`."""

    since: datetime | None = None
    until: datetime | None = None
    stream: str = ""
    withhold: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, *, since: str | None = None, until: str | None = None, stream: str = "", withhold: Collection[str] = ()
    ) -> Selection:
        """From what somebody typed: days or moments, and names of fields. Raises Invalid."""
        labels = tuple(name if name == "actor" else f"payload.{name}" for name in withhold)
        return cls(_moment(since, time.min), _moment(until, time.max), stream, labels)

    @property
    def is_all(self) -> bool:
        return self.since is None and self.until is None and not self.stream


def write_export(store: Store, out: Path, wanted: Selection, *, actor: str) -> dict[str, Any]:
    """Write the file, whole or not at all, and put the export on the record. Returns its lines and hash."""
    with store.read() as conn:
        lines = export_lines(conn, wanted, at=store.clock.now())
        done = _written(out, _as_table(lines) if out.suffix.lower() == ".csv" else lines)
    payload = {"subject": "journal", "withheld": list(wanted.withhold), "stream": wanted.stream, **done}
    with store.unit() as unit:
        unit.journal("journal", "journal.exported", actor=actor, payload=payload)
    return done


def export_lines(conn: sa.Connection, wanted: Selection, *, at: datetime) -> Iterator[bytes]:
    """The lines of an export. Raises CannotWithhold, and Invalid when nothing was recorded there."""
    if wanted.is_all:
        return journal_lines(conn, exported_at=at, withhold=wanted.withhold)
    chosen = stretches_of(conn, stream_prefix=wanted.stream, since=wanted.since, until=wanted.until)
    if not chosen:
        raise Invalid("nothing was recorded there; widen --from, --to or --stream")
    return part_lines(conn, chosen, exported_at=at, withhold=wanted.withhold)


def _written(out: Path, lines: Iterable[bytes]) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=out.resolve().parent, prefix=f".{out.name}.", delete=False) as partial:
        try:
            for line in lines:
                partial.write(line)
                digest.update(line)
                count += 1
            partial.flush()
            os.fsync(partial.fileno())
        except BaseException:
            Path(partial.name).unlink()
            raise
    Path(partial.name).replace(out)
    return {"lines": count, "sha256": digest.hexdigest()}


def _as_table(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The entries as CSV; what is not shown says why."""
    head = ("at", "stream", "seq", "kind", "actor", "payload", "hash")
    yield csv_text(head, ()).encode()
    for raw in lines:
        line = parsed(raw)
        if line["type"] != "entry":
            continue
        hidden = {label: f"({why})" for label, (why, _) in line.get("hidden", {}).items()}
        payload = line["payload"] | {
            label.removeprefix("payload."): why for label, why in hidden.items() if label != "actor"
        }
        shown = (line.get("actor", hidden.get("actor")), canonical_json(payload), line["hash"])
        row = (line["at"], line["stream"], line["seq"], line["kind"], *shown)
        yield csv_text(head, (row,)).partition("\r\n")[2].encode()


def _moment(text: str | None, of_day: time) -> datetime | None:
    if text is None:
        return None
    try:
        if len(text) == len("2026-03-01"):
            return datetime.combine(date.fromisoformat(text), of_day, UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is no day or moment; write 2026-03-01 or 2026-03-01T09:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
