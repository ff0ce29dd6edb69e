"""Writing one journal's files into the database, batch by batch, each with the journal's position in one commit."""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tiebeam.economics.metering.charges import Attempt, Ended, Settlement, Usage
from tiebeam.economics.metering.journal import segment_path
from tiebeam.economics.metering.lines import Priced, Record, line_of
from tiebeam.economics.metering.projection import Projection
from tiebeam.economics.metering.reader import JournalReader, Position, first_segment
from tiebeam.economics.metering.rows import Metered, Sums, sums_of
from tiebeam.economics.metering.writing import (
    POISON,
    SLOTS,
    Overtaken,
    add_charges,
    add_new_charges,
    add_prices,
    move_position,
    position_of,
)
from tiebeam.errors import TiebeamError
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.economics.metering")


@dataclass(slots=True)
class _Batch:
    start: Position
    end: Position
    held: dict[str, int]
    charges: list[Metered] = field(default_factory=list)
    prices: dict[str, str] = field(default_factory=dict)
    is_last: bool = False


class Leases(Protocol):
    """Who debits budgets up front: what is written here is no longer owed to it, in the same commit."""

    def written(self, unit: Unit, process: str, sums: Mapping[tuple[str, int], int]) -> None:
        """Charges of a process's journal were added to what is spent, by node and start of its window."""
        ...

    def closed(self, unit: Unit, process: str) -> None:
        """The process is dead, and all it spent or had open is written."""
        ...


class Follower:
    """Follows one journal. Not thread-safe. What a commit did not take stays for the next try."""

    def __init__(
        self, store: Store, folder: Path, *, projection: Projection | None = None, leases: Leases | None = None
    ) -> None:
        self.written = 0
        """Charges written since this follower began."""
        self.refused = 0
        """Charges the database does not take whatever is done; they lie in `refused.charges` beside the journals."""
        self._store = store
        self._folder = folder
        self._journal = folder.name
        self._slot = zlib.crc32(self._journal.encode()) % SLOTS
        self._projection = projection
        self._leases = leases
        self._reader: JournalReader | None = None
        self._open: dict[str, Attempt] = {}
        self._batch: _Batch | None = None

    @property
    def position(self) -> Position | None:
        """How far everything is committed; None before the database was asked."""
        if self._batch is not None:
            return self._batch.start
        return None if self._reader is None else self._reader.position

    @property
    def damaged(self) -> int:
        """Lines that were torn or changed, and skipped."""
        return 0 if self._reader is None else self._reader.damaged

    def behind(self) -> int:
        """Bytes of the journal that are not committed."""
        return JournalReader(self._folder, self.position or Position(first_segment(self._folder))).behind()

    def step(self) -> bool:
        """Commit the next batch; False when there is none. Raises what the database raises; then nothing is lost."""
        if self._batch is None:
            reader = self._reader or self._load()
            start = reader.position
            records = reader.read()
            if reader.position == start:
                return False
            self._batch = self._gather(records, start, reader.position)
        self._commit(self._batch)
        self._drop_segments(self._batch.end)
        self._batch = None
        return True

    def lose_open(self, at: int) -> int:
        """Charge every open attempt at its worst, for its process is dead. Returns how many; call it at the end."""
        reader = self._reader or self._load()
        lost = [Metered(one, _lost(one, at)) for one in self._open.values()]
        self._batch = _Batch(reader.position, reader.position, {}, charges=lost, is_last=True)
        self._commit(self._batch)
        self._batch, self._open = None, {}
        return len(lost)

    def _load(self) -> JournalReader:
        """Go to where the database says, with the attempts that were open there."""
        with self._store.read() as conn:
            position = position_of(conn, self._journal)
        self._open = {}
        position = position or Position(first_segment(self._folder))
        reader = JournalReader(self._folder, Position(position.segment))
        while reader.position < position and (records := reader.read(until=position)):
            self._gather(records, position, position)
        # Power that failed may have taken lines whose charges had come here already.
        reader.position = position
        self._reader = reader
        return reader

    def _gather(self, records: Sequence[Record], start: Position, end: Position) -> _Batch:
        batch = _Batch(start, end, {})
        for record in records:
            match record:
                case Attempt():
                    self._open[record.id] = record
                case Settlement():
                    made = self._open.pop(record.attempt_id, None)
                    if made is not None:
                        batch.charges.append(Metered(made, record))
                case Priced():
                    batch.prices[record.digest] = record.snapshot
        for made in self._open.values():
            for node, window in made.nodes:
                place = f"{node}@{window}"
                batch.held[place] = batch.held.get(place, 0) + made.worst
        return batch

    def _commit(self, batch: _Batch) -> None:
        try:
            self._write(batch, one_by_one=False)
        except Overtaken:
            self._forget()
            raise
        except POISON as problem:
            self._write_carefully(batch, problem)
        self.written += len(batch.charges)

    def _write_carefully(self, batch: _Batch, problem: Exception) -> None:
        _log.warning("charges go into the ledger one by one, because all at once failed: %s", problem)
        try:
            self._write(batch, one_by_one=True)
        except Overtaken:
            self._forget()
            raise

    def _write(self, batch: _Batch, *, one_by_one: bool) -> None:
        refused: list[Metered] = []
        with self._store.unit() as unit:
            move_position(unit, self._journal, batch.start, batch.end, slot=self._slot, held=batch.held)
            add_prices(unit.conn, batch.prices)
            charges: Sequence[Metered] = batch.charges
            if one_by_one:
                charges, refused = add_new_charges(unit, charges, slot=self._slot)
                sums = sums_of(charges)
            else:
                sums = add_charges(unit.conn, charges, slot=self._slot)
            self._tell_leases(unit, sums, is_last=batch.is_last)
            self._project(unit, charges)
            self._set_aside(refused)

    def _tell_leases(self, unit: Unit, sums: Sums, *, is_last: bool) -> None:
        if self._leases is None:
            return
        if sums.spend:
            self._leases.written(unit, self._journal, {place: spent[0] for place, spent in sums.spend.items()})
        if is_last:
            self._leases.closed(unit, self._journal)

    def _project(self, unit: Unit, charges: Sequence[Metered]) -> None:
        if self._projection is None:
            return
        try:
            with unit.part():
                self._projection.add(unit, charges)
        except TiebeamError:
            # The charges themselves count; the ledger of runs must not hold them up.
            _log.exception("charges of runs did not become lines of the ledger of runs")

    def _set_aside(self, refused: Sequence[Metered]) -> None:
        """Keep what the database refuses where a person can find it, before its position is passed."""
        if not refused:
            return
        _log.error("%d charges are refused by the database and lie in %s", len(refused), self._folder.parent)
        lines = b"".join(line_of(one.attempt) + line_of(one.settlement) for one in refused)
        handle = os.open(self._folder.parent / "refused.charges", os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.write(handle, lines)
            os.fsync(handle)
        finally:
            os.close(handle)
        self.refused += len(refused)

    def _forget(self) -> None:
        """Ask the database anew where the journal stands."""
        self._reader, self._batch = None, None

    def _drop_segments(self, end: Position) -> None:
        for number in range(first_segment(self._folder), end.segment):
            segment_path(self._folder, number).unlink(missing_ok=True)


def _lost(made: Attempt, at: int) -> Settlement:
    return Settlement(
        attempt_id=made.id, at=at, nano=made.worst, usage=Usage(), ended=Ended.LOST, estimated=True, concluded=True
    )
