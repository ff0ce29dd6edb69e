"""The margin over the headless share of operations, from none to all, and where it changes sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from tiebeam.economics.pricing.case import PricingCase, moved_for
from tiebeam.economics.pricing.model import month
from tiebeam.kit.formulas import Exact
from tiebeam.spec import PricingModel

STEPS = 20
_HALVINGS = 16


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One headless share of operations; money of the month."""

    headless_share: Decimal
    headless_share_of_revenue: Decimal
    seat_revenue: Decimal
    agent_seat_revenue: Decimal
    operation_revenue: Decimal
    cost: Decimal
    margin: Decimal


@dataclass(frozen=True, slots=True)
class Crossing:
    """A headless share at which the margin is nothing; `is_gained_above` when more headless earns more from there."""

    headless_share: Decimal
    is_gained_above: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """What it means that so much of the seats' work goes headless; money of the month, against now."""

    share_of_seats: Decimal
    seat_revenue_lost: Decimal
    consumption_gained: Decimal
    cost_change: Decimal
    margin_change: Decimal


def curve(case: PricingCase, *, steps: int = STEPS) -> tuple[CurvePoint, ...]:
    """From 0 to 100 % in equal steps; nothing where no work is done at seats."""
    if not case.can_move:
        return ()
    values = case.values()
    return tuple(_point(Decimal(step) / steps, case.record, values) for step in range(steps + 1))


def _point(share: Decimal, record: PricingModel, values: Mapping[str, Decimal]) -> CurvePoint:
    moved = moved_for(share, values)
    found = month(record, {**values, "moved_share": moved}, arithmetic=Exact())
    names = ("headless_share_of_revenue", "seat_revenue", "agent_seat_revenue", "operation_revenue", "cost", "margin")
    return CurvePoint(share, *(found[name] for name in names))


def crossings(case: PricingCase, points: tuple[CurvePoint, ...]) -> tuple[Crossing, ...]:
    """Between neighbouring points of a curve, to about a millionth."""
    values = case.values()
    found: list[Crossing] = []
    for left, right in pairwise(points):
        if (left.margin < 0) is not (right.margin < 0):
            found.append(_narrowed(case.record, values, left, right))
    return tuple(found)


def _narrowed(record: PricingModel, values: Mapping[str, Decimal], left: CurvePoint, right: CurvePoint) -> Crossing:
    for _ in range(_HALVINGS):
        middle = _point((left.headless_share + right.headless_share) / 2, record, values)
        left, right = (middle, right) if (middle.margin < 0) is (left.margin < 0) else (left, middle)
    rise, run = right.margin - left.margin, right.headless_share - left.headless_share
    share = left.headless_share - left.margin * run / rise if rise else left.headless_share
    return Crossing(share.quantize(Decimal("0.000001")), right.margin > left.margin)


def moving(case: PricingCase, now: Mapping[str, Decimal], *, shares: tuple[Decimal, ...]) -> tuple[Moved, ...]:
    """Revenue at risk when shares of the present seats' work go headless."""
    if not case.can_move:
        return ()
    values = case.values()
    return tuple(_moved(case.record, values, now, share) for share in shares)


def _moved(record: PricingModel, values: Mapping[str, Decimal], now: Mapping[str, Decimal], share: Decimal) -> Moved:
    present = values["moved_share"]
    then = month(record, {**values, "moved_share": present + share * (1 - present)}, arithmetic=Exact())
    seats = ("seat_revenue", "agent_seat_revenue")
    return Moved(
        share_of_seats=share,
        seat_revenue_lost=sum((now[name] - then[name] for name in seats), Decimal(0)),
        consumption_gained=then["operation_revenue"] - now["operation_revenue"],
        cost_change=then["cost"] - now["cost"],
        margin_change=then["margin"] - now["margin"],
    )
