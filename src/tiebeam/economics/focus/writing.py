"""Rows into a file, a batch at a time, so that a data set of any length needs the memory of one batch."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tiebeam.economics.columnar import arrow, whole_file
from tiebeam.economics.focus.columns import Column, ColumnKind
from tiebeam.economics.focus.rows import Row

_BATCH = 8192


class FocusFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


def write_rows(path: Path, rows: Iterable[Row], columns: Sequence[Column], form: FocusFormat) -> int:
    """Write all rows; returns how many. Raises AnalyticsMissing for Parquet without its libraries."""
    writing = _csv if form is FocusFormat.CSV else _parquet
    with whole_file(path) as made:
        return writing(made, rows, columns)


def _csv(path: Path, rows: Iterable[Row], columns: Sequence[Column]) -> int:
    sources = [one.alias_of or one.name for one in columns]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([one.name for one in columns])
        for row in rows:
            writer.writerow(map(row.get, sources))
            count += 1
    return count


def _parquet(path: Path, rows: Iterable[Row], columns: Sequence[Column]) -> int:
    pa, pq = arrow()
    types = {
        ColumnKind.TEXT: pa.string(),
        # The official validators want floating point; the whole nano-dollars beside them lose nothing.
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.WHOLE: pa.int64(),
        ColumnKind.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(one.name, types[one.kind]) for one in columns])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            arrays = [pa.array(_values(one, batch), type=types[one.kind]) for one in columns]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


def _values(column: Column, batch: Sequence[Row]) -> list[Any]:
    source = column.alias_of or column.name
    texts = [row.get(source) for row in batch]
    read = _READ.get(column.kind)
    return texts if read is None else [None if text is None else read(text) for text in texts]


_READ: dict[ColumnKind, Callable[[str], Any]] = {
    ColumnKind.NUMBER: float,
    ColumnKind.WHOLE: int,
    ColumnKind.MOMENT: datetime.fromisoformat,
}


def _batches(rows: Iterable[Row]) -> Generator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
