"""What to say of a pricing model: either end of headless (EC-29), who carries it, seats and use cases (EC-30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tiebeam.economics.pricing.case import PricingCase

_HALF = Decimal("0.5")
_NINE = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class PricingWarning:
    """`is_serious` for what should change before the product is sold; the rest is good to know."""

    code: str
    text: str
    is_serious: bool


def warnings_of(case: PricingCase, found: Mapping[str, Decimal]) -> tuple[PricingWarning, ...]:
    """In the order in which somebody should read them."""
    return (*_either_end(case, found), *_who_carries(found), *_prices(case, found), *_use_cases(case))


def zone_of(case: PricingCase, share: Decimal) -> str:
    """The code of the warning that a headless share of operations deserves; empty in between."""
    record, rounded = case.record, share.quantize(_NINE)
    if rounded == 0:
        return "no_headless"
    if rounded == 1:
        return "only_headless"
    if rounded < record.warn_below:
        return "little_headless"
    return "little_seated" if rounded > record.warn_above else ""


def _either_end(case: PricingCase, found: Mapping[str, Decimal]) -> Iterator[PricingWarning]:
    if not found["operations"]:
        yield PricingWarning("no_operations", "nothing is done with the product", True)
        return
    share = found["headless_share_of_operations"]
    said = {
        "no_headless": "0 % headless: whoever refuses agents without a seat leaves their volume to others",
        "only_headless": "100 % headless: no seat is left for complex work, which people do by eye",
        "little_headless": f"{share:.1%} headless: close to none; price consumption so that agents come",
        "little_seated": f"{share:.1%} headless: close to all; keep what people need on the screen",
    }
    zone = zone_of(case, share)
    if zone:
        yield PricingWarning(zone, said[zone], True)


def _who_carries(found: Mapping[str, Decimal]) -> Iterator[PricingWarning]:
    count, revenue = found["headless_share_of_operations"], found["headless_share_of_revenue"]
    if count > _HALF > revenue:
        yield PricingWarning(
            "headless_by_count_seats_by_revenue",
            f"headless is {count:.0%} of operations and {revenue:.0%} of revenue: seats pay for the volume, "
            "and a seat that goes headless takes its revenue along",
            False,
        )
    if count < _HALF < revenue:
        yield PricingWarning(
            "seats_by_count_headless_by_revenue",
            f"headless is {count:.0%} of operations and {revenue:.0%} of revenue: few operations carry the product, "
            "and whoever buys them can ask elsewhere",
            False,
        )


def _prices(case: PricingCase, found: Mapping[str, Decimal]) -> Iterator[PricingWarning]:
    lists = case.record.prices
    seat, agent = case.amount("seat_price_1"), case.amount("agent_seat_price_1")
    if case.record.seat is not None and case.record.agent_seat is not None and agent >= seat:
        yield PricingWarning(
            "agent_seat_not_cheaper", f"an agent seat costs {agent:,.2f} and a person's {seat:,.2f}", True
        )
    for stream, price_list in lists.items():
        if stream != "operation":
            continue
        last, cost = case.amount(f"operation_price_{len(price_list.step)}"), found["cost_of_headless_operation"]
        if last < cost:
            text = f"the last step sells an operation at {last:f} and serving it costs {cost:.6f}"
            yield PricingWarning("operation_below_cost", text, True)
    if found["margin"] < 0:
        yield PricingWarning("loses", f"the month loses {-found['margin']:,.2f}", True)


def _use_cases(case: PricingCase) -> Iterator[PricingWarning]:
    for _, said in case.record.disagreements():
        yield PricingWarning("use_case_disagrees", said, True)
