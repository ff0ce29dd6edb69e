"""The ledger over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import LedgerFilters
from tiebeam.errors import Invalid
from tiebeam.http import Caller
from tiebeam.kit import plain


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["ledger"])
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/summary")
    def summary(
        caller: Caller = Depends(read), since: date | None = None, until: date | None = None
    ) -> list[dict[str, Any]]:
        """Per workflow over days, both ends included; the last thirty when none are given."""
        first, last = _span(app, since, until)
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            return [
                {**plain(item), "cost_per_accepted": plain(item.cost_per_accepted), "value": plain(item.value)}
                for item in app.economics.summaries(conn, since=first, until=last, intents=intents)
            ]

    @routes.get("/ledger/daily")
    def daily(
        caller: Caller = Depends(read),
        intent: Annotated[str | None, Query(max_length=200)] = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[dict[str, Any]]:
        """One line for every day, of one workflow or of all you may see together."""
        first, last = _span(app, since, until)
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            return plain(app.economics.daily(conn, intent, first, last, intents=intents))

    @routes.get("/ledger/lines")
    def lines(
        caller: Caller = Depends(read),
        run_id: Annotated[str | None, Query(max_length=60)] = None,
        intent: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    ) -> dict[str, Any]:
        """The rows of truth, newest first."""
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            filters = LedgerFilters(run_id=run_id, intent=intent, intents=intents)
            return plain(app.economics.ledger_lines(conn, filters, limit=limit, before=before))

    return routes


def _span(app: App, since: date | None, until: date | None) -> tuple[date, date]:
    """Both ends included. Raises Invalid."""
    last = until or app.store.clock.now().date()
    first = since or date.fromordinal(max(1, last.toordinal() - 30))
    if first > last or (last - first).days > 3660:
        raise Invalid(f"from {first} to {last} is no span of days; give since ≤ until, at most ten years apart")
    return first, last
