"""What serving each workflow cost against what it was worth, and what its tokens cost, from the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics import WorkflowSummary
from tiebeam.economics.forecast import Forecasting
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano
from tiebeam.workflow.promotion import NotAdopted, Promotion, Stage


@dataclass(frozen=True, slots=True)
class Served:
    """A workflow over UTC days, both included. Money in `currency`; what a model charged in dollars."""

    workflow: str
    stage: Stage | None
    """None for one that is adopted no longer."""
    since: date
    until: date
    currency: str
    units: int
    accepted: int
    cost_to_serve: Decimal
    cost_per_accepted: Decimal | None
    """None while nothing was accepted."""
    value: Decimal
    """What the accepted outcomes would have cost the old way."""
    margin: Decimal
    """Value less cost."""
    tokens: Decimal
    token_usd: Decimal
    usd_per_mtok: Decimal | None
    """What a million tokens really cost, cache and tiers included; None while none were used."""


def served(
    conn: sa.Connection,
    *,
    forecasting: Forecasting,
    promotion: Promotion,
    since: date | None = None,
    until: date | None = None,
    intents: Collection[str] | None = None,
) -> list[Served]:
    """Every adopted workflow (of `intents`) and any with lines in these days, this month's by default, by id.

    Raises Invalid on days that are no span.
    """
    month = forecasting.month_now()
    first, last = since or month.first, until or month.last
    if first > last:
        raise Invalid(f"from {first} to {last} is no span of days; give the earlier day first")
    found = forecasting.served(conn, since=first, until=last, intents=intents)
    return [_served(one, _stage(conn, promotion, one.intent)) for one in found]


def _served(one: WorkflowSummary, stage: Stage | None) -> Served:
    return Served(
        workflow=one.intent,
        stage=stage,
        since=one.since,
        until=one.until,
        currency=one.currency,
        units=one.units,
        accepted=one.accepted,
        cost_to_serve=one.total_cost,
        cost_per_accepted=one.cost_per_accepted,
        value=one.baseline_cost,
        margin=one.value,
        tokens=one.tokens,
        token_usd=usd_of_nano(one.token_usd_nano),
        usd_per_mtok=one.usd_per_mtok,
    )


def _stage(conn: sa.Connection, promotion: Promotion, intent: str) -> Stage | None:
    try:
        return promotion.standing(conn, intent).stage
    except NotAdopted:
        return None
