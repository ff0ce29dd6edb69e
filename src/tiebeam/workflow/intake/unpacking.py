"""ZIP archives among the arrivals: their documents are taken in one by one, with the archive named as their source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tiebeam.connect.documents import ArchiveRefused, Reader, is_archive
from tiebeam.workflow.intake.archive import Archive
from tiebeam.workflow.intake.arrivals import Arrival, plain_name

_HEAD = 4096


class Unpacking:
    """Archives are opened by the confined reading processes, which refuse what shows any sign of an attack.

    A refused archive stays the one document that it is: reading it tells a person the reason, and nothing is lost.
    """

    def __init__(self, *, reader: Callable[[], Reader], archive: Archive) -> None:
        self._reader = reader
        self._archive = archive

    def opened(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """The arrivals in their order, each archive replaced by its documents. Raises ReaderUnavailable."""
        return [part for item in arrivals for part in self._parts(item)]

    def _parts(self, item: Arrival) -> list[Arrival]:
        if not is_archive(_head_of(item)):
            return [item]
        try:
            return list(self._documents(item))
        except ArchiveRefused:
            return [item]

    def _documents(self, item: Arrival) -> Iterator[Arrival]:
        content = item.path if item.path is not None else item.data or b""
        for inner, data in self._reader().unpack(content, name=item.name):
            kept = self._archive.keep_bytes(data)
            yield Arrival(
                name=plain_name(inner),
                path=self._archive.path_of(kept.sha256),
                source=f"{item.source}!/{inner}" if item.source else "",
                channel=item.channel,
                received_at=item.received_at,
                inside=f"{item.name}!/{inner}",
            )


def _head_of(item: Arrival) -> bytes:
    if item.path is None:
        return (item.data or b"")[:_HEAD]
    return _head_of_file(item.path)


def _head_of_file(path: Path) -> bytes:
    """Nothing where the file cannot be opened: accepting it then says so."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""
