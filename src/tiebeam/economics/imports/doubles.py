"""Use that was imported first and passed the gateway as well: found without the files, taken back by corrections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.imports.known import Twins, less
from tiebeam.economics.imports.sighting import Sighting, SightingKind, plain_model
from tiebeam.economics.imports.tables import usage_import
from tiebeam.economics.metering import CLASSES, Correction, Usage, correct
from tiebeam.economics.tables import usage_charge
from tiebeam.store import Unit

_PAGE = 400
_MOST = 500
_OURS = ("gateway", "step")
_REASON = "the same use passed the gateway"


@dataclass(frozen=True, slots=True)
class Double:
    """An imported charge of which the gateway has all, or a part. What is to stay of it is `nano` and `usage`."""

    charge_id: str
    source: str
    day: str
    provider: str
    model: str
    was_nano: int
    nano: int
    usage: Usage
    because: str


def find_doubles(conn: sa.Connection, *, since: date, until: date) -> list[Double]:
    """Imported charges that the gateway saw too, at most 500 at a time.

    A call has the same id of its answer, or the same shape at the same time. Of a bucket it is what the gateway wrote
    after the import about moments before it.
    """
    found: list[Double] = []
    for page in _imported(conn, since, until):
        found += _calls(conn, [row for row in page if row["fingerprint"]])
        found += _buckets(conn, [row for row in page if not row["fingerprint"] and _usage(row) != Usage()])
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def take_back(unit: Unit, doubles: Sequence[Double], *, actor: str) -> list[str]:
    """Correct them to what is to stay; returns the ids of the corrections."""
    wanted = [Correction(one.charge_id, one.nano, one.usage) for one in doubles]
    return correct(unit, wanted, actor=actor, reason=_REASON)


def _imported(conn: sa.Connection, since: date, until: date) -> Iterator[list[Mapping[Any, Any]]]:
    """Imported charges as they stand, with when they were imported."""
    table = usage_charge.c
    after = 0
    while True:
        statement = (
            sa.select(usage_charge)
            .where(
                table.day.between(since.isoformat(), until.isoformat()),
                table.source.startswith("import:"),
                table.corrects.is_(None),
                table.seq > after,
            )
            .order_by(table.seq)
            .limit(_PAGE)
        )
        rows = [dict(row) for row in conn.execute(statement).mappings()]
        if not rows:
            return
        after = rows[-1]["seq"]
        yield _standing(conn, rows)


def _standing(conn: sa.Connection, rows: list[dict[str, Any]]) -> list[Mapping[Any, Any]]:
    """With what was corrected since, and apart what was taken back here; those with nothing left are left out."""
    by_id: dict[str, dict[str, Any]] = {row["id"]: {**row, "taken": [0] * len(CLASSES)} for row in rows}
    table = usage_charge.c
    ours = table.route == f"correction: {_REASON}"
    names = [f"{name}_tokens" for name in CLASSES]
    statement = (
        sa.select(table.corrects, ours, sa.func.sum(table.usd_nano), *(sa.func.sum(table[name]) for name in names))
        .where(table.corrects.in_(list(by_id)))
        .group_by(table.corrects, ours)
        .limit(2 * _PAGE)
    )
    for charge, was_ours, nano, *sums in map(tuple, conn.execute(statement)):
        row = by_id[charge]
        row["usd_nano"] += int(nano)
        for index, (name, value) in enumerate(zip(names, sums, strict=True)):
            row[name] += int(value)
            row["taken"][index] -= int(value) if was_ours else 0
    return [row for row in by_id.values() if row["usd_nano"] or _usage(row) != Usage()]


def _calls(conn: sa.Connection, rows: Sequence[Mapping[Any, Any]]) -> Iterator[Double]:
    by_source: dict[str, list[Mapping[Any, Any]]] = {}
    for row in rows:
        by_source.setdefault(row["source"], []).append(row)
    for source, some in by_source.items():
        twins = Twins(source, only=_OURS).find(conn, [_sighting(row) for row in some])
        for row in some:
            twin = twins.get(row["id"])
            if twin is not None:
                yield _double(row, 0, Usage(), f"the same call as {twin.charge_id}")


def _buckets(conn: sa.Connection, rows: Sequence[Mapping[Any, Any]]) -> Iterator[Double]:
    held: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row in rows:
        key = (row["provider"], row["day"])
        if key not in held:
            held[key] = _written_since(conn, row)
        usage = _usage(row)
        # What was taken back before stands for as many of the gateway's calls.
        whole_usage = Usage(*(getattr(usage, name) + gone for name, gone in zip(CLASSES, row["taken"], strict=True)))
        there = less(held[key].get(plain_model(row["model"])), whole_usage)
        rest = Usage(*(getattr(whole_usage, name) - getattr(there, name) for name in CLASSES))
        if rest.all_input + rest.all_output < usage.all_input + usage.all_output:
            whole, left = usage.all_input + usage.all_output, rest.all_input + rest.all_output
            yield _double(row, row["usd_nano"] * left // whole, rest, "the gateway wrote calls of this day since")


def _written_since(conn: sa.Connection, row: Mapping[Any, Any]) -> dict[str, list[int]]:
    """Tokens of the gateway's calls of that day, by model, that were written after an import and made before it."""
    table = usage_charge.c
    family = row["source"].partition(":")[2]
    taken = sa.select(sa.func.min(usage_import.c.at)).where(
        usage_import.c.source.startswith(family), usage_import.c.since <= row["day"], usage_import.c.until >= row["day"]
    )
    imported_at = conn.execute(taken).scalar()
    where = [
        table.day == row["day"],
        table.provider == row["provider"],
        table.seq > row["seq"],
        table.source.in_(_OURS),
    ]
    if imported_at is not None:
        where.append(table.at <= imported_at)
    sums = [sa.func.sum(table[f"{name}_tokens"]) for name in CLASSES]
    statement = sa.select(table.model, *sums).where(*where).group_by(table.model).limit(1000)
    found: dict[str, list[int]] = {}
    for model, *tokens in map(tuple, conn.execute(statement)):
        line = found.setdefault(plain_model(model), [0] * len(CLASSES))
        for index, value in enumerate(tokens):
            line[index] += int(value)
    return found


def _double(row: Mapping[Any, Any], nano: int, usage: Usage, because: str) -> Double:
    names = ("source", "day", "provider", "model")
    return Double(
        row["id"], *(row[name] for name in names), was_nano=row["usd_nano"], nano=nano, usage=usage, because=because
    )


def _usage(row: Mapping[Any, Any]) -> Usage:
    return Usage(*(row[f"{name}_tokens"] for name in CLASSES))


def _sighting(row: Mapping[Any, Any]) -> Sighting:
    at = round(row["at"].timestamp() * 1000)
    return Sighting(
        kind=SightingKind.CALL,
        file="",
        line=0,
        id=row["id"],
        at=at,
        until=at + row["millis"],
        provider=row["provider"],
        model=row["model"],
        usage=_usage(row),
        fingerprint=row["fingerprint"],
    )
