"""The verbs: comparing the ledger with what a provider says, and accepting its word on what was estimated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.billing.answer import TOLERANCE, DayLine, Difference, Reconciled
from tiebeam.economics.billing.tables import usage_reconciliation
from tiebeam.economics.imports import Stated, StatedUse, plain_model, read_stated
from tiebeam.economics.metering import CLASSES, Correction, correct
from tiebeam.economics.prices import Prices
from tiebeam.economics.tables import usage_charge, usage_daily
from tiebeam.errors import Invalid
from tiebeam.kit import plain, usd_of_nano
from tiebeam.store import Store, Unit

_AT_ONCE = 500
_FETCH = 2000
_MOST = 100_000
_CENT = 10_000_000
"""Less than this many nano-dollars apart is no difference."""

_Key = tuple[str, str]
"""Day and model."""


class NothingStated(Invalid):
    """The files state no use of one provider."""

    code = "nothing_stated"


@dataclass(frozen=True, slots=True)
class ReconcileQuestion:
    """Files of one provider: its usage, its costs, or both together."""

    files: tuple[Path, ...]
    source: str | None = None
    provider: str | None = None
    """Needed where the files speak of several."""
    day_first: bool | None = None


@dataclass(slots=True)
class _Held:
    """What the ledger has of a day and model."""

    nano: int = 0
    estimated: int = 0
    tokens: int = 0


class Reconciling:
    def __init__(self, store: Store, *, prices: Prices) -> None:
        self._store = store
        self._prices = prices

    def compare(self, question: ReconcileQuestion) -> Reconciled:
        """Raises BrokenImport, UnknownImport and NothingStated."""
        stated, lines = self._stated(question)
        with self._store.read() as conn:
            return _compared(conn, lines, stated)

    def accept(self, question: ReconcileQuestion, *, actor: str, reason: str) -> Reconciled:
        """Correct the estimated charges to what the provider states; everything else stays as an itemised difference.

        Raises like `compare`, and Invalid without a reason.
        """
        if not reason.strip():
            raise Invalid("say why the provider's figures are accepted; the reason is kept with the corrections")
        stated, lines = self._stated(question)
        with self._store.unit() as unit:
            found = _compared(unit.conn, lines, stated)
            made: list[str] = []
            for batch in _batches(_corrections(unit.conn, found)):
                made += correct(unit, batch, actor=actor, reason=reason)
            done = replace(found, corrections=tuple(made), id=unit.store.ids.new("rec"))
            _keep(unit, question, stated, done, actor=actor, reason=reason)
            return done

    def _stated(self, question: ReconcileQuestion) -> tuple[StatedUse, list[Stated]]:
        stated = read_stated(question.files, prices=self._prices, source=question.source, day_first=question.day_first)
        providers = sorted({line.provider for line in stated.lines})
        if question.provider is None and len(providers) > 1:
            raise NothingStated(f"the files speak of {', '.join(providers)}; say which provider is meant")
        wanted = question.provider or (providers[0] if providers else "")
        lines = [line for line in stated.lines if line.provider == wanted]
        if not lines:
            raise NothingStated(f"the files state no use of {wanted or 'any provider'!r}; they speak of {providers}")
        return stated, lines


def _compared(conn: sa.Connection, stated: Sequence[Stated], use: StatedUse) -> Reconciled:
    provider = stated[0].provider
    since, until = min(line.day for line in stated), max(line.day for line in stated)
    theirs = {(line.day, line.model): line for line in stated}
    held = _held(conn, provider, since, until)
    lines = [_line(provider, key, held.get(key, _Held()), theirs.get(key)) for key in sorted({*theirs, *held})]
    ledger, said = (
        sum((one.ledger_usd for one in lines), Decimal(0)),
        sum((one.stated_usd for one in lines), Decimal(0)),
    )
    after = ledger + sum((one.correctable_usd for one in lines), Decimal(0))
    rest: dict[str, Decimal] = {}
    for one in lines:
        left = one.difference_usd - one.correctable_usd
        if left:
            rest[one.kind.value] = rest.get(one.kind.value, Decimal(0)) + left
    return Reconciled(
        provider=provider,
        since=since,
        until=until,
        ledger_usd=ledger,
        stated_usd=said,
        difference_usd=said - ledger,
        share=_share(said - ledger, said),
        is_within=_share(said - ledger, said) <= TOLERANCE,
        lines=tuple(lines),
        after_usd=after,
        after_is_within=_share(said - after, said) <= TOLERANCE,
        remainder=rest,
        unpriced=use.unpriced,
        is_priced=any(line.is_priced for line in stated),
    )


def _share(difference: Decimal, whole: Decimal) -> Decimal:
    return abs(difference) / abs(whole) if whole else Decimal(1 if difference else 0)


def _line(provider: str, key: _Key, held: _Held, stated: Stated | None) -> DayLine:
    nano = 0 if stated is None else stated.nano
    tokens = 0 if stated is None else sum(stated.tokens)
    # Estimates give way to the provider's word, as far down as to nothing.
    target = max(0, nano - (held.nano - held.estimated))
    correctable = target - held.estimated if held.estimated and stated is not None else 0
    return DayLine(
        provider=provider,
        day=key[0],
        model=key[1],
        ledger_tokens=held.tokens,
        stated_tokens=tokens,
        ledger_usd=usd_of_nano(held.nano),
        stated_usd=usd_of_nano(nano),
        estimated_usd=usd_of_nano(held.estimated),
        difference_usd=usd_of_nano(nano - held.nano),
        kind=_kind(held, stated, nano, tokens),
        correctable_usd=usd_of_nano(correctable),
    )


def _kind(held: _Held, stated: Stated | None, nano: int, tokens: int) -> Difference:
    if stated is None:
        return Difference.ONLY_LEDGER
    if not (held.nano or held.tokens):
        return Difference.ONLY_PROVIDER
    if held.estimated:
        return Difference.ESTIMATED
    if abs(nano - held.nano) < _CENT:
        return Difference.NONE
    return Difference.USAGE if tokens and tokens != held.tokens else Difference.PRICE


def _held(conn: sa.Connection, provider: str, since: str, until: str) -> dict[_Key, _Held]:
    table = usage_daily.c
    tokens: Any = sum((sa.func.sum(table[f"{name}_tokens"]) for name in CLASSES), sa.literal(0))
    statement = (
        sa.select(table.day, table.model, sa.func.sum(table.usd_nano), sa.func.sum(table.estimated_nano), tokens)
        .where(table.provider == provider, table.day.between(since, until))
        .group_by(table.day, table.model)
        .limit(_MOST)
    )
    found: dict[_Key, _Held] = {}
    rows: Any = conn.execute(statement)
    for day, model, nano, estimated, count in rows:
        held = found.setdefault((day, plain_model(model)), _Held())
        held.nano += int(nano)
        held.estimated += int(estimated)
        held.tokens += int(count)
    return found


def _corrections(conn: sa.Connection, found: Reconciled) -> Iterator[Correction]:
    """The estimated charges of each line, each with its share of what they should come to together."""
    wanted = {
        (one.day, one.model): one for one in found.lines if one.estimated_usd and one.kind is not Difference.ONLY_LEDGER
    }
    for day in sorted({key[0] for key in wanted}):
        by_model: dict[str, list[tuple[str, int, int]]] = {}
        for charge, model, nano, estimated in _estimated(conn, found.provider, day):
            if (day, plain_model(model)) in wanted:
                by_model.setdefault(plain_model(model), []).append((charge, nano, estimated))
        for model, charges in by_model.items():
            line = wanted[day, model]
            target = int((line.estimated_usd + line.correctable_usd) * 1_000_000_000)
            yield from _shared(charges, target)


def _shared(charges: Sequence[tuple[str, int, int]], target: int) -> Iterator[Correction]:
    whole = sum(max(0, estimated) for _, _, estimated in charges) or len(charges)
    even = all(estimated <= 0 for _, _, estimated in charges)
    seen = given = 0
    for charge, nano, estimated in charges:
        seen += 1 if even else max(0, estimated)
        share = target * seen // whole - given
        given += share
        yield Correction(charge, nano - estimated + share)


def _estimated(conn: sa.Connection, provider: str, day: str) -> Iterator[tuple[str, str, int, int]]:
    """Charges with something estimated left of them: id, model, what they stand at, and the estimated part of it."""
    table = usage_charge.c
    name = sa.func.coalesce(table.corrects, table.id)
    part = sa.func.sum(sa.case((table.estimated, table.usd_nano), else_=0))
    statement = (
        sa.select(name, sa.func.max(table.model), sa.func.sum(table.usd_nano), part)
        .where(table.day == day, table.provider == provider)
        .group_by(name)
        .having(part != 0)
        .execution_options(yield_per=_FETCH)
    )
    for charge, model, nano, estimated in map(tuple, conn.execute(statement)):
        yield charge, model, int(nano), int(estimated)


def _batches(found: Iterator[Correction]) -> Iterator[list[Correction]]:
    batch: list[Correction] = []
    for one in found:
        batch.append(one)
        if len(batch) >= _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _keep(
    unit: Unit, question: ReconcileQuestion, stated: StatedUse, done: Reconciled, *, actor: str, reason: str
) -> None:
    unit.conn.execute(
        usage_reconciliation.insert().values(
            id=done.id,
            provider=done.provider,
            since=done.since,
            until=done.until,
            at=unit.now,
            by=actor,
            reason=reason,
            file=", ".join(path.name for path in question.files),
            file_digest=", ".join(stated.digests[path.name] for path in question.files),
            answer=plain(done),
        )
    )
    told = {name: plain(getattr(done, name)) for name in ("provider", "since", "until", "stated_usd", "after_usd")}
    payload = {**told, "id": done.id, "reason": reason, "files": stated.digests, "corrections": len(done.corrections)}
    unit.journal("ledger:use", "use.reconciled", actor=actor, payload=payload)


def list_reconciliations(conn: sa.Connection, *, limit: int = 100) -> list[Mapping[str, Any]]:
    """Those that were accepted, newest first."""
    columns = [column for column in usage_reconciliation.c if column.name != "answer"]
    order = (usage_reconciliation.c.at.desc(), usage_reconciliation.c.id.desc())
    statement = sa.select(*columns).order_by(*order).limit(limit)
    return [{str(name): value for name, value in row.items()} for row in conn.execute(statement).mappings()]
