"""Removing values from the journal so that everybody sees that, when, why and by whom, and the chain still holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.kit import digest_of
from tiebeam.store.journal import FORMAT, Fact, by_kind
from tiebeam.store.tables import journal_entry, journal_retention
from tiebeam.store.unit import Unit
from tiebeam.verifier import RECORDS, REDACTED, commitment, field_salt


class UnknownEntry(NotFound):
    """The stream has no entry of this number."""

    code = "unknown_entry"


class NotRedactable(Conflict):
    """The entry's hash covers its values themselves, or it is the record of a redaction."""

    code = "not_redactable"


def redact(unit: Unit, stream: str, seq: int, *, fields: Collection[str], reason: str, actor: str) -> Fact:
    """Remove fields of an entry's payload, or its `actor`, for good; the record of it goes on the stream `journal`.

    Their commitments stay, so that the entry's hash can still be computed; without the salt nobody can guess a value.
    Raises UnknownEntry, NotRedactable and Invalid.
    """
    if not reason.strip():
        raise Invalid("a redaction needs a reason, which stays on the record")
    row = _locked(unit, stream, seq)
    removed = _labels(row, fields)
    values = {"actor": row.actor, **{f"payload.{name}": value for name, value in row.payload.items()}}
    redaction = row.redaction or {"salts": {label: field_salt(row.salt, label) for label in values}, "hidden": {}}
    salts: dict[str, str] = redaction["salts"]
    gone = {label: commitment(salts[label], label, values[label]) for label in sorted(removed)}
    unit.conn.execute(
        sa.update(journal_entry)
        .where(journal_entry.c.position == row.position)
        .values(
            actor="" if "actor" in gone else row.actor,
            payload={name: value for name, value in row.payload.items() if f"payload.{name}" not in gone},
            salt=None,
            redaction={
                "salts": {label: salt for label, salt in salts.items() if label not in gone},
                "hidden": redaction["hidden"] | gone,
            },
        )
    )
    payload = {"subject": f"entry:{stream}#{seq}", "stream": stream, "seq": seq, "fields": gone, "reason": reason}
    return unit.journal(RECORDS, REDACTED, actor=actor, payload=payload)


def redact_old(
    unit: Unit, *, kind: str, fields: Collection[str], after: timedelta, reason: str, actor: str, limit: int = 200
) -> int:
    """Carry out a retention rule: remove these fields from entries of a kind that are older than `after`.

    Looks at no more than `limit` entries and returns how many it looked at; the next call goes on behind them.
    """
    rule = digest_of([kind, sorted(fields)])
    done = unit.conn.execute(
        sa.select(journal_retention.c.position).where(journal_retention.c.rule == rule).with_for_update()
    ).scalar_one_or_none()
    statement = (
        sa.select(journal_entry)
        .where(*by_kind(kind), journal_entry.c.position > (done or 0))
        .where(journal_entry.c.at < unit.now - after)
        .order_by(journal_entry.c.position)
        .limit(limit)
    )
    rows = unit.conn.execute(statement).all()
    for row in rows:
        present = [name for name in fields if _label(name) in _left(row)]
        if present and row.format == FORMAT:
            redact(unit, row.stream, row.seq, fields=present, reason=reason, actor=actor)
    if rows:
        _remember(unit, rule, rows[-1].position)
    return len(rows)


def _remember(unit: Unit, rule: str, position: int) -> None:
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    unit.conn.execute(
        insert(journal_retention)
        .values(rule=rule, position=position)
        .on_conflict_do_update(index_elements=["rule"], set_={"position": position})
    )


def _locked(unit: Unit, stream: str, seq: int) -> Any:
    statement = sa.select(journal_entry).where(journal_entry.c.stream == stream, journal_entry.c.seq == seq)
    row = unit.conn.execute(statement.with_for_update()).one_or_none()
    if row is None:
        raise UnknownEntry(f"stream {stream!r} has no entry {seq}; 'tiebeam journal list --stream {stream}' shows them")
    if row.format != FORMAT:
        raise NotRedactable(
            f"entry {seq} of {stream!r} was written before values were sealed one by one; "
            "removing one would break its chain",
            stream=stream,
            seq=seq,
        )
    if (row.stream, row.kind) == (RECORDS, REDACTED):
        raise NotRedactable("the record of a redaction stays whole", stream=stream, seq=seq)
    return row


def _label(name: str) -> str:
    return name if name == "actor" else f"payload.{name}"


def _left(row: Any) -> set[str]:
    """The labels that still have a value."""
    hidden = {} if row.redaction is None else row.redaction["hidden"]
    return {"actor", *map(_label, row.payload)} - set(hidden)


def _labels(row: Any, fields: Collection[str]) -> set[str]:
    known, asked = _left(row), {_label(name) for name in fields}
    if not asked or asked - known:
        names = ", ".join(sorted(label.removeprefix("payload.") for label in known))
        raise Invalid(f"entry {row.seq} of {row.stream!r} holds {names}; name one or more of these")
    return asked
