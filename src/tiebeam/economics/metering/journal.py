"""The append-first journal of one process: what it was about to spend, and what that came to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tiebeam.economics.metering.charges import Attempt, Settlement
from tiebeam.economics.metering.files import AppendFile, DiskFiles, Files, Lock
from tiebeam.economics.metering.lines import Priced, line_of
from tiebeam.economics.metering.syncing import Syncing
from tiebeam.errors import TiebeamError
from tiebeam.kit import stored_json
from tiebeam.spec import Durability

LOCK = "lock"
SEGMENT_BYTES = 16 * 1024 * 1024


class JournalUnwritable(TiebeamError):
    """The charge journal cannot be written, so nothing may be spent."""

    code = "charge_journal_unwritable"
    status = 503


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.charges"


class ChargeJournal:
    """One folder below `folder`, locked while this process lives. Thread-safe; each call is one append.

    `snapshot` gives the price behind an attempt's digest. With durability "power", wait for `durable(mark)` before the
    provider is called and before the reply leaves.
    """

    def __init__(
        self,
        folder: Path,
        *,
        id: str,  # noqa: A002 - the journal's own
        durability: Durability = Durability.PROCESS,
        snapshot: Callable[[str], Mapping[str, Any] | None] | None = None,
        files: Files | None = None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.id = id
        self.folder = folder / id
        self.waits = durability is Durability.POWER
        """Whether callers have to wait for `durable`."""
        self._files = files or DiskFiles()
        self._snapshot = snapshot
        self._segment_bytes = segment_bytes
        self._guard = threading.Lock()
        self._open: dict[str, bytes] = {}
        self._unwritten: list[bytes] = []
        self._priced: set[str] = set()
        self._segment = 0
        self._size = 0
        self._total = 0
        self._torn = False
        self._carries = False
        self._sealed = False
        self._closed = False
        self._lock = _make_folder(folder, id)
        self._file = self._next_file()
        self._syncing = Syncing(self._file, waits=self.waits)

    def attempt(self, attempt: Attempt) -> int:
        """Note an attempt and what it holds, before it is made. Returns the mark to wait for.

        Raises JournalUnwritable, and then the attempt must not be made.
        """
        line = line_of(attempt)
        with self._guard:
            price = b"" if attempt.price in self._priced else self._price_line(attempt.price)
            self._append(price + line)
            self._priced.add(attempt.price)
            self._open[attempt.id] = line
            return self._total

    def settle(self, settlement: Settlement) -> int:
        """Note how an attempt ended. Settling it again changes nothing and returns 0.

        What cannot be written is kept and tried again with the next line, because the money is spent. In a sealed
        journal the attempt stays open.
        """
        line = line_of(settlement)
        with self._guard:
            if settlement.attempt_id not in self._open or self._sealed:
                return 0
            try:
                self._append(line)
            except JournalUnwritable:
                made = self._open[settlement.attempt_id] if self._carries else b""
                self._unwritten.append(made + line)
            # Only now: a segment that began with this line had to begin with its attempt.
            del self._open[settlement.attempt_id]
            return self._total

    def is_durable(self, mark: int) -> bool:
        """Whether everything up to a mark is on the disk."""
        return mark <= self._syncing.synced

    async def durable(self, mark: int) -> None:
        """Wait until everything up to a mark is on the disk. Raises JournalUnwritable where it never will be."""
        if mark <= self._syncing.synced:
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()

        def tell(problem: OSError | None) -> None:
            loop.call_soon_threadsafe(_answer, waiter, problem)

        self._syncing.tell(mark, tell)
        await waiter

    def wait_durable(self, mark: int) -> None:
        """The same for a thread."""
        told = threading.Event()
        problems: list[OSError | None] = []

        def tell(problem: OSError | None) -> None:
            problems.append(problem)
            told.set()

        self._syncing.tell(mark, tell)
        told.wait()
        if problems[0] is not None:
            raise _unwritable(problems[0])

    def on_written(self, callback: Callable[[], None]) -> None:
        """Tell somebody, off the event loop and a moment later, that there are new lines."""
        self._syncing.on_written = callback

    @property
    def end(self) -> tuple[int, int]:
        """Segment and offset after the last line."""
        return self._segment, self._size

    @property
    def open_attempts(self) -> int:
        """Attempts whose end is not in the journal."""
        return len(self._open) + len(self._unwritten)

    def seal(self) -> None:
        """Take no more lines, so that what is left can be written to its end."""
        with self._guard:
            if self._unwritten and not self._sealed:
                with suppress(JournalUnwritable):
                    self._append(b"")
            self._sealed = True

    def close(self) -> None:
        """Sync, and let go of the lock. Open attempts are then for whoever adopts the folder."""
        self.seal()
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._syncing.close()
        self._file.close()
        self._lock.release()

    def _append(self, data: bytes) -> None:
        if self._sealed:
            raise JournalUnwritable(f"the charge journal {self.id!r} is closed")
        if self._syncing.problem is not None:
            raise _unwritable(self._syncing.problem)
        if self._size >= self._segment_bytes and not self._unwritten:
            self._turn_over()
        if self._torn or self._carries or self._unwritten:
            data = self._catching_up() + data
        self._write(data)
        self._carries = False
        self._unwritten.clear()
        self._syncing.wrote(self._total)

    def _catching_up(self) -> bytes:
        # What a full disk tore is spoilt before its line is ended, so that it is never taken for whole.
        torn = (b"?\n",) if self._torn else ()
        carried = tuple(self._open.values()) if self._carries else ()
        return b"".join((*torn, *carried, *self._unwritten))

    def _write(self, data: bytes) -> None:
        try:
            taken = self._file.write(data)
        except OSError as problem:
            raise _unwritable(problem) from problem
        self._size += taken
        self._total += taken
        self._torn = taken < len(data)
        if self._torn:
            raise _unwritable(OSError(f"{taken} of {len(data)} bytes were taken; is the disk full?"))

    def _turn_over(self) -> None:
        """Go on in a new segment that needs no other: it begins with the attempts that are still open."""
        try:
            file = self._next_file()
        except OSError as problem:
            raise _unwritable(problem) from problem
        self._syncing.follow(file)
        self._file = file
        self._carries = bool(self._open)

    def _next_file(self) -> AppendFile:
        file = self._files.create(segment_path(self.folder, self._segment + 1))
        self._files.sync_folder(self.folder)
        self._segment, self._size, self._torn = self._segment + 1, 0, False
        return file

    def _price_line(self, digest: str) -> bytes:
        snapshot = self._snapshot(digest) if self._snapshot is not None else None
        return b"" if snapshot is None else line_of(Priced(digest, stored_json(snapshot)))


def _make_folder(folder: Path, name: str) -> Lock:
    """The journal's folder, which nobody sees before it is locked."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unseen = folder / f".{name}.new"
    unseen.mkdir(mode=0o700)
    lock = Lock(unseen / LOCK)
    if not lock.take():
        raise JournalUnwritable(f"the charge journal {str(unseen)!r} cannot be locked; use a disk of this machine")
    unseen.rename(folder / name)
    return lock


def _unwritable(problem: OSError) -> JournalUnwritable:
    return JournalUnwritable(
        f"the charge journal cannot be written ({problem}), so nothing may be spent; make room on its disk or mend it"
    )


def _answer(waiter: asyncio.Future[None], problem: OSError | None) -> None:
    if waiter.done():
        return
    if problem is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(_unwritable(problem))
