"""Following the journal as it grows, over all streams."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store.journal import JournalEntry, entry_of
from tiebeam.store.tables import journal_entry

_SHOWN = [column for column in journal_entry.c if column.name != "salt"]


def journal_after(
    conn: sa.Connection, position: int, *, stream_prefix: str = "", limit: int = 500
) -> list[JournalEntry]:
    """Entries behind a position, in the order of their positions.

    On PostgreSQL an entry may appear a moment after one with a higher position: whoever follows looks back a little.
    """
    where = [journal_entry.c.position > position]
    if stream_prefix:
        where.append(sa.func.substr(journal_entry.c.stream, 1, len(stream_prefix)) == stream_prefix)
    statement = sa.select(*_SHOWN).where(*where).order_by(journal_entry.c.position).limit(limit)
    return [entry_of(row) for row in conn.execute(statement)]


def journal_end(conn: sa.Connection) -> int:
    """The highest position; 0 of an empty journal."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(journal_entry.c.position), 0))).scalar_one())
