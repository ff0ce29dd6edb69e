"""Bringing a database's schema forward: numbered version files, forward only, without any configuration file."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tiebeam.errors import Conflict

FOLDER = Path(__file__).parent / "migrations"
VERSION_TABLE = "tiebeam_version"
_LOCK = 7_241_905_530
"""The advisory lock that lets one process at a time migrate a PostgreSQL database."""


class DatabaseTooNew(Conflict):
    """A later release has migrated this database; this one does not know its schema."""

    code = "database_too_new"


def versions() -> list[str]:
    """The names of all versions, oldest first: the file names, which begin with a number."""
    return sorted(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current_version(conn: sa.Connection) -> str | None:
    """The version a database is at; None for one that was never migrated."""
    if not sa.inspect(conn).has_table(VERSION_TABLE):
        return None
    return conn.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()


def upgrade(engine: sa.Engine) -> None:
    """Run every version that has not run yet, all in one transaction. Raises DatabaseTooNew."""
    known = versions()
    with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        current = current_version(conn)
        if current is not None and current not in known:
            raise DatabaseTooNew(
                f"database is at version {current!r}, which this release does not know: update tiebeam"
            )
        if missing := [version for version in known if current is None or version > current]:
            run(conn, missing)


def run(conn: sa.Connection, missing: list[str]) -> None:
    """Run these versions, in this order, in the caller's transaction."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(FOLDER))
    context = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE})
    with Operations.context(context):
        for version in missing:
            revision = script.get_revision(version)
            revision.module.upgrade()
            context.stamp(script, version)
