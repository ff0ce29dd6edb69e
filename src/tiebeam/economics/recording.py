"""Writing lines and their rollup in the caller's unit of work."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal, localcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.economics.entries import EXACT_DIGITS, EntryKind, LedgerEntry
from tiebeam.economics.tables import ledger_daily, ledger_entry
from tiebeam.store import Prepared

_SLOTS = 8
_DIMENSIONS = ("day", "intent", "recipe", "team", "kind", "model", "currency", "slot")

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the rollup adds up. `touched` and `touchless` count outcomes."""

    entries: int = 0
    quantity: Decimal = Decimal(0)
    usd_nano: int = 0
    amount: Decimal = Decimal(0)
    touched: int = 0
    touchless: int = 0

    def plus(self, other: Sums) -> Sums:
        with localcontext(prec=EXACT_DIGITS):
            return Sums(
                self.entries + other.entries,
                self.quantity + other.quantity,
                self.usd_nano + other.usd_nano,
                self.amount + other.amount,
                self.touched + other.touched,
                self.touchless + other.touchless,
            )

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Sums.__slots__}


def sums_of(row: Mapping[Any, Any]) -> Sums:
    """The share of one ledger row in the rollup."""
    is_outcome = row["kind"] == EntryKind.OUTCOME
    touched = bool(row["touched"])
    return Sums(
        entries=1,
        quantity=row["quantity"],
        usd_nano=row["usd_nano"] or 0,
        amount=row["amount"] if row["amount"] is not None else Decimal(0),
        touched=int(is_outcome and touched),
        touchless=int(is_outcome and not touched and row["quantity"] == 1),
    )


def rollup_key(row: Mapping[Any, Any]) -> Key:
    """Where a ledger row is added up, in the order of the rollup's key columns."""
    slot = zlib.crc32(row["run_id"].encode()) % _SLOTS
    plain = (row["day"], row["intent"], row["recipe"], row["team"], row["kind"])
    return (*plain, row["model"] or "", row["currency"] or "", slot)


def insert_lines(conn: sa.Connection, entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
    """Insert lines whose key is new and return them. Outcomes that do not say whether a person had touched the run
    come last: they look at its other lines.
    """
    once = {entry.key: entry for entry in reversed(list(entries))}
    outcomes = [entry for entry in once.values() if entry.kind is EntryKind.OUTCOME]
    if all(entry.touched is not None for entry in outcomes):
        return _insert(conn, list(once.values()))
    others = [entry for entry in once.values() if entry.kind is not EntryKind.OUTCOME]
    return [*_insert(conn, others), *_insert(conn, outcomes)]


def _insert(conn: sa.Connection, entries: Sequence[LedgerEntry]) -> list[dict[str, Any]]:
    if not entries:
        return []
    rows = [_row(conn, entry) for entry in reversed(entries)]
    new = {row.key for row in _ADD_LINES[conn.dialect.name].answers(conn, rows)}
    return [row for row in rows if row["key"] in new]


def _by_dialect(build: Callable[[Callable[[sa.Table], Any]], Any]) -> dict[str, Prepared]:
    """A statement in both dialects' words for inserting what may be there already."""
    return {"sqlite": Prepared(build(sqlite.insert)), "postgresql": Prepared(build(postgresql.insert))}


_ADD_LINES = _by_dialect(
    lambda insert: insert(ledger_entry).on_conflict_do_nothing(index_elements=["key"]).returning(ledger_entry.c.key)
)
# The days' rows, made where they are missing, locked, and as they are.
_LOCK = _by_dialect(
    lambda insert: (
        insert(ledger_daily)
        .on_conflict_do_update(index_elements=list(_DIMENSIONS), set_={"entries": ledger_daily.c.entries})
        .returning(ledger_daily)
    )
)
_HERE = sa.and_(*(ledger_daily.c[name] == sa.bindparam(f"at_{name}") for name in _DIMENSIONS))
_WRITE = Prepared(
    sa.update(ledger_daily).where(_HERE).values({name: sa.bindparam(f"new_{name}") for name in Sums.__slots__})
)


def add_to_rollup(conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add new rows to their days. Rows are locked in one order everywhere, so that no two units wait in a circle."""
    added: dict[Key, Sums] = {}
    for row in rows:
        key = rollup_key(row)
        added[key] = added.get(key, Sums()).plus(sums_of(row))
    if not added:
        return
    # Amounts are decimal text, which SQL cannot add exactly; the rows are locked, read, added to and written back.
    empty = Sums().values()
    places = [{**dict(zip(_DIMENSIONS, key, strict=True)), **empty} for key in sorted(added)]
    changes: list[dict[str, Any]] = []
    for locked in _LOCK[conn.dialect.name].answers(conn, places):
        row = locked._asdict()
        total = Sums(**{name: row[name] for name in Sums.__slots__}).plus(added[tuple(row[n] for n in _DIMENSIONS)])
        here = {f"at_{name}": row[name] for name in _DIMENSIONS}
        changes.append(here | {f"new_{name}": value for name, value in total.values().items()})
    _WRITE.run_each(conn, changes)


def _row(conn: sa.Connection, entry: LedgerEntry) -> dict[str, Any]:
    touched = entry.touched
    if entry.kind is EntryKind.OUTCOME and touched is None:
        touched = _was_reviewed(conn, entry.run_id)
    return {
        "key": entry.key,
        "kind": entry.kind.value,
        "at": entry.at,
        "day": entry.at.astimezone(UTC).date().isoformat(),
        "intent": entry.intent,
        "recipe": entry.recipe,
        "team": entry.team,
        "run_id": entry.run_id,
        "step_id": entry.step_id,
        "person": entry.person,
        "model": entry.model,
        "quantity": entry.quantity,
        "usd_nano": entry.usd_nano,
        "amount": entry.amount,
        "currency": entry.currency if entry.amount is not None else None,
        "touched": touched,
        "price": dict(entry.price) if entry.price is not None else None,
    }


def _was_reviewed(conn: sa.Connection, run_id: str) -> bool:
    review = sa.select(ledger_entry.c.seq).where(
        ledger_entry.c.run_id == run_id, ledger_entry.c.kind == EntryKind.REVIEW_MINUTES.value
    )
    return conn.execute(review.limit(1)).first() is not None


def priced(entry: LedgerEntry, *, amount: Decimal, currency: str) -> LedgerEntry:
    """The line with its charge in the workspace's currency."""
    return replace(entry, amount=amount, currency=currency)
