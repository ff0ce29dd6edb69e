"""Charges as Parquet files, written and read a batch at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tiebeam.economics.closing.sums import NEEDED, DaySums, add_columns
from tiebeam.economics.columnar import arrow, whole_file
from tiebeam.economics.tables import usage_charge
from tiebeam.errors import Invalid

CHARGES_FILE = "charges.parquet"
MANIFEST_FILE = "manifest.json"
COLUMNS = tuple(column.name for column in usage_charge.c if column.name != "nodes")
"""What a file holds of every charge: all but the budgets it counted against."""

READ_ONLY = 0o444
_GROUP = 100_000
_BATCH = 50_000


def days_of(month: str) -> tuple[date, date]:
    """The first day of a month such as "2026-11", and that of the next one. Raises Invalid."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Invalid(f"{month!r} is no month such as '2026-11'") from problem
    return first, (first + timedelta(days=32)).replace(day=1)


def write_charges(file: Path, pages: Iterable[Sequence[tuple[Any, ...]]]) -> tuple[int, DaySums]:
    """Write pages of charges, each a tuple in the order of COLUMNS, into a file, whole or not at all.

    Returns how many it holds, and their sums by day. Raises AnalyticsMissing.
    """
    pa, pq = arrow()
    schema = charge_schema()
    sums: DaySums = {}
    count = 0
    with whole_file(file, mode=READ_ONLY) as made, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for page in _gathered(pages):
            columns = dict(zip(COLUMNS, zip(*page, strict=True), strict=True))
            add_columns(sums, columns)
            arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=_GROUP)
            count += len(page)
    return count, sums


def read_charges(file: Path) -> Iterator[dict[str, Any]]:
    """Every charge of a file. Raises AnalyticsMissing."""
    _, pq = arrow()
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=_BATCH):
            yield from batch.to_pylist()


def sums_of_file(file: Path) -> tuple[int, DaySums]:
    """How many charges a file holds, and their sums by day."""
    _, pq = arrow()
    sums: DaySums = {}
    count = 0
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=_BATCH, columns=list(NEEDED)):
            add_columns(sums, batch.to_pydict())
            count += batch.num_rows
    return count, sums


def digest_of_file(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def charge_schema() -> Any:
    """The Arrow types of the columns: whole numbers, truth values, moments, text."""
    pa, _ = arrow()
    kinds = {int: pa.int64(), bool: pa.bool_(), str: pa.string()}
    stated = {"at": pa.timestamp("us", tz="UTC")}
    return pa.schema([(name, stated.get(name) or kinds[usage_charge.c[name].type.python_type]) for name in COLUMNS])


def _gathered(pages: Iterable[Sequence[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
    """Pages put together, so that a group of rows in the file is worth reading."""
    batch: list[tuple[Any, ...]] = []
    for page in pages:
        batch.extend(page)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
