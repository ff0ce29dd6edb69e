"""Any provider's bill as a table, and licences by seat: dates, words and amounts under headings in plain English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import Fields, Unreadable, id_of, millis
from tiebeam.kit import nano_usd

_DATES = ("date", "day", "month", "period", "period_start", "from", "start", "invoice_date", "billing_period")
_ENDS = ("period_end", "to", "until", "end")
AMOUNTS = ("amount", "cost", "total", "net_amount", "amount_usd", "cost_usd", "usd", "charge", "spend")
SEATS = ("seats", "licenses", "licences", "users", "quantity")
PER_SEAT = ("price_per_seat", "unit_price", "price", "usd_per_seat", "seat_price", "price_per_license")
PROVIDERS = ("provider", "vendor", "supplier", "product", "service")
WORDS = ("description", "line_item", "item", "product", "service", "sku")


def read_bill(row: Fields) -> Iterator[Sighting]:
    """One line of a bill, taken as it is: no call stands for it."""
    yield _fee(row, row.usd_nano(*AMOUNTS, currency=_currency(row)), endpoint="bill")


def read_seats(row: Fields) -> Iterator[Sighting]:
    """The seats of one product in one month."""
    total = row.usd_nano("total", "amount", "cost", currency=_currency(row))
    if total is None:
        seats, price = row.count(*SEATS), row.number(*PER_SEAT)
        if price is None:
            raise Unreadable(f"there is neither a {PER_SEAT[0]!r} nor a total")
        found = price * Decimal(seats)
        total = nano_usd(found if _currency(row) == "USD" else row.to_usd(found, _currency(row)))
    yield _fee(row, total, endpoint="seats")


def _fee(row: Fields, nano: int | None, *, endpoint: str) -> Sighting:
    if nano is None:
        raise Unreadable(f"there is no {AMOUNTS[0]!r}")
    start, until = _span(row)
    provider = row.text(*PROVIDERS) or "unknown"
    what = row.text(*WORDS) or endpoint
    names = row.names(
        team=("team", "department", "cost_center", "cost_centre"),
        workflow="workflow",
        project="project",
        product="product",
        invoice=("invoice", "invoice_number", "invoice_id"),
    )
    model = row.text("model")
    return Sighting(
        kind=SightingKind.FEE,
        file=row.file,
        line=row.line,
        id=id_of(endpoint, start, provider, what, model, row.text("invoice", "invoice_number"), sorted(names.items())),
        at=start,
        until=until,
        provider=provider.lower(),
        model=model,
        nano=nano,
        what=what,
        endpoint=endpoint,
        names=names,
    )


def _currency(row: Fields) -> str:
    return (row.text("currency", "billing_currency") or "USD").upper()


def _span(row: Fields) -> tuple[int, int]:
    """From the start of the first day to the end of the last; of a month where only that is named."""
    said = row.needed(*_DATES)
    is_month = len(said) == 7 and said[4] == "-"
    first = datetime.fromisoformat(f"{said}-01T00:00:00+00:00") if is_month else row.at(*_DATES)
    if row.raw(*_ENDS) is not None:
        last = row.at(*_ENDS) + timedelta(days=1)
    else:
        last = (first + timedelta(days=32)).replace(day=1) if is_month else first + timedelta(days=1)
    if last <= first:
        raise Unreadable(f"it ends on {row.text(*_ENDS)!r}, before it begins on {said!r}")
    return millis(first), millis(last)
