"""Files as records, one at a time: CSV in any dialect, JSON, JSON lines, and pages of an API, however large.

A record is a mapping of names in one spelling (`startTime`, `Start Time` and `start_time` are one) to what was written.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TextIO, cast

from tiebeam.economics.imports.problems import BrokenImport
from tiebeam.economics.imports.stream import JsonReader
from tiebeam.economics.imports.values import day_first_of

_LONGEST_CELL = 4_000_000
_SAMPLE = 65_536
_SEPARATORS = ",;\t|"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_UNFINISHED = "the file ends in the middle of a record"
_AGAIN = "it was cut off while it was made or copied: export it again, whole"


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    """Where it begins; the first line of a file is 1."""
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Manner:
    """How a file writes, as far as it was found out while reading."""

    decimal_comma: bool = False
    day_first: bool | None = None
    is_paged: bool = False
    """It is a page of an API's answer that says that more follow."""


def spelled(name: str) -> str:
    """One spelling of a column's name."""
    return _OTHER.sub("_", _CAMEL.sub("_", name.strip()).lower()).strip("_")


def read_records(path: Path, manner: Manner) -> Iterator[Record]:
    """The records of a file in their order; what is found out about it is noted in `manner`.

    Raises BrokenImport naming the line.
    """
    with _opened(path) as file:
        try:
            head = file.read(_SAMPLE)
            file.seek(0)
        except (UnicodeDecodeError, EOFError, OSError) as problem:
            raise BrokenImport(path, 1, _unreadable(problem), _fix(problem)) from problem
        first = head.lstrip("\ufeff \t\r\n")[:1]
        if not first:
            raise BrokenImport(path, 1, "the file is empty", "export it again")
        yield from _json(path, file, manner) if first in "[{" else _csv(path, file, head, manner)


def _opened(path: Path) -> TextIO:
    """The text of a file, also where it is compressed with gzip or written as UTF-16."""
    with path.open("rb") as raw:
        start = raw.read(4)
    is_packed = start.startswith(b"\x1f\x8b")
    if is_packed:
        with gzip.open(path, "rb") as packed:
            try:
                start = packed.read(4)
            except (EOFError, OSError) as problem:
                raise BrokenImport(path, 1, "the compressed file is damaged", _AGAIN) from problem
    is_wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_wide else "utf-8-sig"
    if is_packed:
        return cast(TextIO, gzip.open(path, "rt", encoding=encoding, newline=""))
    return path.open("r", encoding=encoding, newline="")


def _csv(path: Path, file: TextIO, head: str, manner: Manner) -> Iterator[Record]:
    top = next((line for line in head.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=top.count)
    manner.decimal_comma = separator in ";\t"
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(file, delimiter=separator, strict=True)
    names: list[str] = []
    line = 1
    try:
        for row in rows:
            start, line = line, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [spelled(name) for name in row]
                _check_names(path, start, names)
                continue
            if len(row) != len(names):
                problem = f"{len(row)} cells where the first line names {len(names)} columns"
                fix = _AGAIN if len(row) < len(names) else "quote cells that hold the separator, and export it again"
                raise BrokenImport(path, start, problem, fix)
            if manner.day_first is None:
                manner.day_first = next((told for cell in row if (told := day_first_of(cell)) is not None), None)
            yield Record(start, dict(zip(names, row, strict=True)))
    except csv.Error as problem:
        cut = "unexpected end of data" in str(problem)
        if "field limit" in str(problem):
            wrong = f"a cell is longer than {_LONGEST_CELL:,} characters"
            raise BrokenImport(path, line, wrong, "close its quotes, or give a table") from problem
        raise BrokenImport(path, line, _UNFINISHED if cut else str(problem), _AGAIN) from problem
    except (UnicodeDecodeError, EOFError, OSError) as problem:
        raise BrokenImport(path, line, _unreadable(problem), _fix(problem)) from problem


def _check_names(path: Path, line: int, names: list[str]) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BrokenImport(path, line, f"the column {twice[0]!r} stands there twice", "keep one of them")


def _json(path: Path, file: TextIO, manner: Manner) -> Iterator[Record]:
    reader = JsonReader(file)
    try:
        for line, value in reader.elements():
            if not isinstance(value, dict):
                raise BrokenImport(path, line, f"{str(value)[:40]!r} is no record", "give a list of objects")
            yield Record(line, {spelled(name): one for name, one in value.items()})
    except JSONDecodeError as problem:
        at_end = reader.at_end and problem.pos >= len(problem.doc.rstrip()) - 1
        said = _UNFINISHED if at_end or "Unterminated" in problem.msg else f"it is no JSON: {problem.msg}"
        raise BrokenImport(path, reader.line, said, _AGAIN) from problem
    except (UnicodeDecodeError, EOFError, OSError, RecursionError) as problem:
        raise BrokenImport(path, reader.line, _unreadable(problem), _fix(problem)) from problem
    manner.is_paged = bool(reader.around.get("has_more"))


def _fix(problem: Exception) -> str:
    return "save it as UTF-8, and try again" if isinstance(problem, UnicodeDecodeError) else _AGAIN


def _unreadable(problem: Exception) -> str:
    match problem:
        case UnicodeDecodeError():
            return "a character is neither UTF-8 nor UTF-16"
        case RecursionError():
            return "objects are nested too deep"
        case _:
            return "the file cannot be read to its end"
