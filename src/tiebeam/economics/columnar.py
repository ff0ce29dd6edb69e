"""Parquet files and DuckDB: libraries of the extra `analytics`, loaded when they are first needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tiebeam.errors import TiebeamError


class AnalyticsMissing(TiebeamError):
    """Parquet and SQL over it need the extra `analytics`."""

    code = "analytics_missing"
    status = 501


def arrow() -> tuple[Any, Any]:
    """`pyarrow` and its Parquet part. Raises AnalyticsMissing with how to install them."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise _missing("Parquet") from missing
    return pa, pq


def duck() -> Any:
    """The module `duckdb`. Raises AnalyticsMissing with how to install it."""
    try:
        import duckdb
    except ImportError as missing:
        raise _missing("SQL over the ledger") from missing
    return duckdb


def _missing(what: str) -> AnalyticsMissing:
    return AnalyticsMissing(
        f"{what} needs the extra 'analytics', which is not installed; run: pip install 'tiebeam[analytics]'"
    )


@contextmanager
def whole_file(path: Path, *, mode: int = 0o644) -> Generator[Path]:
    """A file beside `path` that takes its place, durably, once all of it is written; what fails leaves nothing."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.chmod(mode)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
