"""Bringing a database's schema forward, by Alembic without any configuration file."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_241_905_530
"""The advisory lock that lets one process at a time migrate a PostgreSQL database."""


def upgrade(engine: sa.Engine) -> None:
    """Run every version that has not run yet, all in one transaction."""
    with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if not any((_FOLDER / "versions").glob("*.py")):
            from tiebeam.store.tables import metadata

            metadata.create_all(conn)
