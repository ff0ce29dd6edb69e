"""What of the engine's rows goes into the archive with a run that ended."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from tiebeam.engine.tables import effect
from tiebeam.store import ArchivedTable

ARCHIVED_EFFECTS = (ArchivedTable(effect, "run_id"),)


def runs_with_open_effects(conn: sa.Connection, runs: Collection[str]) -> set[str]:
    """Those of which nobody is sure whether an effect happened."""
    unsure = effect.c.state == "intent"
    return set(conn.execute(sa.select(effect.c.run_id).where(effect.c.run_id.in_(list(runs)), unsure)).scalars())
