"""Files other programs wrote, read within bounds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from tiebeam.errors import Invalid

MOST_BYTES = 64_000_000


def check_size(path: Path, error: type[Invalid]) -> None:
    """Before anything is read."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise error(f"{str(path)!r} has {size} bytes; more than {MOST_BYTES} are not read. Cut it to what you need")


def read_json(path: Path, error: type[Invalid]) -> Any:
    """NaN and Infinity are no JSON. Raises `error`."""
    check_size(path, error)

    def refuse(name: str) -> NoReturn:
        raise error(f"{str(path)!r} holds {name}, which is no number")

    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_constant=refuse)
    except error:
        raise
    except RecursionError as problem:
        raise error(f"{str(path)!r} is nested too deeply") from problem
    except ValueError as problem:
        raise error(f"{str(path)!r} is no JSON in UTF-8: {str(problem)[:200]}") from problem


def read_rows(path: Path, error: type[Invalid]) -> Iterator[dict[str, str]]:
    """The rows of a CSV file with a head; missing cells are empty. Raises `error`."""
    check_size(path, error)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for row in csv.DictReader(file, restval=""):
                yield {name: value or "" for name, value in row.items() if name is not None}
        except (csv.Error, UnicodeDecodeError) as problem:
            raise error(f"{str(path)!r} is no CSV file in UTF-8: {problem}") from problem
