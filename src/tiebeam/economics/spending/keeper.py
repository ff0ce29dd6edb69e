"""The one thread of a process that leases, tells the database what goes back, and follows changes of the tree."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from tiebeam.economics.spending.bank import LEASE_LIFE, Bank, HeldOf
from tiebeam.economics.spending.leases import Held
from tiebeam.economics.spending.spending import Spending
from tiebeam.economics.spending.tree import Tree
from tiebeam.kit import Clock
from tiebeam.store import is_busy

_log = logging.getLogger("tiebeam.economics.spending")

BEAT_SECONDS = 0.25
"""How often it looks when nobody asks for anything."""
_RENEW_SECONDS = LEASE_LIFE.total_seconds() / 3
_RETIRE_SECONDS = 1.0
_TIDY_SECONDS = 60.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

_Key = tuple[str, int]


class Keeper:
    """Keeps a process in leases. `make_tree` reads the tree in force anew; `process` is the id of the charge journal;
    `held_of` says of other processes what `Bank.expire` asks.

    Whoever reserves never waits for it, except for a first lease.
    """

    def __init__(
        self,
        bank: Bank,
        spending: Spending,
        *,
        process: str,
        clock: Clock,
        make_tree: Callable[[], Tree] | None = None,
        held_of: HeldOf | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bank = bank
        self._spending = spending
        spending.patience_ms = bank.patience_ms
        self._process = process
        self._clock = clock
        self._make_tree = make_tree or (lambda: spending.tree)
        self._held_of = held_of
        self._ticks = ticks
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: dict[_Key, int] = {}
        self._is_away = False
        self._next_look = self._next_renewal = self._next_retirement = 0.0
        self._next_tidying = ticks() + _TIDY_SECONDS

    @property
    def is_away(self) -> bool:
        """Whether the database could not be reached when it was last asked."""
        return self._is_away

    def start(self) -> None:
        """Begin; returns at once, whether or not there is a database."""
        self._spending.on_ask = self._asked.set
        self._thread = threading.Thread(target=self._run, name="tiebeam-leases", daemon=True)
        self._thread.start()

    def stop(self, *, seconds: float = 5.0) -> None:
        """Give back what nobody holds. What is spent or held stays leased until it is in the books."""
        self._stopping.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join(seconds)
        if self._thread is not None and self._thread.is_alive():
            return
        try:
            self._leave()
        except (SQLAlchemyError, OSError) as problem:
            _log.warning("leases of %s stay until its journal is adopted: %s", self._process, problem)

    def step(self) -> None:
        """One turn: give back, lease, look for changes. Raises what the database raises."""
        now, tick = self._now(), self._ticks()
        self._tell(self._spending.to_tell(now))
        self._lease()
        if tick >= self._next_look:
            self._look(now)
            self._next_look = tick + BEAT_SECONDS
        if tick >= self._next_renewal:
            self._bank.renew(self._process)
            self._next_renewal = tick + _RENEW_SECONDS
        if tick >= self._next_tidying:
            self._bank.tidy()
            if self._held_of is not None:
                self._bank.expire(self._held_of)
            self._next_tidying = tick + _TIDY_SECONDS
        if tick >= self._next_retirement:
            self._retire(now)
            self._next_retirement = tick + _RETIRE_SECONDS

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            self._asked.wait(BEAT_SECONDS)
            self._asked.clear()
            try:
                self.step()
            except Exception as problem:  # noqa: BLE001 - whatever it is, hard budgets must close and calls not hang
                self._fail(problem)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if self._is_away:
                self._is_away = False
                self._spending.back()
                _log.info("budgets can be asked again")

    def _lease(self) -> None:
        wishes = self._spending.wishes(self._now())
        if not wishes:
            return
        leases = self._bank.take(self._process, wishes, version=self._spending.tree.version)
        self._spending.granted(leases, self._now())
        if any(lease.version != self._spending.tree.version for lease in leases):
            self._follow()
            if leases[0].version == self._spending.tree.version:
                # At once, or those who wait would wait for the next beat.
                self._asked.set()

    def _look(self, now: int) -> None:
        """Follow the tree, and give back what others need."""
        version, wanted = self._bank.wanted()
        if version != self._spending.tree.version:
            self._follow()
        self._spending.recall([key for key, number in wanted.items() if self._seen.get(key) != number], now)
        self._seen = wanted
        self._tell(self._spending.to_tell(now))

    def _follow(self) -> None:
        self._spending.use(self._make_tree())

    def _tell(self, held: list[Held]) -> None:
        if not held:
            return
        try:
            self._bank.tell(self._process, held)
        except BaseException:
            self._spending.not_told()
            raise

    def _retire(self, now: int) -> None:
        over = self._spending.to_retire(now)
        if over:
            self._spending.retired(self._bank.retire(self._process, over))

    def _leave(self) -> None:
        self._spending.leave()
        held = self._spending.snapshot()
        self._bank.tell(self._process, held)
        self._spending.retired(self._bank.retire(self._process, [one for one in held if not one.held_nano]))

    def _fail(self, problem: Exception) -> None:
        if is_busy(problem):
            # Others are writing to it. Whoever waits for room goes on waiting, as long as it likes.
            _log.info("leases are asked for again, because the database is busy: %s", problem)
            return
        self._spending.away()
        if not self._is_away:
            self._is_away = True
            if isinstance(problem, (SQLAlchemyError, OSError)):
                _log.warning("budgets cannot be asked, because the database is away: %s", problem)
            else:
                _log.exception("budgets cannot be asked")

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
