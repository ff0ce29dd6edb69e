"""The database's side of what may be spent.

For every ceiling and window: what is booked, and what is leased and not yet booked, together count every call that is
under way or over. Leases are debited before they are used, and a charge moves from its lease to the books in the commit
that books it. So at no moment is a call counted neither here nor there, whichever process ends when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.economics.metering import spent_of
from tiebeam.economics.spending.leases import Held, Lease, LeaseWish
from tiebeam.economics.spending.patience import FILE_PATIENCE_MS, PATIENCE_MS
from tiebeam.economics.spending.slices import granted, slice_of
from tiebeam.economics.spending.tables import spend_lease, spend_node
from tiebeam.store import Store, Unit

LEASE_LIFE = timedelta(seconds=30)
"""A process that has not renewed for so long may be dead; whether it is, its journal's lock says."""
_MOST = 1_000
_Key = tuple[str, int]
HeldOf = Callable[[str], Mapping[_Key, int] | None]
"""Of a process: what it began or spent and is not booked, by ceiling and window, when it is known to be dead; None when
it may be alive, or nobody here can see its journal."""


@dataclass(frozen=True, slots=True)
class _Rest:
    """How one ceiling stands before a lease is given."""

    remaining: int
    """Less than nothing where the ceiling was lowered or a soft one is passed."""
    elsewhere: int
    processes: int


class Bank:
    """Each verb is one unit of work, unless it is given one. Raises what the database raises when it is away.

    `version` tells of which tree the ceilings in force are.
    """

    def __init__(self, store: Store, *, version: Callable[[sa.Connection], str] | None = None) -> None:
        self._store = store
        self._version = version or (lambda _conn: "")

    @property
    def patience_ms(self) -> int:
        """For so long an answer may be on its way before the database counts as away. A file is only ever busy."""
        return FILE_PATIENCE_MS if self._store.dialect == "sqlite" else PATIENCE_MS

    def take(self, process: str, wishes: Sequence[LeaseWish], *, version: str = "") -> list[Lease]:
        """Debit what is wished for as far as it is there, each ceiling for itself.

        A wish by a tree that is not in force is given only what was overdrawn already.
        """
        if not wishes:
            return []
        ordered = sorted(wishes, key=lambda wish: (wish.node, wish.window_start))
        with self._store.unit() as unit:
            self._lock(unit, ordered)
            in_force = self._version(unit.conn)
            rests = self._rests(unit.conn, process, ordered)
            given = [_give(wish, rests[_key(wish)], is_current=in_force == version) for wish in ordered]
            leased = [(wish, wish.granted_nano + added) for wish, (added, _) in zip(ordered, given, strict=True)]
            self._put(unit, process, leased)
            short = [w for w, (added, _) in zip(ordered, given, strict=True) if w.least_nano > added]
            self._want(unit, [wish for wish in short if rests[_key(wish)].elsewhere > 0])
        return [
            Lease(
                node=wish.node,
                window_start=wish.window_start,
                added_nano=added,
                remaining_nano=rests[_key(wish)].remaining - added,
                elsewhere_nano=rests[_key(wish)].elsewhere,
                slice_nano=piece,
                version=in_force,
            )
            for wish, (added, piece) in zip(ordered, given, strict=True)
        ]

    def tell(self, process: str, held: Sequence[Held]) -> None:
        """Note what goes back: a lease becomes as small as the process says, and never larger."""
        if not held:
            return
        with self._store.unit() as unit:
            smaller = (
                sa.update(spend_lease)
                .where(_one(process), spend_lease.c.leased_nano > sa.bindparam("granted"))
                .values(leased_nano=sa.bindparam("granted"))
            )
            rows = [{"n": one.node, "w": one.window_start, "granted": one.granted_nano} for one in _sorted(held)]
            unit.conn.execute(smaller, rows)

    def renew(self, process: str) -> None:
        """The process lives."""
        mine = spend_lease.c.process == process
        with self._store.unit() as unit:
            # In the order in which charges are booked, so that neither waits for the other in a circle.
            order = (spend_lease.c.node, spend_lease.c.window_start)
            unit.conn.execute(sa.select(spend_lease.c.node).where(mine).order_by(*order).with_for_update()).all()
            unit.conn.execute(sa.update(spend_lease).where(mine).values(expires_at=unit.now + LEASE_LIFE))

    def retire(self, process: str, held: Sequence[Held]) -> list[Held]:
        """Remove leases of which everything is spent and in the books. Returns those that are gone."""
        if not held:
            return []
        places = [(one.node, one.window_start) for one in held]
        place = sa.tuple_(spend_lease.c.node, spend_lease.c.window_start)
        mine = spend_lease.c.process == process
        with self._store.unit() as unit:
            rows = unit.conn.execute(sa.select(spend_lease).where(mine, place.in_(places)))
            written = {(row.node, row.window_start): row.written_nano for row in rows}
            gone = [one for one in held if written.get((one.node, one.window_start), one.spent_nano) >= one.spent_nano]
            if gone:
                done = [{"n": one.node, "w": one.window_start} for one in _sorted(gone)]
                unit.conn.execute(sa.delete(spend_lease).where(_one(process)), done)
        return gone

    def written(self, unit: Unit, process: str, sums: Mapping[_Key, int]) -> None:
        """Move charges from leases to the books, in the unit that books them; also those of a process that died."""
        if not sums:
            return
        moved = (
            sa.update(spend_lease)
            .where(_one(process))
            .values(written_nano=spend_lease.c.written_nano + sa.bindparam("nano"))
        )
        unit.conn.execute(moved, [{"n": node, "w": start, "nano": sums[node, start]} for node, start in sorted(sums)])

    def closed(self, unit: Unit, process: str) -> None:
        """A process ended, and the unit books the last it ever began: what it had leased besides goes back."""
        unit.conn.execute(sa.delete(spend_lease).where(spend_lease.c.process == process))

    def close(self, process: str) -> None:
        """The same in a unit of its own."""
        with self._store.unit() as unit:
            self.closed(unit, process)

    def overdue(self) -> list[str]:
        """Processes that have not renewed in time."""
        with self._store.read() as conn:
            late = sa.select(spend_lease.c.process).where(spend_lease.c.expires_at < self._store.clock.now())
            return list(conn.execute(late.distinct().order_by(spend_lease.c.process).limit(_MOST)).scalars())

    def expire(self, held_of: HeldOf) -> list[str]:
        """Take back from processes that have not renewed what none of their open calls holds. Returns those it was."""
        done: list[str] = []
        for process in self.overdue():
            held = held_of(process)
            if held is None:
                continue
            with self._store.unit() as unit:
                self._keep_only(unit, process, held)
            done.append(process)
        return done

    def wanted(self) -> tuple[str, dict[_Key, int]]:
        """The version in force, and how often processes went short of what others have leased, by ceiling."""
        with self._store.read() as conn:
            rows = conn.execute(
                sa.select(spend_node.c.node, spend_node.c.window_start, spend_node.c.wanted)
                .where(spend_node.c.wanted > 0, spend_node.c.leased_at > self._store.clock.now() - timedelta(minutes=1))
                .order_by(spend_node.c.leased_at.desc())
                .limit(_MOST)
            )
            return self._version(conn), {(row.node, row.window_start): row.wanted for row in rows}

    def tidy(self, *, older_than: timedelta = timedelta(days=1)) -> int:
        """Forget ceilings that nobody leases of any more. Their spending stays in the books. Returns how many."""
        leased = sa.select(spend_lease.c.node).where(
            spend_lease.c.node == spend_node.c.node, spend_lease.c.window_start == spend_node.c.window_start
        )
        with self._store.unit() as unit:
            old = (
                sa.select(spend_node.c.node, spend_node.c.window_start)
                .where(spend_node.c.leased_at < unit.now - older_than, ~sa.exists(leased))
                .order_by(spend_node.c.node, spend_node.c.window_start)
                .limit(_MOST)
            )
            gone = sa.delete(spend_node).where(sa.tuple_(spend_node.c.node, spend_node.c.window_start).in_(old))
            return unit.conn.execute(gone).rowcount

    def _lock(self, unit: Unit, wishes: Sequence[LeaseWish]) -> None:
        """Let nobody else lease of these ceilings before the unit ends. One order, so that nobody waits in a circle."""
        insert = _insert(unit)(spend_node)
        # What is there already is locked by being updated, and a row made by somebody else is waited for.
        taken = insert.on_conflict_do_update(
            index_elements=["node", "window_start"],
            set_={"cap_nano": insert.excluded.cap_nano, "leased_at": insert.excluded.leased_at},
        )
        common = {"wanted": 0, "leased_at": unit.now}
        unit.conn.execute(taken, [{**_place(wish), "cap_nano": wish.cap_nano, **common} for wish in wishes])

    def _rests(self, conn: sa.Connection, process: str, wishes: Sequence[LeaseWish]) -> dict[_Key, _Rest]:
        """Leases are read before the books: a charge that moves meanwhile is counted twice, never not at all."""
        keys = [_key(wish) for wish in wishes]
        leases = conn.execute(
            sa.select(spend_lease).where(sa.tuple_(spend_lease.c.node, spend_lease.c.window_start).in_(keys))
        ).all()
        spent = spent_of(conn, keys)
        rests: dict[_Key, _Rest] = {}
        by_place: defaultdict[_Key, list[sa.Row[Any]]] = defaultdict(list)
        for row in leases:
            by_place[row.node, row.window_start].append(row)
        for wish in wishes:
            here = by_place[_key(wish)]
            others = [row for row in here if row.process != process]
            elsewhere = sum(max(0, row.leased_nano - row.written_nano) for row in others)
            written = sum(row.written_nano for row in here if row.process == process)
            mine = max(0, wish.granted_nano - written)
            booked = spent[_key(wish)].nano if _key(wish) in spent else 0
            rests[_key(wish)] = _Rest(wish.cap_nano - booked - elsewhere - mine, elsewhere, len(others) + 1)
        return rests

    def _put(self, unit: Unit, process: str, leased: Sequence[tuple[LeaseWish, int]]) -> None:
        insert = _insert(unit)(spend_lease)
        put = insert.on_conflict_do_update(
            index_elements=["node", "window_start", "process"],
            set_={"leased_nano": insert.excluded.leased_nano, "expires_at": insert.excluded.expires_at},
        )
        common = {"process": process, "written_nano": 0, "expires_at": unit.now + LEASE_LIFE}
        unit.conn.execute(put, [{**_place(wish), "leased_nano": nano, **common} for wish, nano in leased])

    def _want(self, unit: Unit, wishes: Iterable[LeaseWish]) -> None:
        for wish in wishes:
            unit.conn.execute(
                sa.update(spend_node)
                .where(spend_node.c.node == wish.node, spend_node.c.window_start == wish.window_start)
                .values(wanted=spend_node.c.wanted + 1)
            )

    def _keep_only(self, unit: Unit, process: str, held: Mapping[_Key, int]) -> None:
        mine = sa.select(spend_lease).where(spend_lease.c.process == process)
        for row in unit.conn.execute(mine.order_by(spend_lease.c.node, spend_lease.c.window_start)).all():
            keep = row.written_nano + held.get((row.node, row.window_start), 0)
            if keep < row.leased_nano:
                unit.conn.execute(
                    sa.update(spend_lease)
                    .where(
                        spend_lease.c.process == process,
                        spend_lease.c.node == row.node,
                        spend_lease.c.window_start == row.window_start,
                    )
                    .values(leased_nano=keep)
                )


def _give(wish: LeaseWish, rest: _Rest, *, is_current: bool) -> tuple[int, int]:
    """What is debited, and what is given at a time."""
    remaining = rest.remaining - wish.overdrawn_nano
    if not is_current:
        return wish.overdrawn_nano, 0
    if not wish.hard:
        piece = slice_of(cap=wish.cap_nano, remaining=wish.cap_nano, processes=rest.processes)
        piece = max(piece, 4 * wish.overdrawn_nano)
        return wish.overdrawn_nano + piece, piece
    needed = max(0, wish.least_nano - wish.overdrawn_nano)
    wanted = max(0, wish.want_nano - wish.overdrawn_nano)
    added = granted(cap=wish.cap_nano, remaining=remaining, least=needed, want=wanted, processes=rest.processes)
    piece = slice_of(cap=wish.cap_nano, remaining=remaining - added, processes=rest.processes)
    return wish.overdrawn_nano + added, piece


def _one(process: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        spend_lease.c.process == process,
        spend_lease.c.node == sa.bindparam("n"),
        spend_lease.c.window_start == sa.bindparam("w"),
    )


def _key(wish: LeaseWish) -> _Key:
    return wish.node, wish.window_start


def _place(wish: LeaseWish) -> dict[str, str | int]:
    return {"node": wish.node, "window_start": wish.window_start}


def _sorted(held: Sequence[Held]) -> list[Held]:
    return sorted(held, key=lambda one: (one.node, one.window_start))


def _insert(unit: Unit) -> Callable[[sa.Table], postgresql.Insert | sqlite.Insert]:
    return postgresql.insert if unit.store.dialect == "postgresql" else sqlite.insert
