"""Where the anchors are kept elsewhere: how far each place has come, and what keeps it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.store.tables import anchor_target, journal_anchor
from tiebeam.store.unit import Unit

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class AnchorTarget:
    """A place for anchors: the last one that lies there, and the error since when it failed last."""

    target: str
    number: int
    written_at: datetime | None
    failures: int
    error: str | None
    next_at: datetime


def take_target(unit: Unit, target: str, *, during: timedelta) -> AnchorTarget | None:
    """Take the target for a while if anchors wait for it, so that one worker alone writes there; None otherwise."""
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    unit.conn.execute(
        insert(anchor_target).values(target=target, number=0, failures=0, next_at=unit.now).on_conflict_do_nothing()
    )
    newest = sa.select(sa.func.coalesce(sa.func.max(journal_anchor.c.number), 0)).scalar_subquery()
    row = unit.conn.execute(
        sa.update(anchor_target)
        .where(anchor_target.c.target == target, anchor_target.c.next_at <= unit.now, anchor_target.c.number < newest)
        .values(next_at=unit.now + during)
        .returning(*anchor_target.c)
    ).one_or_none()
    return None if row is None else _target(row)


def target_reached(unit: Unit, target: str, *, number: int) -> None:
    """All anchors up to `number` lie there; the next may follow at once."""
    values = {"number": number, "written_at": unit.now, "failures": 0, "error": None, "next_at": unit.now}
    unit.conn.execute(sa.update(anchor_target).where(anchor_target.c.target == target).values(**values))


def target_failed(unit: Unit, target: AnchorTarget, *, error: str) -> None:
    """Try again after a pause that doubles with every failure, up to an hour."""
    pause = min(_FIRST_PAUSE * 2 ** min(target.failures, 10), _LONGEST_PAUSE)
    values = {"failures": target.failures + 1, "error": error[:_LONGEST_ERROR], "next_at": unit.now + pause}
    unit.conn.execute(sa.update(anchor_target).where(anchor_target.c.target == target.target).values(**values))


def list_targets(conn: sa.Connection) -> list[AnchorTarget]:
    """Every place anchors were ever brought to, by name."""
    statement = sa.select(anchor_target).order_by(anchor_target.c.target).limit(1000)
    return [_target(row) for row in conn.execute(statement)]


def _target(row: Any) -> AnchorTarget:
    return AnchorTarget(**{name: getattr(row, name) for name in AnchorTarget.__slots__})
