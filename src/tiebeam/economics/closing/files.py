"""Charges as Parquet files, written and read a batch at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tiebeam.economics.closing.sums import DaySums, add_charge
from tiebeam.economics.columnar import arrow, whole_file
from tiebeam.economics.metering import CLASSES
from tiebeam.economics.tables import usage_charge
from tiebeam.errors import Invalid

CHARGES_FILE = "charges.parquet"
MANIFEST_FILE = "manifest.json"
COLUMNS = tuple(column.name for column in usage_charge.c if column.name != "nodes")
"""What a file holds of every charge: all but the budgets it counted against."""

READ_ONLY = 0o444
_GROUP = 100_000
_BATCH = 20_000
_SUMMED = ("day", "corrects", "concluded", "estimated", "usd_nano", *(f"{name}_tokens" for name in CLASSES))


def days_of(month: str) -> tuple[date, date]:
    """The first day of a month such as "2026-11", and that of the next one. Raises Invalid."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Invalid(f"{month!r} is no month such as '2026-11'") from problem
    return first, (first + timedelta(days=32)).replace(day=1)


def write_charges(file: Path, charges: Iterable[Mapping[str, Any]]) -> tuple[int, DaySums]:
    """Write a file whole or not at all; returns how many charges it holds, and their sums by day.

    Raises AnalyticsMissing.
    """
    pa, pq = arrow()
    schema = charge_schema()
    sums: DaySums = {}
    count = 0
    with whole_file(file, mode=READ_ONLY) as made, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for batch in _batches(charges):
            for charge in batch:
                add_charge(sums, charge)
            arrays = [pa.array([one[field.name] for one in batch], type=field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=_GROUP)
            count += len(batch)
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
        for batch in opened.iter_batches(batch_size=_BATCH, columns=list(_SUMMED)):
            for charge in batch.to_pylist():
                add_charge(sums, charge)
                count += 1
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


def _batches(charges: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for charge in charges:
        batch.append(charge)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
