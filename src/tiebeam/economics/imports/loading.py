"""From files to sightings on disk: every record read, each that cannot be read named with its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import msgspec

from tiebeam.economics.imports.problems import BrokenImport, UnknownImport
from tiebeam.economics.imports.sighting import Sighting
from tiebeam.economics.imports.sources import SOURCES, Fields, Source, ToUsd, Unreadable, source_of
from tiebeam.economics.imports.spool import Spool
from tiebeam.economics.imports.text import Manner, Record, read_records, spelled

_LOOKED_AT = 200
_LISTS = ("results", "data")


@dataclass(slots=True)
class LeftOut:
    """Records that are none of use, or are there already, by reason."""

    records: int = 0
    nano: int = 0


@dataclass(slots=True)
class Loaded:
    """What files hold, as far as it is not on disk."""

    source: dict[str, Source] = field(default_factory=dict[str, Source])
    digests: dict[str, str] = field(default_factory=dict[str, str])
    records: int = 0
    left_out: dict[str, LeftOut] = field(default_factory=dict[str, LeftOut])

    def leave_out(self, reason: str, *, nano: int = 0) -> None:
        line = self.left_out.setdefault(reason, LeftOut())
        line.records += 1
        line.nano += nano


def load(
    files: list[Path], spool: Spool, *, to_usd: ToUsd, source: str | None = None, day_first: bool | None = None
) -> Loaded:
    """Read all files to their ends. Raises BrokenImport or UnknownImport; then nothing was taken in."""
    loaded = Loaded()
    paged: list[tuple[int, Path]] = []
    for path in files:
        if path.name in loaded.digests:
            raise UnknownImport(f"two of the files are called {path.name!r}; give each a name of its own")
        loaded.digests[path.name] = _digest(path)
        manner = Manner(day_first=day_first)
        latest = _load_file(path, spool, loaded, manner, to_usd=to_usd, source=_named(source))
        paged.append((latest if manner.is_paged else -1, path))
    last = max((at for at, _ in paged if at >= 0), default=-1)
    if last >= 0 and last == max(at for at, _ in paged) and all(at >= 0 for at, _ in paged):
        path = next(path for at, path in paged if at == last)
        raise BrokenImport(
            path, 1, "it is a page, and says that more follow", "fetch the next pages and give all of them"
        )
    spool.index()
    return loaded


def _named(source: str | None) -> Source | None:
    if source is None:
        return None
    found = next((one for one in SOURCES if one.name == source), None)
    if found is None:
        raise UnknownImport(f"there is no source {source!r}; there are {', '.join(one.name for one in SOURCES)}")
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load_file(
    path: Path, spool: Spool, loaded: Loaded, manner: Manner, *, to_usd: ToUsd, source: Source | None
) -> int:
    """Returns the latest moment the file speaks of, in milliseconds; 0 for none."""
    rows = _flat(read_records(path, manner))
    head = list(islice(rows, _LOOKED_AT))
    if not head and source is None:
        raise BrokenImport(path, 1, "the file holds no record", "export it again, or say by --source what it would be")
    names = {name for one in head for name in one.fields}
    found = source or source_of(names)
    if found is None:
        if not head:
            loaded.source[path.name] = SOURCES[0]
            return 0
        known = "; ".join(f"{one.name} ({one.title})" for one in SOURCES)
        raise UnknownImport(
            f"{path.name!r} has the columns {', '.join(sorted(names)[:20])}, which fit no source; "
            f"say which it is: {known}"
        )
    loaded.source[path.name] = found
    latest = [0]

    def sightings() -> Iterator[Sighting]:
        for record in chain(head, rows):
            loaded.records += 1
            fields = Fields(path.name, record, manner, to_usd, lambda why, row: loaded.leave_out(why, nano=_cost(row)))
            try:
                for one in found.read(fields):
                    latest[0] = max(latest[0], one.at)
                    yield _of_family(one, found.family)
            except Unreadable as problem:
                fix = f"correct the line, or say what the file is (it was read as {found.name})"
                raise BrokenImport(path, record.line, str(problem), fix) from problem

    _, again = spool.add(sightings())
    if again:
        loaded.left_out.setdefault("the same record twice", LeftOut()).records += again
    return latest[0]


def _of_family(one: Sighting, family: str) -> Sighting:
    """Ids of different sources never meet."""
    return msgspec.structs.replace(one, id=f"{family}:{one.id}")


def _cost(row: Fields) -> int:
    try:
        return row.usd_nano("cost_in_usd", "spend", "cost_in_billing_currency", "pre_tax_cost", "cost") or 0
    except Unreadable:
        return 0


def _flat(records: Iterator[Record]) -> Iterator[Record]:
    """The results within buckets of time as records of their own, and what is wrapped without its wrapping."""
    for record in records:
        inner = next((record.fields[name] for name in _LISTS if name in record.fields), None)
        if isinstance(inner, dict):
            yield Record(record.line, _spelled(inner))
        elif isinstance(inner, list):
            around = {name: value for name, value in record.fields.items() if name not in _LISTS}
            for one in inner:
                if isinstance(one, dict):
                    yield Record(record.line, {**around, **_spelled(one)})
        else:
            yield record


def _spelled(fields: Mapping[object, object]) -> dict[str, object]:
    return {spelled(str(name)): value for name, value in fields.items()}
