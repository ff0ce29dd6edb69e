"""Which documents a path holds, and in which order they arrived."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tiebeam.errors import Invalid, NotFound

LIST_NAME = "inbox.csv"
_LONGEST_NAME = 200
_LARGEST_LIST = 50 * 1024 * 1024
_SKIPPED_SUFFIXES = frozenset({".csv", ".jsonl"})


class BrokenArrivalList(Invalid):
    """The `inbox.csv` beside the documents cannot be used."""

    code = "arrival_list_broken"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One document to take in: a file, or bytes that were uploaded."""

    name: str
    path: Path | None = None
    data: bytes | None = None
    source: str = ""
    """Where it came from; the same source with the same content is taken in once."""
    channel: str = "folder"
    received_at: date | None = None
    inside: str = ""
    """The archive it came in and its path there, as `letters.zip!/2026/R-1.xml`."""

    @property
    def stem(self) -> str:
        return Path(self.name).stem


def plain_name(name: str) -> str:
    """A name from outside as it is kept and shown: its last part, letters that print only, at most 200 of them."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME].strip() or "document"


def arrivals_in(path: Path) -> list[Arrival]:
    """The documents of a file or folder (not its sub-folders), in their order of arrival.

    An `inbox.csv` in the folder or its parent gives the order; files it does not name follow in the order of their
    names. Raises NotFound and BrokenArrivalList.
    """
    if not path.exists():
        raise NotFound(f"there is no file or folder {str(path)!r}; give the path of a document or a folder of them")
    if path.is_file():
        return [_arrival(path)]
    files = sorted(item for item in path.iterdir() if item.is_file() and _is_document(item))
    listed = _listed(path)
    if not listed:
        return [_arrival(item) for item in files]
    by_stem = {item.stem: item for item in files}
    ordered: list[Arrival] = []
    for stem, row in listed.items():
        item = by_stem.pop(stem, None)
        if item is not None:
            ordered.append(_arrival(item, channel=row.channel, received_at=row.received_at))
    return ordered + [_arrival(item) for item in sorted(by_stem.values())]


@dataclass(frozen=True, slots=True)
class _Row:
    channel: str
    received_at: date | None


def _is_document(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in _SKIPPED_SUFFIXES


def _arrival(path: Path, *, channel: str = "folder", received_at: date | None = None) -> Arrival:
    return Arrival(
        name=_text_of(path.name),
        path=path,
        source=_text_of(str(path.resolve())),
        channel=channel or "folder",
        received_at=received_at,
    )


def _text_of(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8, which no database keeps as text, become `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _listed(folder: Path) -> dict[str, _Row]:
    """{file stem: row}, in the order of arrival: by date received, then as listed."""
    source = next((place for place in (folder / LIST_NAME, folder.parent / LIST_NAME) if place.is_file()), None)
    if source is None:
        return {}
    if source.stat().st_size > _LARGEST_LIST:
        raise BrokenArrivalList(f"{str(source)!r} is larger than {_LARGEST_LIST // 1024 // 1024} MiB; split the folder")
    try:
        return _read_list(source)
    except (csv.Error, UnicodeDecodeError) as problem:
        raise BrokenArrivalList(f"{str(source)!r} is no table: {problem}; save it as 'CSV UTF-8'") from problem


def _read_list(source: Path) -> dict[str, _Row]:
    with source.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if "file" not in (reader.fieldnames or ()) and "doc_id" not in (reader.fieldnames or ()):
            raise BrokenArrivalList(f"{str(source)!r} needs a column 'file' or 'doc_id'; it has {reader.fieldnames}")
        rows = [_row(source, number, row) for number, row in enumerate(reader, start=2)]
    rows.sort(key=lambda item: item[1].received_at or date.min)
    return dict(rows)


def _row(source: Path, number: int, row: dict[str, str]) -> tuple[str, _Row]:
    stem = Path(row.get("file") or row.get("doc_id") or "").stem
    text = (row.get("received_at") or "").strip()
    try:
        received = date.fromisoformat(text[:10]) if text else None
    except ValueError as problem:
        raise BrokenArrivalList(
            f"{str(source)!r} line {number}: 'received_at' is {text!r}; write it as YYYY-MM-DD"
        ) from problem
    return stem, _Row((row.get("channel") or "folder").strip()[:40], received)
