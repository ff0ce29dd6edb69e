"""A month of a product sold by seats, agent seats and consumption, as formulas by name (EC-29).

The exact answer, the draws, the curve over the headless share and the spreadsheet come from these lines. Every customer
is taken as the average one: steps, what is included and what is charged at least hold for that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tiebeam.kit.formulas import Arithmetic, Formula, read_formula, work_out
from tiebeam.spec import Assumption, Driver, PriceList, PricingModel, RevenueStream

TOKEN_PRICES = ("input_price_per_mtok", "output_price_per_mtok", "cached_price_per_mtok")
STREAMS: Mapping[RevenueStream, str] = {
    RevenueStream.SEAT: "Seats",
    RevenueStream.AGENT_SEAT: "Agent seats",
    RevenueStream.OPERATION: "Consumption",
}
_FREE = Assumption(value=Decimal(0), source="Not sold.")


@dataclass(frozen=True, slots=True)
class Line:
    """One named result. `unit` is money, units, share, tokens or people."""

    name: str
    unit: str
    about: str
    formula: str


def price_figures(stream: RevenueStream, price_list: PriceList | None) -> dict[str, Assumption]:
    """The figures of a price list by name: `seat_price_1`, `seat_above_2`, `seat_included`, `seat_minimum`."""
    if price_list is None:
        return {f"{stream}_included": _FREE, f"{stream}_minimum": _FREE, f"{stream}_price_1": _FREE}
    found = {f"{stream}_included": price_list.included, f"{stream}_minimum": price_list.minimum}
    for place, step in enumerate(price_list.step, start=1):
        found[f"{stream}_price_{place}"] = step.price
        if place > 1:
            found[f"{stream}_above_{place}"] = Assumption(value=step.above)
    return found


def price_driver(name: str) -> Driver | None:
    """What the model knows of a figure of a price list; None for any other name."""
    for stream, title in STREAMS.items():
        rest = name.removeprefix(f"{stream}_")
        if rest == name:
            continue
        kind, _, place = rest.partition("_")
        said = {
            "included": ("units", f"{title}: included in a customer's month without a charge."),
            "minimum": ("money", f"{title}: charged at least, of a customer who uses it."),
            "price": ("money", f"{title}: price of one in step {place}."),
            "above": ("units", f"{title}: where step {place} begins."),
        }.get(kind)
        if said is not None:
            return Driver(*said, default=None)
    return None


_VOLUMES: tuple[Line, ...] = (
    Line("seat_quantity", "people", "Seats of a customer", "seats * (1 - moved_share)"),
    Line("agent_seat_quantity", "units", "Agent seats of a customer", "agent_seats * (1 - moved_share)"),
    Line(
        "operation_quantity",
        "units",
        "Headless operations of a customer",
        "max(0, headless_operations + moved_share * headless_per_seated"
        " * (seats * operations_per_seat + agent_seats * operations_per_agent_seat))",
    ),
    Line("seat_operations", "units", "Operations at seats", "customers * seat_quantity * operations_per_seat"),
    Line(
        "agent_seat_operations",
        "units",
        "Operations of seated agents",
        "customers * agent_seat_quantity * operations_per_agent_seat",
    ),
    Line("operation_operations", "units", "Headless operations", "customers * operation_quantity"),
    Line(
        "operations", "units", "Operations together", "seat_operations + agent_seat_operations + operation_operations"
    ),
    Line(
        "headless_share_of_operations",
        "share",
        "Headless share by count of operations",
        "if_positive(operations, operation_operations / max(operations, 0.000000001), 0)",
    ),
    Line(
        "token_cost_per_call",
        "money",
        "Tokens of one call of the model",
        "(input_tokens_per_call * ((1 - cached_share) * input_price_per_mtok + cached_share * cached_price_per_mtok)"
        " + output_tokens_per_call * output_price_per_mtok) / 1000000",
    ),
)

_COSTS: tuple[Line, ...] = (
    Line(
        "seat_cost",
        "money",
        "Cost to serve seats",
        "customers * seat_quantity * cost_per_seat"
        " + seat_operations * (cost_per_seat_operation + model_share_seat * token_cost_per_call)",
    ),
    Line(
        "agent_seat_cost",
        "money",
        "Cost to serve agent seats",
        "customers * agent_seat_quantity * cost_per_agent_seat"
        " + agent_seat_operations * (cost_per_agent_operation + model_share_agent * token_cost_per_call)",
    ),
    Line(
        "cost_of_headless_operation",
        "money",
        "Cost to serve one headless operation",
        "cost_per_headless_operation + model_share_headless * token_cost_per_call",
    ),
    Line("operation_cost", "money", "Cost to serve consumption", "operation_operations * cost_of_headless_operation"),
)

_RESULTS: tuple[Line, ...] = (
    Line("revenue", "money", "Revenue", "seat_revenue + agent_seat_revenue + operation_revenue"),
    Line("cost_to_serve", "money", "Cost to serve", "seat_cost + agent_seat_cost + operation_cost"),
    *(
        Line(f"{stream}_margin", "money", f"Margin of {title.lower()}", f"{stream}_revenue - {stream}_cost")
        for stream, title in STREAMS.items()
    ),
    Line(
        "headless_share_of_revenue",
        "share",
        "Headless share by revenue",
        "if_positive(revenue, operation_revenue / max(revenue, 0.000000001), 0)",
    ),
    Line("customer_cost", "money", "Cost of customers whatever they use", "customers * cost_per_customer"),
    Line("cost", "money", "Cost of the month", "cost_to_serve + customer_cost + fixed_cost_per_month"),
    Line("margin", "money", "Margin of the month", "revenue - cost"),
    Line("contribution", "money", "Margin before what is fixed", "revenue - cost_to_serve - customer_cost"),
    Line("margin_share", "share", "Margin over revenue", "if_positive(revenue, margin / max(revenue, 0.000000001), 0)"),
)


def _charged(stream: RevenueStream, steps: int) -> Iterator[Line]:
    title = STREAMS[stream]
    yield Line(
        f"{stream}_billable",
        "units",
        f"{title}: charged to a customer",
        f"max(0, {stream}_quantity - {stream}_included)",
    )
    for place in range(1, steps + 1):
        begins = f"{stream}_above_{place}" if place > 1 else "0"
        beyond = f"max(0, {stream}_billable - {begins})"
        if place < steps:
            beyond = f"({beyond} - max(0, {stream}_billable - {stream}_above_{place + 1}))"
        yield Line(
            f"{stream}_step_{place}",
            "money",
            f"{title}: step {place} of a customer",
            f"{beyond} * {stream}_price_{place}",
        )
    usage = " + ".join(f"{stream}_step_{place}" for place in range(1, steps + 1))
    yield Line(f"{stream}_usage", "money", f"{title}: by the steps, of a customer", usage)
    # Less than a millionth is what rounding leaves of none.
    yield Line(
        f"{stream}_revenue",
        "money",
        f"Revenue of {title.lower()}",
        f"customers * if_positive({stream}_quantity - 0.000001, max({stream}_usage, {stream}_minimum), 0)",
    )


@lru_cache(maxsize=64)
def _lines(steps: tuple[int, ...]) -> tuple[Line, ...]:
    charged = (line for stream, count in zip(STREAMS, steps, strict=True) for line in _charged(stream, count))
    return (*_VOLUMES, *charged, *_COSTS, *_RESULTS)


@lru_cache(maxsize=64)
def _formulas(steps: tuple[int, ...]) -> tuple[tuple[str, Formula], ...]:
    return tuple((line.name, read_formula(line.formula)) for line in _lines(steps))


def _steps(record: PricingModel) -> tuple[int, ...]:
    prices = record.prices
    return tuple(len(prices[stream].step) if stream in prices else 1 for stream in STREAMS)


def lines_of(record: PricingModel) -> tuple[Line, ...]:
    """The model's lines, each after those it needs; how many there are depends on the steps of the price lists."""
    return _lines(_steps(record))


def month(record: PricingModel, figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> dict[str, Any]:
    """Every figure and line over figures in the arithmetic's own numbers."""
    known = dict(figures)
    for name, formula in _formulas(_steps(record)):
        known[name] = work_out(formula, known, arithmetic=arithmetic)
    return known
