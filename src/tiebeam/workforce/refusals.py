"""What somebody was refused, on the record: the first time at once, what follows counted for each minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.engine import Engine, Timer
from tiebeam.store import Store, Unit
from tiebeam.workforce import tables

TIMER = "access.refusals"
KIND = "access.refused"
WINDOW = timedelta(minutes=1)
_NAMED = 5
"""So many objects are named in a count; a loop over ids would fill the record otherwise."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`actor` was refused `verb` on `object` (`run:run_1`) by `rule`, at a face (`api`, `web`, `cli`)."""

    actor: str
    verb: str
    object: str
    rule: str
    reason: str
    policy_version: str
    face: str


class Refusals:
    """Keeps one row for each actor and verb that says since when refusals are counted and how many there were."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        engine.on_timer(TIMER, self.count)

    def note(self, refusal: Refusal) -> None:
        """In a unit of its own: the refused verb's unit is gone."""
        table = tables.access_refusal
        with self._store.unit() as unit:
            key = (table.c.actor == refusal.actor, table.c.verb == refusal.verb)
            insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
            fresh = {"actor": refusal.actor, "verb": refusal.verb, "since": unit.now, "count": 0, "objects": []}
            added = unit.conn.execute(
                insert(table).values(**fresh).on_conflict_do_nothing().returning(table.c.actor)
            ).first()
            row = unit.conn.execute(sa.select(table).where(*key).with_for_update()).mappings().one()
            if added is None and unit.now - row["since"] < WINDOW:
                self._count_one(unit, row, refusal)
                return
            # The count of the last minute is written by its timer, or here when no worker has fired it yet.
            if added is None and row["count"]:
                _write_count(unit, row, refusal.actor, refusal.verb)
            unit.conn.execute(sa.update(table).where(*key).values(since=unit.now, count=0, objects=[]))
            unit.journal(
                refusal.actor,
                KIND,
                actor=refusal.actor,
                payload={
                    "subject": refusal.object,
                    "verb": refusal.verb,
                    "rule": refusal.rule,
                    "reason": refusal.reason,
                    "policy_version": refusal.policy_version,
                    "face": refusal.face,
                },
            )

    def _count_one(self, unit: Unit, row: Any, refusal: Refusal) -> None:
        table = tables.access_refusal
        objects = row["objects"]
        if refusal.object not in objects and len(objects) < _NAMED:
            objects = [*objects, refusal.object]
        unit.conn.execute(
            sa.update(table)
            .where(table.c.actor == row["actor"], table.c.verb == row["verb"])
            .values(count=row["count"] + 1, objects=objects)
        )
        if row["count"] == 0:
            payload = {"actor": row["actor"], "verb": row["verb"]}
            self._engine.set_timer(unit, wait_id=None, at=row["since"] + WINDOW, action=TIMER, payload=payload)

    def count(self, unit: Unit, timer: Timer) -> None:
        """The minute is over: write how many there were, and count the next minute's."""
        table = tables.access_refusal
        actor, verb = timer.payload["actor"], timer.payload["verb"]
        key = (table.c.actor == actor, table.c.verb == verb)
        row = unit.conn.execute(sa.select(table).where(*key).with_for_update()).mappings().one_or_none()
        if row is None or row["count"] == 0 or unit.now - row["since"] < WINDOW:
            return
        _write_count(unit, row, actor, verb)
        unit.conn.execute(sa.update(table).where(*key).values(since=unit.now, count=0, objects=[]))


def _write_count(unit: Unit, row: Any, actor: str, verb: str) -> None:
    unit.journal(
        actor,
        KIND,
        actor=actor,
        payload={"verb": verb, "repeated": row["count"], "since": row["since"], "objects": list(row["objects"])},
    )
