"""What a class could go to, with price, result and approval side by side: why a call goes where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.hosting import usd_per_mtok
from tiebeam.economics.prices import Prices
from tiebeam.economics.routing.register import Register
from tiebeam.economics.routing.router import Scores
from tiebeam.economics.totals import By, Span, UseFilters, totals
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import ProvisionedCapacity, ServedModel, TaskClass, Upstream

LOOK_BACK = timedelta(days=30)
_MINUTES_A_DAY = 1_440
_CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Dedicated:
    """Capacity bought by the hour: what its tokens come to at the use of the last thirty days, and at full use."""

    price: str
    """Id of the price record."""
    usd_per_hour: Decimal
    tokens_per_minute: int
    utilisation: Decimal
    """Share of its capacity that was used."""
    usd_per_mtok: Decimal | None
    """None while nothing was used: no price can be said of no token."""
    usd_per_mtok_at_full_use: Decimal


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place that a class could go to. `usd_per_mtok` at three tokens in for one out; `score` None: no result."""

    served: str
    name: str
    capability: str
    upstream: str
    provider: str
    model: str
    usd_per_mtok: Decimal | None
    price_source: str
    """Where the price is from, or why there is none."""
    dedicated: Dedicated | None
    score: Decimal | None
    floor: Decimal | None
    approval: str | None
    """Id of the approval that covers it."""
    why_not: str
    """Empty when it can be chosen."""

    @property
    def is_open(self) -> bool:
        return not self.why_not


class Weighing:
    """Puts what a class could go to side by side, at the prices and the use of a day."""

    def __init__(self, graph: Graph, prices: Prices, *, scores: Scores, conn: sa.Connection, now: datetime) -> None:
        self._graph = graph
        self._prices = prices
        self._scores = scores
        self._register = Register(graph.approvals.values())
        self._now = now
        self._day = now.astimezone(UTC).date()
        self._used = _tokens_used(conn, self._day)

    def candidates(self, part: TaskClass) -> list[Candidate]:
        """In the class's order of preference."""
        found = (self._graph.served.get(name) for name in part.models)
        return [one for served in found if served is not None for one in self.of_model(served, part)]

    def of_model(self, served: ServedModel, part: TaskClass | None = None) -> list[Candidate]:
        """Every place it is served from."""
        return [self._candidate(served, self._graph.upstreams[one.upstream], one.model, part) for one in served.serving]

    def _candidate(self, served: ServedModel, upstream: Upstream, model: str, part: TaskClass | None) -> Candidate:
        blended, source = self._metered(upstream, model)
        approval = self._register.covering(upstream, model, self._day)
        evaluation = None if part is None else part.evaluation
        score = None if evaluation is None else self._scores(served.id, model, evaluation)
        floor = None if part is None else part.quality_floor
        why = ""
        if approval is None and not self._register.is_empty:
            why = f"not approved: {self._register.why_not(upstream, model, self._day)}"
        elif floor is not None and (score is None or score < floor):
            said = f"no result on {evaluation}" if score is None else f"{score:f} on {evaluation}"
            why = f"{said}, floor {floor:f}"
        elif blended is None and served.conservative is None:
            why = f"no price: {source}"
        return Candidate(
            served=served.id,
            name=served.name,
            capability=served.capability.value,
            upstream=upstream.id,
            provider=upstream.provider,
            model=model,
            usd_per_mtok=blended,
            price_source=source,
            dedicated=self._dedicated(upstream, model),
            score=score,
            floor=floor,
            approval=None if approval is None else approval.id,
            why_not=why,
        )

    def _metered(self, upstream: Upstream, model: str) -> tuple[Decimal | None, str]:
        try:
            price = self._prices.price(
                model, provider=upstream.provider, at=self._now, service=upstream.service, region=upstream.region
            )
            return price.blended(), price.source
        except TiebeamError as unknown:
            return None, unknown.message

    def _dedicated(self, upstream: Upstream, model: str) -> Dedicated | None:
        held = [
            (record, one)
            for record in self._graph.prices.values()
            if (record.provider, record.model) == (upstream.provider, model)
            and record.region in (None, upstream.region)
            for one in record.capacity
            if one.since <= self._day
        ]
        if not held:
            return None
        record, capacity = max(held, key=lambda pair: pair[1].since)
        return _dedicated(record.id, capacity, used=self._used.get((upstream.id, model), 0))


def _dedicated(price: str, capacity: ProvisionedCapacity, *, used: int) -> Dedicated:
    a_second = Decimal(capacity.tokens_per_minute) / 60
    most = capacity.tokens_per_minute * _MINUTES_A_DAY * LOOK_BACK.days
    share = min(Decimal(1), Decimal(used) / most)
    return Dedicated(
        price=price,
        usd_per_hour=capacity.usd_per_hour,
        tokens_per_minute=capacity.tokens_per_minute,
        utilisation=share.quantize(_CENT),
        usd_per_mtok=usd_per_mtok(capacity.usd_per_hour, a_second, utilisation=share).quantize(_CENT) if used else None,
        usd_per_mtok_at_full_use=usd_per_mtok(capacity.usd_per_hour, a_second).quantize(_CENT),
    )


def _tokens_used(conn: sa.Connection, day: date) -> Mapping[tuple[str, str], int]:
    """Tokens of the last thirty days by upstream and model."""
    span = Span(since=day - LOOK_BACK, until=day)
    found: dict[tuple[str, str], int] = {}
    for upstream in totals(conn, by=By.UPSTREAM, span=span):
        for one in totals(conn, by=By.MODEL, span=span, filters=UseFilters(upstream=upstream.key)):
            found[(upstream.key, one.key)] = one.tokens
    return found
