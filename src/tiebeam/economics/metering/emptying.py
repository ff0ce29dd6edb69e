"""Letting go of single charges whose month was closed, a bounded batch at a time. Their sums stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering.writing import add_emptied
from tiebeam.economics.tables import CLASSES, usage_charge, usage_journal
from tiebeam.store import Store, Unit

BATCH = 2_000
JOURNAL_DAYS = timedelta(days=30)
_PIECE = 500


def empty_charges(store: Store, *, before: date, last_seq: int, batch: int = BATCH) -> int:
    """Remove charges of days before `before` that were written up to `last_seq`; returns how many.

    Call it once those charges lie in the file of a closed month. Each batch is a unit of its own, so that nobody waits
    long and memory stays small; stopped in the middle, it goes on where it stopped. Positions of journals that were
    last written a month ago go too.
    """
    removed = 0
    while True:
        with store.unit() as unit:
            found = _empty_batch(unit, before.isoformat(), last_seq, batch)
        removed += found
        if found < batch:
            break
    with store.unit() as unit:
        forget_journals(unit, before=unit.now - JOURNAL_DAYS)
    return removed


def forget_journals(unit: Unit, *, before: datetime, limit: int = 1_000) -> int:
    """Drop positions of journals that were last written before a moment: their files are gone, or begin anew."""
    old = sa.select(usage_journal.c.journal).where(usage_journal.c.seen_at < before).limit(limit)
    return unit.conn.execute(sa.delete(usage_journal).where(usage_journal.c.journal.in_(old))).rowcount


def _empty_batch(unit: Unit, before: str, last_seq: int, batch: int) -> int:
    table = usage_charge.c
    due = sa.select(usage_charge).where(table.day < before, table.seq <= last_seq).order_by(table.seq).limit(batch)
    rows = unit.conn.execute(due.with_for_update()).mappings().all()
    if not rows:
        return 0
    sums: dict[tuple[str, str, int], list[int]] = {}
    for row in rows:
        added = _line(row)
        places = [("day", row["day"], 0), *(("budget", node, start) for node, start in row["nodes"])]
        for place in places:
            held = sums.setdefault(place, [0, 0, 0, 0, 0])
            for index, value in enumerate(added):
                held[index] += value
    add_emptied(unit.conn, sums)
    for start in range(0, len(rows), _PIECE):
        gone = [row["seq"] for row in rows[start : start + _PIECE]]
        unit.conn.execute(sa.delete(usage_charge).where(table.seq.in_(gone)))
    return len(rows)


def _line(row: Mapping[Any, Any]) -> tuple[int, int, int, int, int]:
    """charges, requests, tokens, usd_nano, estimated_nano: the sums of `usage_emptied`."""
    counts = row["corrects"] is None
    return (
        1,
        int(counts and row["concluded"]),
        sum(row[f"{name}_tokens"] for name in CLASSES),
        row["usd_nano"],
        row["usd_nano"] if row["estimated"] else 0,
    )
