"""What one process opens to meter model use."""

from __future__ import annotations

from pathlib import Path

from tiebeam.economics.metering.book import PriceBook
from tiebeam.economics.metering.files import Files
from tiebeam.economics.metering.follower import Leases
from tiebeam.economics.metering.journal import ChargeJournal
from tiebeam.economics.metering.projection import Projection, RunsOf
from tiebeam.economics.metering.recovery import adopt, remove_journal
from tiebeam.economics.metering.writer import Writer
from tiebeam.economics.prices import Prices
from tiebeam.spec import Durability
from tiebeam.store import Store


class Meter:
    """Prices, journal and writer of one process; `id` names the process in leases too."""

    def __init__(
        self,
        *,
        book: PriceBook,
        journal: ChargeJournal,
        writer: Writer,
        store: Store,
        projection: Projection | None = None,
        leases: Leases | None = None,
    ) -> None:
        self.book = book
        self.journal = journal
        self.writer = writer
        self._store = store
        self._projection = projection
        self._leases = leases

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        store: Store,
        prices: Prices,
        durability: Durability = Durability.PROCESS,
        runs_of: RunsOf | None = None,
        leases: Leases | None = None,
        files: Files | None = None,
        adopt_seconds: float = 5.0,
    ) -> Meter:
        """Make this process's journal below `folder` and begin to write it, with or without a database there.

        Journals of dead processes are adopted at once and then every `adopt_seconds`. Raises OSError or
        JournalUnwritable where the folder takes no files.
        """
        book = PriceBook(prices)
        journal = ChargeJournal(
            folder, id=store.ids.new("meter"), durability=durability, snapshot=book.snapshot, files=files
        )
        projection = None if runs_of is None else Projection(store, prices, runs_of)
        writer = Writer(
            store,
            journal,
            projection=projection,
            leases=leases,
            chore=lambda: adopt(folder, store, projection=projection, leases=leases),
            chore_seconds=adopt_seconds,
        )
        writer.start()
        return cls(book=book, journal=journal, writer=writer, store=store, projection=projection, leases=leases)

    def use(self, prices: Prices) -> None:
        """Go on with other prices, such as those of a workspace that was just applied."""
        self.book.use(prices)
        if self._projection is not None:
            self._projection.use(prices)

    @property
    def id(self) -> str:
        """The journal's, and by it the process's."""
        return self.journal.id

    def close(self, *, seconds: float = 10.0) -> bool:
        """Write what is left and end. What cannot be written in that time, or is open, is adopted by the next process.

        Returns whether everything is in the database.
        """
        self.journal.seal()
        drained = self.writer.drain(seconds=seconds)
        stopped = self.writer.stop(seconds=seconds)
        done = drained and stopped and not self.journal.open_attempts
        if done:
            remove_journal(self.journal.folder, self._store, leases=self._leases)
        self.journal.close()
        return done
