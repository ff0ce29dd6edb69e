"""The answer about a product's pricing: revenue, cost and margin by stream, break-even, what headless changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from tiebeam.economics.pricing.case import PricingCase
from tiebeam.economics.pricing.curve import Crossing, CurvePoint, Moved, crossings, curve, moving
from tiebeam.economics.pricing.model import STREAMS
from tiebeam.economics.pricing.simulation import PricingDraws, draw
from tiebeam.economics.pricing.warning import PricingWarning, warnings_of
from tiebeam.economics.units import Stated
from tiebeam.kit import plain
from tiebeam.spec import Billing, RevenueStream

_PLACES = Decimal("0.000001")
_MOVED = tuple(Decimal(share) / 100 for share in (10, 25, 50, 100))


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """One of the three; money of the month. `quantity` is seats or operations of all customers."""

    stream: RevenueStream
    title: str
    quantity: Decimal
    operations: Decimal
    revenue: Decimal
    cost_to_serve: Decimal
    margin: Decimal
    share_of_operations: Decimal
    share_of_revenue: Decimal


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where the month's margin is nothing; None where no such figure exists."""

    customers: int | None
    price_per_operation: Decimal | None
    """One price for every operation that is charged, instead of the steps; 0 when seats alone carry the product."""
    headless_share: tuple[Crossing, ...]
    moved_operation_price: Decimal | None
    """The price of a headless operation at which a seat that goes headless brings as much as before."""


@dataclass(frozen=True, slots=True)
class UseCaseAnswer:
    id: str
    title: str
    billed: Billing
    called_for: Billing
    reason: str
    agent_seat_pays_from: Decimal | None
    """Operations a month from which an agent's seat is cheaper for the customer than the first step of consumption."""

    @property
    def agrees(self) -> bool:
        return self.billed is self.called_for


@dataclass(frozen=True, slots=True)
class PricingAnswer:
    """Money in `currency`, of one month. `month` holds every figure and line at the most likely values."""

    model: str
    title: str
    currency: str
    month: Mapping[str, Decimal]
    streams: tuple[StreamAnswer, ...]
    break_even: BreakEven
    curve: tuple[CurvePoint, ...]
    moved: tuple[Moved, ...]
    use_cases: tuple[UseCaseAnswer, ...]
    warnings: tuple[PricingWarning, ...]
    draws: PricingDraws
    price_source: str
    figures: tuple[Stated, ...]

    @property
    def headless_share(self) -> Decimal:
        """By count of operations."""
        return self.month["headless_share_of_operations"]

    def form(self) -> dict[str, Any]:
        """What the API, `--json` and the exports give: decimals as text, to a millionth."""
        names = ("revenue", "cost_to_serve", "customer_cost", "fixed_cost_per_month", "cost", "margin", "margin_share")
        even = self.break_even
        return {
            "model": self.model,
            "title": self.title,
            "currency": self.currency,
            **{name: plain(short(self.month[name])) for name in names},
            "headless_share_of_operations": plain(short(self.headless_share)),
            "headless_share_of_revenue": plain(short(self.month["headless_share_of_revenue"])),
            "streams": [_shortened(one) for one in self.streams],
            "break_even": {
                "customers": even.customers,
                "price_per_operation": _text(even.price_per_operation),
                "headless_share": plain(even.headless_share),
                "moved_operation_price": _text(even.moved_operation_price),
            },
            "warnings": plain(self.warnings),
            "use_cases": [{**_shortened(one), "agrees": one.agrees} for one in self.use_cases],
            "moved": [_shortened(one) for one in self.moved],
            "curve": [_shortened(one) for one in self.curve],
            "draws": plain(self.draws),
            "price_source": self.price_source,
            "figures": plain(self.figures),
        }


def design(case: PricingCase, *, seed: int = 1, draws: int = 2000) -> PricingAnswer:
    """Everything about one case. The same seed gives the same answer."""
    found = case.exactly()
    points = curve(case)
    return PricingAnswer(
        model=case.record.id,
        title=case.record.title,
        currency=case.currency,
        month=found,
        streams=tuple(_stream(stream, title, found) for stream, title in STREAMS.items()),
        break_even=BreakEven(
            customers=_customers(found),
            price_per_operation=_price_per_operation(found),
            headless_share=crossings(case, points),
            moved_operation_price=_moved_operation_price(found),
        ),
        curve=points,
        moved=moving(case, found, shares=_MOVED),
        use_cases=tuple(_use_cases(case)),
        warnings=warnings_of(case, found),
        draws=draw(case, seed=seed, draws=draws),
        price_source=case.prices.source,
        figures=tuple(_figures(case)),
    )


def short(value: Decimal) -> Decimal:
    """To a millionth, without trailing zeros."""
    found = value.quantize(_PLACES).normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(short(value))


def _shortened(one: Any) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__slots__}
    return {name: plain(short(value) if isinstance(value, Decimal) else value) for name, value in values.items()}


def _stream(stream: RevenueStream, title: str, found: Mapping[str, Decimal]) -> StreamAnswer:
    operations, revenue = found[f"{stream}_operations"], found[f"{stream}_revenue"]
    return StreamAnswer(
        stream=stream,
        title=title,
        quantity=found["customers"] * found[f"{stream}_quantity"],
        operations=operations,
        revenue=revenue,
        cost_to_serve=found[f"{stream}_cost"],
        margin=found[f"{stream}_margin"],
        share_of_operations=operations / found["operations"] if found["operations"] else Decimal(0),
        share_of_revenue=revenue / found["revenue"] if found["revenue"] else Decimal(0),
    )


def _customers(found: Mapping[str, Decimal]) -> int | None:
    if not found["customers"] or found["contribution"] <= 0:
        return None
    each = found["contribution"] / found["customers"]
    return int((found["fixed_cost_per_month"] / each).to_integral_value(rounding=ROUND_CEILING))


def _price_per_operation(found: Mapping[str, Decimal]) -> Decimal | None:
    charged = found["customers"] * found["operation_billable"]
    if not charged:
        return None
    return max(Decimal(0), (found["cost"] - found["seat_revenue"] - found["agent_seat_revenue"]) / charged)


def _moved_operation_price(found: Mapping[str, Decimal]) -> Decimal | None:
    seated = found["seat_operations"] + found["agent_seat_operations"]
    if not seated:
        return None
    return (found["seat_revenue"] + found["agent_seat_revenue"]) / (seated * found["headless_per_seated"])


def _use_cases(case: PricingCase) -> list[UseCaseAnswer]:
    seat, operation = case.amount("agent_seat_price_1"), case.amount("operation_price_1")
    both = case.record.agent_seat is not None and operation > 0
    pays_from = seat / operation if both else None
    return [
        UseCaseAnswer(one.id, one.title, one.billed, one.called_for, one.reason, pays_from)
        for one in case.record.use_case
    ]


def _figures(case: PricingCase) -> list[Stated]:
    record = case.record
    return [
        Stated(
            name=name,
            value=one.value,
            low=one.low,
            high=one.high,
            shape=one.shape,
            source=one.source or record.source,
            owner=one.owner or record.owner,
            checked=one.checked or record.checked,
        )
        for name, one in case.figures().items()
    ]
