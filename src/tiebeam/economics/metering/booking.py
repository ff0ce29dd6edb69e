"""Booking charges that come from elsewhere than a journal: imports, and corrections of what was booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from tiebeam.economics.metering.charges import Attempt, Ended, Settlement, Usage
from tiebeam.economics.metering.projection import Projection
from tiebeam.economics.metering.rows import Metered, cleaned
from tiebeam.economics.metering.writing import add_charges, add_prices, known_ids, price_text
from tiebeam.economics.tables import CLASSES, usage_charge
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.store import Unit

_SLOT = 0
MOST_CORRECTIONS = 500


class UnknownCharge(NotFound):
    """The charge is not in the database; a month that was closed and emptied lies in its file."""

    code = "unknown_charge"


class CorrectsCorrection(Conflict):
    """A correction was named where the charge itself has to be."""

    code = "corrects_correction"


@dataclass(frozen=True, slots=True)
class Correction:
    """What a charge should have come to, in nano-dollars; `usage` None leaves its tokens as they are."""

    charge_id: str
    nano: int
    usage: Usage | None = None


def book(
    unit: Unit, charges: Sequence[Metered], *, prices: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Metered]:
    """Add charges and their sums in the caller's unit; returns the new ones. An id that is there already is left alone.

    `prices` are snapshots by digest.
    """
    known = known_ids(unit.conn, [one.attempt.id for one in charges])
    once = {one.attempt.id: cleaned(one) for one in charges if one.attempt.id not in known}
    add_prices(unit.conn, {digest: price_text(snapshot) for digest, snapshot in (prices or {}).items()})
    new = list(once.values())
    add_charges(unit.conn, new, slot=_SLOT)
    return new


def correct(
    unit: Unit, corrections: Sequence[Correction], *, actor: str, reason: str, projection: Projection | None = None
) -> list[str]:
    """Bring charges to what they should have come to, by further charges; returns the ids of those.

    A charge is never changed. What was an estimate is taken back as an estimate and booked anew, so that nothing of
    it counts as estimated any more. The charge's own day and budgets are corrected. A correction that changes nothing
    is left out. Raises UnknownCharge, CorrectsCorrection, and Invalid for more than 500 at a time or a charge twice.
    """
    ids = [one.charge_id for one in corrections]
    if len(ids) > MOST_CORRECTIONS or len(set(ids)) != len(ids):
        raise Invalid(f"give at most {MOST_CORRECTIONS} corrections at a time, each charge once; these are {len(ids)}")
    if not reason.strip():
        raise Invalid("say why the charges are corrected; the reason is kept with them")
    stood = _standing(unit.conn, ids)
    booked: list[Metered] = []
    for one in corrections:
        booked += _entries(unit, one, stood[one.charge_id], reason)
    if not booked:
        return []
    add_charges(unit.conn, booked, slot=_SLOT)
    if projection is not None:
        projection.add(unit, booked)
    changes = {one.corrects: 0 for one in booked}
    for one in booked:
        changes[one.corrects] += one.settlement.nano
    unit.journal(
        "ledger:use",
        "use.corrected",
        actor=actor,
        payload={"reason": reason, "usd_nano_by_charge": {str(charge): nano for charge, nano in changes.items()}},
    )
    return [one.attempt.id for one in booked]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A charge with all that was corrected of it so far."""

    attempt: Attempt
    settlement: Settlement
    estimated_nano: int
    estimated_usage: Usage


def _standing(conn: sa.Connection, ids: Sequence[str]) -> dict[str, _Standing]:
    either = sa.or_(usage_charge.c.id.in_(ids), usage_charge.c.corrects.in_(ids))
    # Locked, so that two corrections at once do not both start from the same figures.
    rows = conn.execute(sa.select(usage_charge).where(either).order_by(usage_charge.c.seq).with_for_update()).mappings()
    originals: dict[str, Mapping[str, Any]] = {}
    by_charge: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["corrects"] is None:
            originals[row["id"]] = dict(row)
        elif row["id"] in ids:
            raise CorrectsCorrection(f"{row['id']!r} is itself a correction; name {row['corrects']!r} instead")
        by_charge.setdefault(row["corrects"] or row["id"], []).append(dict(row))
    for wanted in ids:
        if wanted not in originals:
            raise UnknownCharge(
                f"there is no charge {wanted!r} in the database; charges of emptied months lie in the months' files"
            )
    return {name: _sum(originals[name], by_charge[name]) for name in ids}


def _sum(original: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> _Standing:
    estimates = [row for row in rows if row["estimated"]]
    attempt = Attempt(
        **{name: original[name] for name in Attempt.__struct_fields__ if name in original and name not in _DERIVED},
        at=int(original["at"].timestamp() * 1000),
        worst=original["worst_nano"],
        nodes=tuple((node, start) for node, start in original["nodes"]),
        is_run=bool(original["execution"]),
    )
    settlement = Settlement(
        attempt_id=attempt.id,
        at=attempt.at,
        nano=sum(row["usd_nano"] for row in rows),
        usage=_usage(rows),
        ended=Ended(original["ended"]),
        concluded=original["concluded"],
    )
    return _Standing(attempt, settlement, sum(row["usd_nano"] for row in estimates), _usage(estimates))


_DERIVED = {"at", "worst", "nodes", "is_run"}


def _usage(rows: Sequence[Mapping[str, Any]]) -> Usage:
    return Usage(*(sum(row[f"{name}_tokens"] for row in rows) for name in CLASSES))


def _entries(unit: Unit, wanted: Correction, stands: _Standing, reason: str) -> list[Metered]:
    usage = wanted.usage or stands.settlement.usage
    back = _minus(Usage(), stands.estimated_usage)
    rest = _minus(_minus(usage, stands.settlement.usage), back)
    parts = [
        (-stands.estimated_nano, back, True),
        (wanted.nano - stands.settlement.nano + stands.estimated_nano, rest, False),
    ]
    return [
        _entry(unit, stands, nano=nano, usage=used, estimated=estimated, reason=reason)
        for nano, used, estimated in parts
        if nano or used != Usage()
    ]


def _entry(unit: Unit, stands: _Standing, *, nano: int, usage: Usage, estimated: bool, reason: str) -> Metered:
    made, ended = stands.attempt, stands.settlement
    name = unit.store.ids.new("corr")
    return Metered(
        attempt=msgspec.structs.replace(made, id=name, worst=0, route=f"correction: {reason}"),
        settlement=msgspec.structs.replace(ended, attempt_id=name, nano=nano, usage=usage, estimated=estimated),
        corrects=made.id,
    )


def _minus(one: Usage, other: Usage) -> Usage:
    return Usage(*(getattr(one, name) - getattr(other, name) for name in CLASSES))
