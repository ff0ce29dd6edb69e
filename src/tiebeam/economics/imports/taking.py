"""The verbs: what taking files in would come to, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing import closed_months
from tiebeam.economics.imports.answer import ImportAnswer
from tiebeam.economics.imports.booking import Found, Sorting, metered, remainder_of
from tiebeam.economics.imports.costs import Costs, snapshots
from tiebeam.economics.imports.loading import Loaded, load
from tiebeam.economics.imports.problems import MonthClosed, NotWithinBill, UnpricedImport
from tiebeam.economics.imports.question import ImportQuestion
from tiebeam.economics.imports.spool import Spool
from tiebeam.economics.imports.summing import Summing
from tiebeam.economics.imports.tables import usage_import
from tiebeam.economics.metering import Correction, PriceBook, Rates, book, correct
from tiebeam.economics.prices import Prices
from tiebeam.kit import plain
from tiebeam.store import Store, Unit

_BATCH = 500


class Imports:
    """Reads exports of others. Files are only read; nothing is asked of any network."""

    def __init__(self, store: Store, *, prices: Prices) -> None:
        self._store = store
        self._prices = prices

    def preview(self, question: ImportQuestion) -> ImportAnswer:
        """What `take` would do. Raises BrokenImport, UnknownImport, MonthClosed."""
        with Spool() as spool:
            loaded, costs = self._loaded(question, spool)
            with self._store.read() as conn:
                _check_open(conn, spool)
                summing = Summing(question, loaded)
                for found in Sorting(conn, loaded, question.attribution).sorted(costs.costed()):
                    summing.add(found)
                return summing.answer(spool.span(), costs.unpriced, remainder=_remainder(question, summing))

    def take(self, question: ImportQuestion, *, actor: str, exact: bool = False) -> ImportAnswer:
        """Book what is new, all of it or nothing. Raises like `preview`, and UnpricedImport.

        With `exact` it also raises NotWithinBill where the ledger would differ from the bill by more than 1 %.
        """
        with Spool() as spool:
            loaded, costs = self._loaded(question, spool)
            with self._store.unit() as unit:
                _check_open(unit.conn, spool)
                answer = self._booked(unit, question, loaded, costs, spool, actor=actor)
                _check_answer(answer, exact=exact)
                return _recorded(unit, loaded, answer, actor=actor)

    def _loaded(self, question: ImportQuestion, spool: Spool) -> tuple[Loaded, Costs]:
        loaded = load(
            list(question.files),
            spool,
            to_usd=lambda amount, currency: amount / self._prices.rate(currency),
            source=question.source,
            day_first=question.day_first,
        )
        costs = Costs(spool, PriceBook(self._prices))
        costs.weigh()
        return loaded, costs

    def _booked(
        self, unit: Unit, question: ImportQuestion, loaded: Loaded, costs: Costs, spool: Spool, *, actor: str
    ) -> ImportAnswer:
        summing = Summing(question, loaded)
        for batch in _batches(Sorting(unit.conn, loaded, question.attribution).sorted(costs.costed())):
            new = [one for one in batch if one.is_new]
            prices: dict[str, Rates] = {one.costed.rates.digest: one.costed.rates for one in new if one.costed.rates}
            book(unit, [metered(one) for one in new], prices=snapshots(prices))
            changes = [Correction(one.charge_id, one.nano, one.usage) for one in batch if one.is_changed]
            if changes:
                correct(unit, changes, actor=actor, reason="the source changed its figures")
            for one in batch:
                summing.add(one)
        rest = _remainder(question, summing)
        if rest is not None and question.book_remainder:
            book(unit, [metered(rest)])
        return summing.answer(spool.span(), costs.unpriced, remainder=rest)


def _remainder(question: ImportQuestion, summing: Summing) -> Found | None:
    if question.bill_usd is None:
        return None
    return remainder_of(summing.last, summing.missing_nano())


def _check_open(conn: sa.Connection, spool: Spool) -> None:
    first, last = spool.span()
    shut = [month for month in closed_months(conn) if first[:7] <= month <= last[:7]]
    if shut and first:
        raise MonthClosed(
            f"{', '.join(shut)} is closed; leave its days out, "
            "or correct single charges with 'tiebeam ledger reconcile'"
        )


def _check_answer(answer: ImportAnswer, *, exact: bool) -> None:
    if answer.unpriced:
        models = ", ".join(line.what for line in answer.unpriced)
        raise UnpricedImport(
            f"no price is known for {models}, and the files have no cost for them; add a price below prices/, "
            "or give the provider's cost export along with its usage"
        )
    if exact and answer.bill is not None and not answer.bill.is_within:
        raise NotWithinBill(
            f"the ledger would have {answer.bill.in_ledger_usd} dollars and the bill says {answer.bill.bill_usd}: "
            f"{answer.bill.share:.2%} apart; look at the remainder, or have it booked",
            bill=plain(answer.bill),
        )


def _recorded(unit: Unit, loaded: Loaded, answer: ImportAnswer, *, actor: str) -> ImportAnswer:
    ids: list[str] = []
    for name, source in loaded.source.items():
        ids.append(unit.store.ids.new("imp"))
        unit.conn.execute(
            usage_import.insert().values(
                id=ids[-1],
                source=source.name,
                file=name,
                file_digest=loaded.digests[name],
                at=unit.now,
                by=actor,
                since=answer.since,
                until=answer.until,
                charges=answer.charges,
                usd_nano=int(answer.usd * 1_000_000_000),
                answer=plain(answer),
            )
        )
    done = replace(answer, booked=True, import_ids=tuple(ids))
    payload: dict[str, Any] = {
        "files": {name: loaded.digests[name] for name in loaded.source},
        "sources": answer.sources,
        "charges": answer.charges,
        "usd": answer.usd,
    }
    unit.journal("ledger:use", "use.imported", actor=actor, payload=plain(payload))
    return done


def _batches(found: Iterator[Found]) -> Iterator[Sequence[Found]]:
    batch: list[Found] = []
    for one in found:
        batch.append(one)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def list_imports(conn: sa.Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """The latest imports, newest first, without what they found in detail."""
    columns = [column for column in usage_import.c if column.name != "answer"]
    statement = sa.select(*columns).order_by(usage_import.c.at.desc(), usage_import.c.id.desc()).limit(limit)
    return [dict(row) for row in conn.execute(statement).mappings()]
