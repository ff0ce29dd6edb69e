"""The answer about a product's pricing as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tiebeam.economics.pricing import PricingAnswer, PricingCase, StreamAnswer, UseCaseAnswer
from tiebeam.web.svg import ShareLine, Zone, share_chart
from tiebeam.web.views import Figure, Kpi, MovedLine, Pill, PricingAnswerView, PricingNote, StreamLine, UseCaseLine
from tiebeam.web.wording import NONE, in_words, percent

_LINES = (
    ("margin", "Margin", "s1"),
    ("seat_revenue", "Seats", "s2"),
    ("agent_seat_revenue", "Agent seats", "s3"),
    ("operation_revenue", "Consumption", "s4"),
)
_CENTS = Decimal("0.01")


def answer_view(case: PricingCase, answer: PricingAnswer) -> PricingAnswerView:
    return PricingAnswerView(
        kpis=tuple(_kpis(answer)),
        notes=tuple(PricingNote("warn" if one.is_serious else "", _sentence(one.text)) for one in answer.warnings),
        streams=(*(_stream(one) for one in answer.streams), _together(answer)),
        said=tuple(_said(answer)),
        curve=_curve(case, answer) if answer.curve else None,
        moved=tuple(
            MovedLine(
                percent(one.share_of_seats),
                _money(-one.seat_revenue_lost),
                _money(one.consumption_gained, signed=True),
                _money(one.cost_change, signed=True),
                _money(one.margin_change, signed=True),
                one.margin_change < 0,
            )
            for one in answer.moved
        ),
        use_cases=tuple(_use_case(one) for one in answer.use_cases),
        price_source=answer.price_source,
    )


def _kpis(answer: PricingAnswer) -> Iterator[Kpi]:
    found, unit, spread = answer.month, answer.currency, answer.draws.margin
    yield Kpi("Revenue", f"{found['revenue']:,.0f}", f"cost {found['cost']:,.0f}", unit=unit)
    yield Kpi(
        "Margin",
        f"{found['margin']:,.0f}",
        f"P10 {spread.p10:,.0f}, P90 {spread.p90:,.0f}",
        unit=unit,
        tone="bad" if found["margin"] < 0 else "",
    )
    yield Kpi("Headless by count", percent(answer.headless_share, 1), "of all operations")
    yield Kpi("Headless by revenue", percent(found["headless_share_of_revenue"], 1), "of all revenue")
    even = answer.break_even
    customers = NONE if even.customers is None else f"{even.customers:,}"
    yield Kpi("Breaks even from", customers, f"customers; {found['customers']:,.0f} asked")


def _said(answer: PricingAnswer) -> Iterator[str]:
    even, unit = answer.break_even, answer.currency
    price = even.price_per_operation
    if price == 0:
        yield "Seats alone carry the product: operations could be free."
    elif price is not None:
        yield f"The month breaks even at {_small(price)} {unit} for every charged operation."
    for one in even.headless_share:
        end = "Below" if one.is_gained_above else "Above"
        yield f"{end} {one.headless_share:.1%} headless the month loses money."
    if even.moved_operation_price is not None:
        yield (
            f"Work that leaves a seat brings as much as before at {_small(even.moved_operation_price)} {unit} "
            "for each headless operation."
        )
    if answer.month["moved_share"]:
        yield "Seats follow the work: with another headless share the same work is done by more or fewer of them."


def _curve(case: PricingCase, answer: PricingAnswer) -> Figure:
    record = case.record
    lines = [
        ShareLine(name, tuple((float(one.headless_share), float(getattr(one, key))) for one in answer.curve), tone)
        for key, name, tone in _LINES
    ]
    zones = [
        Zone(0.0, float(record.warn_below), "too little headless"),
        Zone(float(record.warn_above), 1.0, "too few seats"),
    ]
    title = "Margin over the headless share"
    drawn = share_chart(lines, name=title, zones=zones, here=float(answer.headless_share))
    rows = tuple(
        (percent(one.headless_share), *(f"{getattr(one, key):,.0f}" for key, _, _ in _LINES))
        for one in answer.curve[::2]
    )
    return Figure(
        title=title,
        svg=drawn,
        columns=("Headless", *(name for _, name, _ in _LINES)),
        rows=rows,
        note="The same work at every share of operations; seats follow it. Dashed: the share asked for.",
        legend=tuple((tone, name) for _, name, tone in _LINES),
    )


def _stream(one: StreamAnswer) -> StreamLine:
    return StreamLine(
        one.title,
        f"{one.quantity:,.0f}",
        f"{one.operations:,.0f}",
        _money(one.revenue),
        _money(one.cost_to_serve),
        _money(one.margin),
        percent(one.share_of_operations, 1),
        percent(one.share_of_revenue, 1),
    )


def _together(answer: PricingAnswer) -> StreamLine:
    found = answer.month
    served = found["revenue"] - found["cost_to_serve"]
    return StreamLine(
        title="Together",
        sold="",
        operations=f"{found['operations']:,.0f}",
        revenue=_money(found["revenue"]),
        cost=_money(found["cost_to_serve"]),
        margin=_money(served),
        by_count="",
        by_revenue="",
    )


def _use_case(one: UseCaseAnswer) -> UseCaseLine:
    return UseCaseLine(
        one.title,
        one.reason,
        _sentence(in_words(one.billed)),
        _sentence(in_words(one.called_for)),
        Pill("Agrees", "ok") if one.agrees else Pill("Differs", "warn"),
        NONE if one.agent_seat_pays_from is None else f"{one.agent_seat_pays_from:,.0f}",
    )


def _money(value: Decimal, *, signed: bool = False) -> str:
    return f"{value.quantize(_CENTS):{'+' if signed and value else ''},.2f}"


def _small(value: Decimal) -> str:
    return f"{value:.4f}" if value < 1 else f"{value:,.2f}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
