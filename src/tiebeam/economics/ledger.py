"""The ledger's verbs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import LedgerEntry, check_entry
from tiebeam.economics.history import History, read_history
from tiebeam.economics.prices import Prices
from tiebeam.economics.reading import (
    DailyLine,
    LedgerFilters,
    LedgerPage,
    RunCost,
    WorkflowSummary,
    as_day,
    figures,
    rollup_rows,
    run_rows,
    select_lines,
    tally_of,
)
from tiebeam.economics.recording import Key, Sums, add_to_rollup, insert_lines, priced, rollup_key, sums_of
from tiebeam.economics.tables import ledger_daily, ledger_entry
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano
from tiebeam.spec import Instrumentation
from tiebeam.store import Store, Unit

_FETCH = 2000


class Economics:
    """What every run used and gained, in the currency of `prices`."""

    def __init__(self, store: Store, *, prices: Prices) -> None:
        self._store = store
        self.prices = prices

    def record(self, unit: Unit, entries: Sequence[LedgerEntry]) -> int:
        """Add lines and their rollup in the caller's unit; returns how many were new.

        A key that is already there is ignored. Raises InvalidEntry, or MissingRate when a charge in dollars cannot be
        stated in the workspace's currency; then nothing of the unit is kept.
        """
        for entry in entries:
            check_entry(entry)
        rows = insert_lines(unit.conn, [self._in_currency(entry) for entry in entries])
        add_to_rollup(unit.conn, rows)
        return len(rows)

    def run_cost(self, conn: sa.Connection, run_id: str) -> RunCost:
        """What one run used so far; all zeros for a run that used nothing yet."""
        rows = run_rows(conn, run_id)
        steps: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            steps[row["step_id"] or ""].append(row)
        currency = self.prices.currency
        by_step = {step: tally_of(lines, currency=currency) for step, lines in steps.items()}
        return RunCost(**figures(tally_of(rows, currency=currency)), run_id=run_id, by_step=by_step)

    def models_of(self, conn: sa.Connection, run_id: str) -> list[str]:
        """The models that worked for a run so far, by their resolved names."""
        statement = (
            sa.select(ledger_entry.c.model)
            .where(ledger_entry.c.run_id == run_id, ledger_entry.c.model.is_not(None))
            .distinct()
            .order_by(ledger_entry.c.model)
            .limit(100)
        )
        return [str(model) for model in conn.execute(statement).scalars()]

    def workflow_summary(
        self,
        conn: sa.Connection,
        intent: str,
        *,
        since: date | datetime,
        until: date | datetime,
        instrumentation: Instrumentation | None = None,
    ) -> WorkflowSummary:
        """A workflow's figures over UTC days, both ends included; `instrumentation` adds the source of its baseline."""
        first, last = as_day(since), as_day(until)
        rows = rollup_rows(conn, intent=intent, since=first, until=last)
        return WorkflowSummary(
            **figures(tally_of(rows, currency=self.prices.currency)),
            intent=intent,
            since=first,
            until=last,
            baseline_source=instrumentation.baseline_source if instrumentation else None,
            baseline_cost_per_unit=instrumentation.baseline_cost_per_unit if instrumentation else None,
        )

    def summaries(
        self,
        conn: sa.Connection,
        *,
        since: date | datetime,
        until: date | datetime,
        intents: Collection[str] | None = None,
    ) -> list[WorkflowSummary]:
        """Every workflow (of `intents`) with lines in those days, by intent, from one read of the rollup."""
        first, last = as_day(since), as_day(until)
        by_intent: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in rollup_rows(conn, intent=None, since=first, until=last, intents=intents):
            by_intent[row["intent"]].append(row)
        return [
            WorkflowSummary(
                **figures(tally_of(rows, currency=self.prices.currency)), intent=intent, since=first, until=last
            )
            for intent, rows in sorted(by_intent.items())
        ]

    def daily(
        self,
        conn: sa.Connection,
        intent: str | None,
        since: date | datetime,
        until: date | datetime,
        *,
        intents: Collection[str] | None = None,
    ) -> list[DailyLine]:
        """One line for every day, quiet days included; `intent` None adds all workflows (of `intents`) up."""
        first, last = as_day(since), as_day(until)
        by_day: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in rollup_rows(conn, intent=intent, since=first, until=last, intents=intents):
            by_day[row["day"]].append(row)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        currency = self.prices.currency
        return [DailyLine(**figures(tally_of(by_day[day.isoformat()], currency=currency)), day=day) for day in days]

    def history(
        self, conn: sa.Connection, intent: str, *, since: date | None = None, until: date | None = None
    ) -> History | None:
        """How a workflow really went over UTC days, both included: the ninety before today when none are given."""
        last = until or self._store.clock.now().date() - timedelta(days=1)
        first = since or last - timedelta(days=89)
        if first > last:
            raise Invalid(f"from {first} to {last} is no span of days; give the earlier day first")
        return read_history(conn, intent, since=first, until=last, currency=self.prices.currency)

    def ledger_lines(
        self,
        conn: sa.Connection,
        filters: LedgerFilters | None = None,
        *,
        limit: int = 100,
        before: int | None = None,
    ) -> LedgerPage:
        """Rows of truth, newest first, at most 1000 a page."""
        return select_lines(conn, filters or LedgerFilters(), limit=limit, before=before)

    def check_ledger(self, conn: sa.Connection) -> list[str]:
        """Every place where the rollup is not the sum of its rows, in words; empty when the books are true."""
        summed: dict[Key, Sums] = {}
        rows = conn.execution_options(yield_per=_FETCH).execute(sa.select(ledger_entry)).mappings()
        for row in rows:
            key = rollup_key(row)
            summed[key] = summed.get(key, Sums()).plus(sums_of(row))
        faults: list[str] = []
        for row in conn.execute(sa.select(ledger_daily)).mappings():
            key: Key = tuple(row[column.name] for column in ledger_daily.primary_key.columns)
            said = Sums(**{name: row[name] for name in Sums.__slots__})
            truth = summed.pop(key, Sums())
            if said != truth:
                faults.append(f"{_place(key)}: the rollup says {said}, its rows add up to {truth}")
        faults.extend(f"{_place(key)}: the rollup lacks {sums}" for key, sums in sorted(summed.items()))
        return faults

    def _in_currency(self, entry: LedgerEntry) -> LedgerEntry:
        if entry.usd_nano is None or entry.amount is not None:
            return entry
        amount = self.prices.in_currency(usd_of_nano(entry.usd_nano))
        return priced(entry, amount=amount, currency=self.prices.currency)


def _place(key: Key) -> str:
    day, intent, _recipe, team, kind, model, currency, slot = key
    return f"{day} {intent} {team} {kind} {model or '-'} {currency or '-'} slot {slot}"
