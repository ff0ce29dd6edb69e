"""Reading a journal's files, from where one left off, while they may still grow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiebeam.economics.metering.journal import segment_path
from tiebeam.economics.metering.lines import Record, record_of

_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a journal was read: a segment's number, from 1, and bytes into it."""

    segment: int = 1
    offset: int = 0


class JournalReader:
    """Whole lines in the order they were written. A line that is not whole yet is waited for."""

    def __init__(self, folder: Path, position: Position | None = None) -> None:
        self._folder = folder
        self.position = position or Position()
        self.damaged = 0
        """Lines that were torn or changed, and skipped."""

    def read(self, *, until: Position | None = None) -> list[Record]:
        """The next records, some hundreds of them and none beyond `until`; empty at the end. Raises OSError."""
        while True:
            # Asked before the segment is read: once the next one is there, this one does not grow any more.
            is_final = segment_path(self._folder, self.position.segment + 1).exists()
            piece = self._piece(until)
            whole = piece[: piece.rfind(b"\n") + 1]
            if whole:
                self.position = Position(self.position.segment, self.position.offset + len(whole))
                return self._records(whole)
            if not is_final or (until is not None and until.segment == self.position.segment):
                return []
            self.damaged += bool(piece)
            self.position = Position(self.position.segment + 1)

    def behind(self) -> int:
        """Bytes there are beyond the position."""
        size, segment = -self.position.offset, self.position.segment
        while True:
            try:
                size += segment_path(self._folder, segment).stat().st_size
            except FileNotFoundError:
                return max(size, 0)
            segment += 1

    def _piece(self, until: Position | None) -> bytes:
        path, offset = segment_path(self._folder, self.position.segment), self.position.offset
        most = _PIECE
        if until is not None and until.segment == self.position.segment:
            most = min(most, until.offset - offset)
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return b""
        try:
            piece = os.pread(handle, most, offset)
            while len(piece) == most and b"\n" not in piece:
                # A line longer than a piece, such as one with a very long name in it.
                more = os.pread(handle, _PIECE, offset + most)
                if not more:
                    break
                piece, most = piece + more, most + len(more)
            return piece
        finally:
            os.close(handle)

    def _records(self, whole: bytes) -> list[Record]:
        found: list[Record] = []
        for line in whole[:-1].split(b"\n"):
            record = record_of(line)
            if record is None:
                self.damaged += 1
            else:
                found.append(record)
        return found


def read_journal(folder: Path) -> Iterator[Record]:
    """Every record of one journal's folder, oldest first, from the first segment that is left."""
    reader = JournalReader(folder, Position(first_segment(folder)))
    while records := reader.read():
        yield from records


def first_segment(folder: Path) -> int:
    """The number of the oldest segment that is left; 1 where there is none."""
    return min((int(path.stem) for path in folder.glob("*.charges")), default=1)
