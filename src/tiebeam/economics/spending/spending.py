"""Reserving and settling in memory: no database, no clock, one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from tiebeam.economics.spending.account import DENIED_MS, GRACE_MS, Account
from tiebeam.economics.spending.holding import Hold, Short, Why
from tiebeam.economics.spending.leases import Held, Lease, LeaseWish
from tiebeam.economics.spending.nodes import Level, NoBudget, Node, Path
from tiebeam.economics.spending.patience import PATIENCE_MS
from tiebeam.economics.spending.tree import Tree

_MOST_WISHES = 400
_MOST_RETIRED = 2_000
_WEIGHT = {Why.CAP: 0, Why.STORE_AWAY: 1, Why.HOLDS_IN_FLIGHT: 2, Why.NEEDS_LEASE: 3}
"""Of several reasons, the one that waiting helps least is told."""

_Key = tuple[str, int]


class Spending:
    """What this process may spend, of which every part was debited in the database before it is used.

    Safe to use from many threads. Moments are milliseconds since 1970, amounts nano-dollars.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.patience_ms = PATIENCE_MS
        """After so many milliseconds without an answer the database is away."""
        self.on_ask: Callable[[], None] = lambda: None
        """Called, under no lock, when a call went short or little is left: leases should be asked for now."""
        self._lock = threading.Lock()
        self._accounts: dict[_Key, Account] = {}
        # By the identity of a path's lasting nodes: they, the span in which these accounts hold, and the accounts.
        self._open: dict[int, tuple[tuple[Node, ...], int, int, tuple[Account, ...]]] = {}
        self._asking: dict[_Key, Account] = {}
        self._is_away = False

    def path(self, *, team: str, workflow: str, key_id: str, execution: str = "") -> Path | NoBudget:
        """The path of a call in the tree in force."""
        return self.tree.path(team=team, workflow=workflow, key_id=key_id, execution=execution)

    def reserve(self, path: Path, worst_nano: int, now_ms: int) -> Hold | Short:
        """Hold the worst case at every ceiling of the path, or at none. Raises NoBudget when its budgets are gone."""
        with self._lock:
            answer, is_asking = self._reserve(self._current(path), worst_nano, now_ms)
        if is_asking:
            self.on_ask()
        return answer

    def settle(self, hold: Hold, nano: int, *, also: Iterable[Hold] = ()) -> None:
        """End a hold with what the call cost, in the windows in which it was reserved. The second time does nothing.

        `also` are further holds of the same call, which end with it.
        """
        woken: list[Callable[[], None]] = []
        is_asking = False
        with self._lock:
            for one, cost in ((hold, nano), *((more, 0) for more in also)):
                if not one.is_settled:
                    one.is_settled = True
                    for account in one.accounts:
                        account.held -= one.nano
                        account.spent += cost
            for account in hold.accounts:
                if account.waiters:
                    woken += account.fitting() or account.hopeless()
                if account.available < 0:
                    # It cost more than its worst case: the database hears of it whatever the ceiling says.
                    is_asking = self._ask_ahead(account, 0) or is_asking
        if is_asking:
            self.on_ask()
        for wake in woken:
            wake()

    def when_room(self, short: Short, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` once, from whichever thread, when there may be room or no hope; then reserve again.

        The caller sets the limit to its patience, and calls what is returned when it waits no more.
        """
        account = short.account
        if account is None or short.why in {Why.CAP, Why.STORE_AWAY}:
            wake()
            return lambda: None
        waiter = (short.worst_nano, wake)
        with self._lock:
            is_there = account.available >= short.worst_nano or self._is_away
            if not is_there:
                account.waiters.append(waiter)
                self._asking[account.node.id, account.window_start] = account
            is_asking = not is_there and account.denied_until == 0
        if is_there:
            wake()
        if is_asking:
            self.on_ask()
        return lambda: self._leave(account, waiter)

    def room(self, path: Path, now_ms: int) -> int:
        """The most a call may cost now: what is here and what the database last had left, at the tightest ceiling."""
        with self._lock:
            path = self._current(path)
            rooms = [one.room for one in self._resolved(path, now_ms) if one.node.hard]
        if path.limit is not None and path.run is None:
            rooms.append(path.limit.cap_nano)
        return max(0, min(rooms, default=1 << 62))

    def use(self, tree: Tree) -> None:
        """Take another tree. Where a ceiling was lowered or is gone, nothing unspent of it is used any more."""
        woken: list[Callable[[], None]] = []
        with self._lock:
            self.tree = tree
            self._open.clear()
            for account in self._accounts.values():
                found = tree.nodes.get(account.node.id)
                if account.node.level is Level.EXECUTION:
                    continue
                if found is None:
                    account.give_up()
                    continue
                before, account.node = account.cap, found
                account.denied_until = 0
                if account.cap < before:
                    account.give_up()
                    account.remaining = None
                woken += account.all_waiting()
        for wake in woken:
            wake()

    def wishes(self, now_ms: int) -> list[LeaseWish]:
        """What to lease next: for calls that went short, for what was overdrawn, and ahead of need."""
        with self._lock:
            wanting = [one for one in self._asking.values() if one.is_due(now_ms)][:_MOST_WISHES]
            return [one.wish() for one in wanting]

    def granted(self, leases: Iterable[Lease], now_ms: int) -> None:
        """Take in the answers of the database to `wishes`."""
        woken: list[Callable[[], None]] = []
        with self._lock:
            self._is_away = False
            for lease in leases:
                account = self._accounts.get((lease.node, lease.window_start))
                if account is not None:
                    woken += self._take_in(account, lease, now_ms)
        for wake in woken:
            wake()

    def away(self) -> None:
        """The database could not be asked. Calls that waited for it find out now."""
        woken: list[Callable[[], None]] = []
        with self._lock:
            self._is_away = True
            for account in self._asking.values():
                woken += account.all_waiting()
        for wake in woken:
            wake()

    def back(self) -> None:
        """The database answers again."""
        with self._lock:
            self._is_away = False
            for account in self._accounts.values():
                account.asked_since = 0

    def to_tell(self, now_ms: int) -> list[Held]:
        """What goes back: what nobody uses, and what was given up since the database was last told."""
        with self._lock:
            found: list[Held] = []
            for account in self._accounts.values():
                account.give_back_idle(now_ms)
                if not account.is_told:
                    account.is_told = True
                    found.append(account.state())
            return found

    def not_told(self) -> None:
        """What `to_tell` said last did not arrive."""
        with self._lock:
            for account in self._accounts.values():
                account.is_told = False

    def recall(self, keys: Iterable[_Key], now_ms: int) -> None:
        """Another process needs what lies unspent at these ceilings."""
        with self._lock:
            for key in keys:
                account = self._accounts.get(key)
                if account is not None and not account.waiters and now_ms - account.granted_at > GRACE_MS:
                    account.give_up()

    def to_retire(self, now_ms: int) -> list[Held]:
        """Ceilings nobody uses any more: executions that are over and windows that have ended."""
        with self._lock:
            found: list[Held] = []
            for account in self._accounts.values():
                if account.is_over(now_ms):
                    account.give_up()
                    found.append(account.state())
                    if len(found) == _MOST_RETIRED:
                        break
            return found

    def retired(self, those: Iterable[Held]) -> None:
        """The database has every charge of these and no lease any more: forget them, unless they were used again."""
        with self._lock:
            for held in those:
                key = (held.node, held.window_start)
                account = self._accounts.get(key)
                if account is None:
                    continue
                # Its row is gone, all it had spent is in the books: from here on it counts from nothing.
                account.granted -= held.granted_nano
                account.spent -= held.spent_nano
                if account.granted == account.spent == account.held == 0 and not account.waiters:
                    del self._accounts[key]
                    self._asking.pop(key, None)
                    self._open.clear()

    def leave(self) -> None:
        """Give up all that is not held: this process ends."""
        with self._lock:
            for account in self._accounts.values():
                account.give_up()

    def snapshot(self) -> list[Held]:
        """How every ceiling stands in this process."""
        with self._lock:
            return [account.state() for account in self._accounts.values()]

    def _current(self, path: Path) -> Path:
        if path.tree is self.tree:
            return path
        team, workflow, key_id, execution = path.asked
        found = self.tree.path(team=team, workflow=workflow, key_id=key_id, execution=execution)
        if isinstance(found, NoBudget):
            raise found
        return found

    def _reserve(self, path: Path, worst: int, now_ms: int) -> tuple[Hold | Short, bool]:
        if path.limit is not None and worst > path.limit.cap_nano:
            return Short(path.run or path.limit, 0, 1 << 62, Why.CAP, worst, path.limit.cap_nano), False
        accounts = self._resolved(path, now_ms)
        shortages: list[Short] = []
        is_unenforced = False
        for account in accounts:
            if account.granted - account.spent - account.held >= worst or not account.node.hard:
                continue
            why = self._why(account, worst, now_ms)
            if why is None:
                is_unenforced = True
            else:
                shortages.append(_short(account, why, worst))
        if shortages:
            worst_of_all = min(shortages, key=lambda one: _WEIGHT[one.why])
            return worst_of_all, any(one.why is Why.NEEDS_LEASE for one in shortages)
        is_asking = False
        for account in accounts:
            account.held += worst
            account.used_at = now_ms
            if 2 * (account.granted - account.spent - account.held) < account.slice or account.available < 0:
                is_asking = self._ask_ahead(account, now_ms) or is_asking
        return Hold(accounts, worst, is_unenforced), is_asking

    def _why(self, account: Account, worst: int, now_ms: int) -> Why | None:
        """Why a call finds no room at a hard ceiling; None where it goes through all the same."""
        if worst > account.cap:
            return Why.CAP
        if account.asked_since and now_ms - account.asked_since > self.patience_ms:
            self._is_away = True
        if self._is_away:
            return None if account.node.open_when_away else Why.STORE_AWAY
        short_by = worst - account.available
        if now_ms < account.denied_until and account.remaining is not None and short_by > account.remaining:
            return Why.HOLDS_IN_FLIGHT if account.held > 0 or account.elsewhere > 0 else Why.CAP
        account.asked_least = min(account.asked_least or short_by, short_by)
        account.asked_since = account.asked_since or now_ms
        account.used_at = now_ms
        account.denied_until = 0
        self._asking[account.node.id, account.window_start] = account
        return Why.NEEDS_LEASE

    def _ask_ahead(self, account: Account, now_ms: int) -> bool:
        key = (account.node.id, account.window_start)
        if key in self._asking or (now_ms < account.denied_until and account.available >= 0):
            return False
        self._asking[key] = account
        return True

    def _take_in(self, account: Account, lease: Lease, now_ms: int) -> list[Callable[[], None]]:
        is_needed = account.asked_least > 0 or bool(account.waiters)
        account.granted += lease.added_nano
        account.asked_least = account.asked_since = 0
        if lease.version != self.tree.version:
            # Asked by an older tree: it stays wanted, and is asked for again by the one that comes.
            return []
        account.remaining, account.elsewhere = lease.remaining_nano, lease.elsewhere_nano
        account.slice = lease.slice_nano
        woken = account.fitting()
        if lease.added_nano <= 0:
            account.denied_until = now_ms + DENIED_MS
            if is_needed:
                # Not even the smallest fits. What lies here is of no use, so others may have it.
                account.give_up()
                woken += account.hopeless()
        else:
            account.denied_until = 0
            account.granted_at = now_ms
        if not account.waiters:
            self._asking.pop((account.node.id, account.window_start), None)
        return woken

    def _leave(self, account: Account, waiter: tuple[int, Callable[[], None]]) -> None:
        with self._lock, suppress(ValueError):
            account.waiters.remove(waiter)

    def _resolved(self, path: Path, now_ms: int) -> tuple[Account, ...]:
        lasting = path.lasting
        known = self._open.get(id(lasting))
        if known is None or not known[1] <= now_ms < known[2]:
            accounts = tuple(self._account(node, now_ms) for node in lasting)
            start = max((one.window_start for one in accounts), default=0)
            end = min((one.window_end for one in accounts), default=1 << 62)
            known = self._open[id(lasting)] = (lasting, start, end, accounts)
        return known[3] if path.run is None else (self._account(path.run, now_ms), *known[3])

    def _account(self, node: Node, now_ms: int) -> Account:
        start, end = node.window.around(now_ms)
        found = self._accounts.get((node.id, start))
        if found is None:
            found = self._accounts[node.id, start] = Account(node, start, end, used_at=now_ms)
        elif found.node is not node:
            if node.cap_in(start) < found.cap:
                found.give_up()
            found.node = node
        return found


def _short(account: Account, why: Why, worst: int) -> Short:
    room = max(0, account.room)
    return Short(account.node, account.window_start, account.window_end, why, worst, room, account)
