"""Closing a month: its charges into one file that proves itself, and later out of the database.

A month's file holds the charges of its days, and those of earlier days that were written after their month was closed:
every charge lies in exactly one file. What is closed is never opened again; later figures are corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing.files import (
    CHARGES_FILE,
    MANIFEST_FILE,
    READ_ONLY,
    days_of,
    digest_of_file,
    sums_of_file,
    write_charges,
)
from tiebeam.economics.closing.lines import emptied_until, stored_pages
from tiebeam.economics.closing.problems import AlreadyClosed, BooksDiffer, MonthNotClosed, MonthNotOver, NotInOrder
from tiebeam.economics.closing.sums import DaySums, added_up, rollup_sums
from tiebeam.economics.closing.tables import usage_close
from tiebeam.economics.columnar import whole_file
from tiebeam.economics.metering import empty_charges
from tiebeam.economics.tables import usage_charge, usage_daily
from tiebeam.kit import canonical_json, iso, sha256_hex
from tiebeam.store import Store

FORMAT = "tiebeam.ledger.month/1"
_GRACE = timedelta(hours=1)
"""So long after a month's end the last charges of it may still be on their way."""
_MONTHS = 1200


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    month: str
    closed_at: datetime
    closed_by: str
    charges: int
    usd_nano: int
    digest: str
    """Of the manifest, which holds that of the file."""
    emptied_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which charges go into a month's file: its days', and late ones of days before."""

    month: str
    first: str
    following: str
    after_seq: int
    """The last that went into any file."""
    last_seq: int
    previous: str | None
    """The digest of the manifest before."""

    def where(self) -> sa.ColumnElement[bool]:
        table = usage_charge.c
        late = sa.and_(table.day < self.first, table.seq > self.after_seq)
        return sa.and_(table.seq <= self.last_seq, table.day < self.following, sa.or_(table.day >= self.first, late))


class Closing:
    """`folder` holds a folder for every closed month."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self.folder = folder

    def close(self, month: str, *, actor: str) -> ClosedMonth:
        """Write the month's file and its manifest, and close it.

        Raises Invalid, AlreadyClosed, MonthNotOver, NotInOrder, BooksDiffer, and AnalyticsMissing without pyarrow.
        """
        _, following = days_of(month)
        if self._store.clock.now() < datetime.combine(following, time(), UTC) + _GRACE:
            raise MonthNotOver(f"{month} is not over yet; it can be closed an hour after its end (UTC)")
        folder = self.folder / month
        with self._store.read() as conn:
            chosen = _choose(conn, month)
            folder.mkdir(parents=True, exist_ok=True)
            charges, sums = write_charges(folder / CHARGES_FILE, stored_pages(conn, chosen.where()))
            _prove(conn, chosen, sums)
        manifest = self._manifest(chosen, folder / CHARGES_FILE, charges=charges, sums=sums, actor=actor)
        text = canonical_json(manifest)
        with whole_file(folder / MANIFEST_FILE, mode=READ_ONLY) as made:
            made.write_text(f"{text}\n", encoding="utf-8")
        self._book(chosen, manifest, sha256_hex(text), actor=actor)
        return self.find(month)

    def find(self, month: str) -> ClosedMonth:
        """Raises MonthNotClosed."""
        found = next((one for one in self.months() if one.month == month), None)
        if found is None:
            raise MonthNotClosed(f"{month!r} is not closed; 'tiebeam ledger close {month}' closes it")
        return found

    def months(self) -> list[ClosedMonth]:
        """All that are closed, the earliest first."""
        with self._store.read() as conn:
            rows = conn.execute(sa.select(usage_close).order_by(usage_close.c.month).limit(_MONTHS)).mappings().all()
        return [
            ClosedMonth(
                month=row["month"],
                closed_at=row["closed_at"],
                closed_by=row["closed_by"],
                charges=row["manifest"]["charges"],
                usd_nano=int(row["manifest"]["usd_nano"]),
                digest=row["digest"],
                emptied_at=row["emptied_at"],
            )
            for row in rows
        ]

    def verify(self, month: str) -> list[str]:
        """What is wrong with a closed month's files, in words; empty when they are whole and true.

        Raises MonthNotClosed.
        """
        closed = self.find(month)
        manifest_file, file = self.folder / month / MANIFEST_FILE, self.folder / month / CHARGES_FILE
        if not manifest_file.is_file() or not file.is_file():
            return [f"the files of {month} are not in {str(file.parent)!r}; bring them back from a copy"]
        with self._store.read() as conn:
            kept = sa.select(usage_close.c.manifest).where(usage_close.c.month == month)
            manifest: Mapping[str, Any] = conn.execute(kept).scalar_one()
        faults: list[str] = []
        if sha256_hex(manifest_file.read_bytes().strip()) != closed.digest:
            faults.append(f"the manifest of {month} is not the one that was closed")
        if digest_of_file(file) != manifest["file"]["sha256"]:
            return [*faults, f"the charges of {month} are not those that were closed"]
        charges, sums = sums_of_file(file)
        if charges != manifest["charges"] or _texts(sums) != manifest["days"]:
            faults.append(f"the charges of {month} do not add up to what its manifest says")
        return faults

    def empty_old(self, *, keep_days: int) -> list[str]:
        """Let charges leave the database whose month ended more than `keep_days` ago; returns the months.

        Each month's file is verified first. Raises BooksDiffer where one is not whole; then its charges stay.
        """
        today = self._store.clock.now().date()
        done: list[str] = []
        self._go_on_emptying()
        for one in self.months():
            _, following = days_of(one.month)
            if one.emptied_at is not None or (today - following).days < keep_days:
                continue
            faults = self.verify(one.month)
            if faults:
                raise BooksDiffer(f"{one.month} stays in the database: {'; '.join(faults)}")
            # Noted first: from here on the file is read instead, wherever the rows still lie.
            with self._store.unit() as unit:
                noted = sa.update(usage_close).where(usage_close.c.month == one.month)
                unit.conn.execute(noted.values(emptied_at=unit.now))
                unit.journal("ledger:use", "month.emptied", actor="system:tiebeam", payload={"month": one.month})
            self._go_on_emptying()
            done.append(one.month)
        return done

    def _go_on_emptying(self) -> None:
        """Also after it was interrupted."""
        with self._store.read() as conn:
            emptied = emptied_until(conn)
        if emptied is not None:
            empty_charges(self._store, before=emptied.before, last_seq=emptied.last_seq)

    def _manifest(self, chosen: _Chosen, file: Path, *, charges: int, sums: DaySums, actor: str) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "month": chosen.month,
            "charges": charges,
            "last_seq": chosen.last_seq,
            "usd_nano": str(sum(values[-2] for values in sums.values())),
            "days": _texts(sums),
            "file": {"name": CHARGES_FILE, "bytes": file.stat().st_size, "sha256": digest_of_file(file)},
            "previous": chosen.previous,
            "closed_at": iso(self._store.clock.now()),
            "closed_by": actor,
        }

    def _book(self, chosen: _Chosen, manifest: Mapping[str, Any], digest: str, *, actor: str) -> None:
        with self._store.unit() as unit:
            _refuse_twice(unit.conn, chosen.month)
            held = sa.select(sa.func.count()).select_from(usage_charge).where(chosen.where())
            if unit.conn.execute(held).scalar_one() != manifest["charges"]:
                raise BooksDiffer(f"charges of {chosen.month} were written while it was closed; close it again")
            unit.conn.execute(
                usage_close.insert().values(
                    month=chosen.month,
                    closed_at=unit.now,
                    closed_by=actor,
                    last_seq=chosen.last_seq,
                    manifest=dict(manifest),
                    digest=digest,
                )
            )
            told = {name: manifest[name] for name in ("month", "charges", "usd_nano")}
            unit.journal("ledger:use", "month.closed", actor=actor, payload={**told, "digest": digest})


def archived_days(conn: sa.Connection) -> DaySums:
    """What all files of closed months hold of each day."""
    manifests = conn.execute(sa.select(usage_close.c.manifest).order_by(usage_close.c.month).limit(_MONTHS)).scalars()
    return added_up(
        {day: [int(value) for value in values] for day, values in manifest["days"].items()} for manifest in manifests
    )


def _choose(conn: sa.Connection, month: str) -> _Chosen:
    _refuse_twice(conn, month)
    first, following = days_of(month)
    latest = conn.execute(sa.select(usage_close).order_by(usage_close.c.month.desc()).limit(1)).mappings().first()
    if latest is not None and latest["month"] > month:
        raise NotInOrder(
            f"{latest['month']} is closed already, and {month} comes before it; its days went into that file"
        )
    since = "" if latest is None else days_of(latest["month"])[1].isoformat()
    open_day = sa.select(sa.func.min(usage_daily.c.day)).where(
        usage_daily.c.day >= since, usage_daily.c.day < first.isoformat()
    )
    earlier = conn.execute(open_day).scalar()
    if earlier is not None:
        raise NotInOrder(f"close {earlier[:7]} first: it has charges")
    return _Chosen(
        month=month,
        first=first.isoformat(),
        following=following.isoformat(),
        after_seq=0 if latest is None else latest["last_seq"],
        last_seq=conn.execute(sa.select(sa.func.max(usage_charge.c.seq))).scalar() or 0,
        previous=None if latest is None else latest["digest"],
    )


def _prove(conn: sa.Connection, chosen: _Chosen, sums: DaySums) -> None:
    """What is written, with what earlier files hold of the same days, is what the rollup says."""
    said = rollup_sums(conn, until=chosen.following)
    total = added_up([archived_days(conn), sums])
    days = {*sums, *(day for day in said if day >= chosen.first)} - {chosen.following}
    wrong = [day for day in sorted(days) if total.get(day, []) != said.get(day, []) and any(said.get(day, [1]))]
    if wrong:
        raise BooksDiffer(
            f"the charges and their sums differ on {', '.join(wrong[:5])}; find out why with 'tiebeam ledger check'"
        )


def _refuse_twice(conn: sa.Connection, month: str) -> None:
    if conn.execute(sa.select(usage_close.c.month).where(usage_close.c.month == month)).first() is not None:
        raise AlreadyClosed(f"{month} is closed, and is never opened again; correct single charges instead")


def _texts(sums: DaySums) -> dict[str, list[str]]:
    """Numbers as text: readers of JSON may not hold those beyond 2^53."""
    return {day: [str(value) for value in values] for day, values in sorted(sums.items())}
