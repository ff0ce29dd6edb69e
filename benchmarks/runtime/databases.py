"""Where the contenders keep their rows: a file each, or a database each on one PostgreSQL that flushes to the disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders.databases import PostgresServer

from benchmarks.gateway.processes import tree
from benchmarks.runtime.processes import cpu_of

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
"""SQLite is set alike on all sides: write-ahead log, synchronous=FULL."""


@dataclass
class Databases:
    """Fresh databases of one kind; `name` is sqlite or postgresql."""

    name: str
    scratch: Path
    server: PostgresServer | None = None
    made: int = 0

    def fresh(self) -> str:
        """The URL of an empty one, as `sqlite:////file` or `postgresql://…`."""
        if self.server is not None:
            return self.server.create().replace("postgresql+psycopg://", "postgresql://")
        self.made += 1
        return f"sqlite:///{self.scratch / f'database-{self.made}.sqlite'}"

    def cpu_seconds(self) -> float:
        """What the server itself has used; SQLite has none."""
        if self.server is None:
            return 0.0
        ids = tree(self.server.process_id)
        # A session's time counts for its parent once it has ended.
        return sum(cpu_of(one) for one in ids)


@contextlib.contextmanager
def databases_of(kind: str, scratch: Path) -> Iterator[Databases]:
    if kind == "sqlite":
        yield Databases(kind, scratch)
        return
    with PostgresServer(DURABLE) as server:
        yield Databases(kind, scratch, server)


def size_of(url: str) -> int:
    """Bytes of all tables and indexes, after what is dead was taken out."""
    import sqlalchemy as sa

    if url.startswith("sqlite:"):
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            conn.exec_driver_sql("VACUUM")
        engine.dispose()
        return Path(url.removeprefix("sqlite:///")).stat().st_size
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql("VACUUM FULL")
        found = conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    engine.dispose()
    return int(found)
