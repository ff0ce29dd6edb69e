"""Steps that wait for events, as a test says: what the interpreter answers without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tiebeam.store import Unit


@dataclass(frozen=True, slots=True)
class StandingWait:
    run_id: str
    instance: str
    name: str
    key: str
    payload_schema: Mapping[str, Any] | None = None


@dataclass
class StandingWaits:
    open: list[StandingWait] = field(default_factory=list[StandingWait])
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list[tuple[str, str, dict[str, Any]]])

    def event_waits(self, conn: sa.Connection, name: str, key: str) -> Sequence[StandingWait]:
        del conn
        return [one for one in self.open if (one.name, one.key) == (name, key)]

    def event_arrived(
        self, unit: Unit, wait: StandingWait, *, payload: Mapping[str, Any], event_id: str, actor: str
    ) -> bool:
        del unit, event_id, actor
        self.open.remove(wait)
        self.got.append((wait.run_id, wait.instance, dict(payload)))
        return True
