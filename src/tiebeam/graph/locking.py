"""`library.lock`: which content each version of a library record has. Published content never changes silently."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tiebeam import spec
from tiebeam.errors import Conflict
from tiebeam.graph.graph import Graph
from tiebeam.graph.layout import PLACES
from tiebeam.graph.loading import library_root, load
from tiebeam.kit import digest_of

LOCK_FILE = "library.lock"
RETIRED = "_retired"
_HEAD = "# Made by `lock`. Id → version and SHA-256 of the content without [meta]. Do not edit.\n"


@dataclass(frozen=True, slots=True)
class LockedRecord:
    version: int
    sha256: str


class LibraryChanged(Conflict):
    """Locked content is not what the files say."""

    code = "library_changed"

    def __init__(self, findings: list[str]) -> None:
        super().__init__("; ".join(findings), findings=findings)


def lock(root: Path | None = None, *, write: bool = True) -> list[str]:
    """Compare the library with its lock and, with `write`, bring the lock up to date. Returns what is new or newer.

    Raises LibraryChanged when content changed without a higher `meta.version`, or a record vanished without its file
    having been moved below `_retired/`.
    """
    library = root or library_root()
    graph = load(None, library=library)
    locked, current = read_lock(library), locked_records(graph)
    findings = [*_changed(locked, current), *_vanished(locked, current, library)]
    if findings:
        raise LibraryChanged(findings)
    news = sorted(name for name, record in current.items() if locked.get(name) != record)
    if write and (news or set(locked) != set(current)):
        (library / LOCK_FILE).write_text(_lock_text(current), encoding="utf-8")
    return news


def locked_records(graph: Graph) -> dict[str, LockedRecord]:
    """`kind/id` → version and content hash of every record and of the unit table."""
    found: dict[str, LockedRecord] = {}
    for place in PLACES:
        for record_id, record in graph.records(place.kind).items():
            content = spec.as_written(record)
            del content["meta"]
            found[f"{place.kind.value}/{record_id}"] = LockedRecord(record.meta.version, digest_of(content))
    return dict(sorted(found.items()))


def read_lock(root: Path) -> dict[str, LockedRecord]:
    """The lock as written; empty when there is none yet."""
    path = root / LOCK_FILE
    if not path.is_file():
        return {}
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: LockedRecord(entry["version"], entry["sha256"]) for name, entry in content.items()}


def _changed(locked: dict[str, LockedRecord], current: dict[str, LockedRecord]) -> list[str]:
    return [
        f"{name!r} changed and still says version {record.version}: set [meta] version = {before.version + 1}"
        for name, record in current.items()
        if (before := locked.get(name)) is not None
        and record.sha256 != before.sha256
        and record.version <= before.version
    ]


def _vanished(locked: dict[str, LockedRecord], current: dict[str, LockedRecord], root: Path) -> list[str]:
    return [
        f"{name!r} is gone: retire it by moving its file to {RETIRED}/{_file_below(name)}"
        for name in sorted(set(locked) - set(current))
        if not (root / RETIRED / _file_below(name)).is_file()
    ]


def _file_below(name: str) -> str:
    """Retired files lie flat by kind: `recipes/finance.x/y` → `recipes/finance.x-y.toml`."""
    kind, _, record_id = name.partition("/")
    return f"{kind}/{record_id.replace('/', '-')}.toml"


def _lock_text(records: dict[str, LockedRecord]) -> str:
    lines = [
        f'"{name}" = {{ version = {record.version}, sha256 = "{record.sha256}" }}' for name, record in records.items()
    ]
    return _HEAD + "\n".join(lines) + "\n"
