"""Where the data of a workspace lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from tiebeam.connect.secrets import read_secret, url_with_password
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.kit import MASKING, Clock, Ids
from tiebeam.spec import is_secret_reference
from tiebeam.store import Store

STATE_FOLDER = ".tiebeam"
DATABASE_VARIABLE = "TIEBEAM_DATABASE_URL"
LARGEST_DOCUMENT = 20 * 1024 * 1024
HEARTBEAT_TIMEOUT = 15.0
"""Seconds of silence after which a worker counts as dead and others take over its work."""


class DatabaseUnreachable(TiebeamError):
    """The database of the workspace does not answer, or does not let us in."""

    code = "database_unreachable"
    status = 503


def database_url(workspace: Path) -> str:
    """`TIEBEAM_DATABASE_URL`, itself or as a reference to where it is kept, else one SQLite file in the workspace."""
    given = os.environ.get(DATABASE_VARIABLE)
    if given and is_secret_reference(given):
        given = read_secret(given, base=workspace).reveal()
    return given or f"sqlite:///{(workspace / STATE_FOLDER / 'tiebeam.sqlite').resolve()}"


def open_store(url: str, *, clock: Clock, ids: Ids, prepare: Callable[[Store], None] = Store.migrate) -> Store:
    """The store, migrated or as `prepare` makes it. Raises DatabaseUnreachable, naming it without its password."""
    try:
        shown = url_with_password(url, None).render_as_string(hide_password=True)
    except Invalid:
        raise DatabaseUnreachable(
            f"{DATABASE_VARIABLE} is no database URL; write postgresql+psycopg://user:password@host/name, or name "
            "where it is kept, such as 'file:/run/secrets/database-url'"
        ) from None
    store: Store | None = None
    try:
        store = Store(url, clock=clock, ids=ids)
        prepare(store)
    except (DatabaseError, OSError) as problem:
        if store is not None:
            store.close()
        # Other kinds of database errors mean that a statement of ours is wrong.
        if isinstance(problem, DatabaseError) and type(problem) not in {DatabaseError, OperationalError}:
            raise
        said = MASKING.mask(" ".join(str(getattr(problem, "orig", problem)).split()))
        raise DatabaseUnreachable(
            f"the database {shown} cannot be used: {said}. Start it, or correct {DATABASE_VARIABLE}; "
            "without that variable the data lies in a file of the workspace",
            database=shown,
        ) from problem
    except BaseException:
        if store is not None:
            store.close()
        raise
    return store
