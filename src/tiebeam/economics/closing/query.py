"""Questions in SQL over the whole ledger of use, read only and shut in: files of closed months, and days still open.

Days still open are written to files of their own, which are good for as long as the day's sums do not change.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing.closing import archived_days
from tiebeam.economics.closing.files import CHARGES_FILE, write_charges
from tiebeam.economics.closing.lines import closed_months, stored_pages
from tiebeam.economics.closing.problems import QueryFailed, QueryRefused, QueryTooLong
from tiebeam.economics.closing.sums import rollup_sums
from tiebeam.economics.columnar import duck
from tiebeam.economics.tables import usage_charge
from tiebeam.kit import digest_of
from tiebeam.store import Store

MOST_ROWS = 10_000
LONGEST = 20_000
_OPEN = "open"
_STALE_SECONDS = 900
"""A file of a day that has moved on is left to those who may still be reading it for so long."""
_USD = "CAST(usd_nano AS DECIMAL(28, 0)) * CAST(0.000000001 AS DECIMAL(10, 9))"
"""Exact: dividing would make it floating point."""
_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
    "max_temp_directory_size": "4GB",
}


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool
    """Whether there are more rows than were asked for."""
    seconds: float


class LedgerQuery:
    """`folder` is the one months are closed into."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def ask(self, sql: str, *, limit: int = 1000, seconds: float = 60) -> QueryAnswer:
        """One SELECT over the table `charges`, whose columns are those of a charge, and `usd`.

        Raises QueryRefused for anything else, QueryFailed, QueryTooLong, and AnalyticsMissing without DuckDB.
        """
        duckdb = duck()
        with self._store.read() as conn:
            files = self.files(conn)
        began = time.monotonic()
        with _shut_in(duckdb, files) as db:
            statement = _single(duckdb, sql)
            found = _answered(duckdb, db, statement, limit=max(1, min(limit, MOST_ROWS)), seconds=seconds)
        columns, rows = found
        is_cut = len(rows) > limit
        return QueryAnswer(columns, tuple(rows[:limit]), is_cut, round(time.monotonic() - began, 3))

    def files(self, conn: sa.Connection) -> list[Path]:
        """Files that together hold every charge once; days that are open are brought up to date first."""
        closed = closed_months(conn)
        found = [self._folder / month / CHARGES_FILE for month in closed]
        missing = [one for one in found if not one.is_file()]
        if missing:
            raise QueryFailed(f"the file {str(missing[0])!r} of a closed month is missing; bring it back from a copy")
        last_seq = max(closed.values(), default=0)
        archived = archived_days(conn)
        for day, sums in rollup_sums(conn).items():
            held = archived.get(day)
            if held == sums or not any(sums):
                continue
            after = last_seq if held is not None else 0
            found.append(self._open_day(conn, day, after_seq=after, sums=sums))
        return found

    def _open_day(self, conn: sa.Connection, day: str, *, after_seq: int, sums: Sequence[int]) -> Path:
        folder = self._folder / _OPEN
        file = folder / f"{day}-{digest_of([str(one) for one in (after_seq, *sums)])[:16]}.parquet"
        if not file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            where = sa.and_(usage_charge.c.day == day, usage_charge.c.seq > after_seq)
            write_charges(file, stored_pages(conn, where))
            for old in folder.glob(f"{day}-*.parquet"):
                if old != file and time.time() - old.stat().st_mtime > _STALE_SECONDS:
                    old.unlink(missing_ok=True)
        return file


@contextmanager
def _shut_in(duckdb: Any, files: Sequence[Path]) -> Generator[Any]:
    """A database in memory that may read these files, and nothing else of this machine or beyond it."""
    with tempfile.TemporaryDirectory(prefix="tiebeam-query-") as spill:
        db = duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": spill})
        try:
            _open(db, files)
            yield db
        finally:
            db.close()


def _open(db: Any, files: Sequence[Path]) -> None:
    listed = "[" + ", ".join(_quoted(str(one)) for one in files) + "]"
    db.execute(f"SET allowed_paths = {listed}")
    db.execute("SET enable_external_access = false")
    source = f"read_parquet({listed}, union_by_name = true)" if files else _nothing()
    db.execute(f"CREATE VIEW charges AS SELECT *, {_USD} AS usd FROM {source}")
    db.execute("SET lock_configuration = true")


def _nothing() -> str:
    kinds = {int: "BIGINT", bool: "BOOLEAN", str: "VARCHAR"}
    columns = (
        f"CAST(NULL AS {'TIMESTAMPTZ' if one.name == 'at' else kinds[one.type.python_type]}) AS {_name(one.name)}"
        for one in usage_charge.c
        if one.name != "nodes"
    )
    return f"(SELECT {', '.join(columns)} LIMIT 0)"


def _single(duckdb: Any, sql: str) -> Any:
    if len(sql) > LONGEST:
        raise QueryRefused(f"a question has at most {LONGEST} letters; this one has {len(sql)}")
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as problem:
        raise QueryFailed(str(problem)) from problem
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused(
            "ask one question that begins with SELECT or WITH, such as SELECT team, sum(usd) FROM charges"
        )
    return statements[0]


def _answered(
    duckdb: Any, db: Any, statement: Any, *, limit: int, seconds: float
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    late = threading.Event()

    def stop() -> None:
        late.set()
        db.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        result = db.execute(statement)
        columns = tuple(str(one[0]) for one in result.description)
        return columns, result.fetchmany(limit + 1)
    except duckdb.Error as problem:
        if late.is_set():
            raise QueryTooLong(f"the question took longer than {seconds:g} seconds; ask for fewer days") from problem
        raise QueryFailed(str(problem)) from problem
    finally:
        timer.cancel()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def cell(value: Any) -> Any:
    """A cell of an answer, whatever its type in SQL, as JSON and a table take it."""
    match value:
        case None | bool() | int() | str() | Decimal() | datetime() | date():
            return value
        case float() if isfinite(value):
            return value
        case list() | tuple():
            return [cell(one) for one in value]
        case dict():
            return {str(name): cell(one) for name, one in value.items()}
        case _:
            return str(value)
