"""Prices against the order: both limits of the tolerance at once, exactly; and charges nobody agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tiebeam.connect.documents import Invoice, InvoiceLine
from tiebeam.connect.purchasing import Policy, PurchaseOrder
from tiebeam.kit import decimal_text
from tiebeam.workflow.invoices.matching.model import Claim, Finding, Label, LineMatch
from tiebeam.workflow.invoices.matching.taxes import minor_unit
from tiebeam.workflow.invoices.matching.units import units_compare


def effective_price(line: InvoiceLine, *, currency: str | None) -> Decimal | None:
    """The price of one unit that the line's amount comes to; the printed price where the two agree to rounding."""
    if line.quantity is None or not line.quantity or line.net is None:
        return line.unit_price
    if line.unit_price is not None:
        # Half a minor unit for the line's amount and half of the last printed digit of the price per unit.
        digit = Decimal(1).scaleb(min(0, int(line.unit_price.as_tuple().exponent)))
        slack = minor_unit(currency) / 2 + abs(line.quantity) * digit / 2
        if abs(line.quantity * line.unit_price - line.net) <= min(slack, minor_unit(currency)):
            return line.unit_price
    return line.net / line.quantity


def check_prices(lines: Sequence[LineMatch], *, invoice: Invoice, policy: Policy) -> list[Finding]:
    """A higher price is tolerated only if both the percentage and the amount of the order line stay within the limits.

    Amounts are compared as they stand in the order's currency. Parts of one order line on several invoice lines are
    taken together, so that splitting a line does not widen the tolerance. Lower prices are always accepted.
    """
    places: dict[tuple[str, str], list[LineMatch]] = {}
    for match in lines:
        if match.order is not None and match.order_line is not None and match.order.currency == invoice.currency:
            places.setdefault((match.order.id, match.order_line.id), []).append(match)
    findings: list[Finding] = []
    for matches in places.values():
        findings += _check_place(matches, invoice=invoice, policy=policy)
    return findings


def _check_place(matches: Sequence[LineMatch], *, invoice: Invoice, policy: Policy) -> list[Finding]:
    order_line = matches[0].order_line
    if order_line is None:
        return []
    agreed, over, worst = order_line.unit_price, Decimal(0), order_line.unit_price
    quantity = Decimal(0)
    for match in matches:
        line = match.invoice_line
        price = effective_price(line, currency=invoice.currency)
        if price is None:
            text = f"Line {match.position} ({line.name or line.sku}) says no price."
            return [Finding("price.stated", "missing_field", text, {"field": "unit_price", "position": match.position})]
        if not units_compare(line.unit, order_line.unit, price=price, other_price=agreed):
            return []
        if price > agreed and line.quantity is not None:
            over += (price - agreed) * line.quantity
            quantity += line.quantity
            worst = max(worst, price)
    if worst <= agreed:
        return []
    within_percent = _settled((worst - agreed) * 100) <= _settled(policy.price_tolerance_percent * agreed)
    within_amount = _settled(over) <= policy.price_tolerance_per_line
    if within_percent and within_amount:
        return []
    return [_variance(matches[0], worst=worst, over=over, quantity=quantity, invoice=invoice, policy=policy)]


def _settled(value: Decimal) -> Decimal:
    """Without the last digits that dividing by a price's base quantity leaves; far finer than any printed price."""
    return value.quantize(Decimal("1E-12"))


def _variance(
    match: LineMatch, *, worst: Decimal, over: Decimal, quantity: Decimal, invoice: Invoice, policy: Policy
) -> Finding:
    agreed = match.order_line.unit_price if match.order_line else Decimal(0)
    percent = None if not agreed else ((worst - agreed) * 100 / agreed).quantize(Decimal("0.01"))
    by = "from nothing" if percent is None else f"by {percent} %"
    order_id, line_id = match.order.id if match.order else "", match.order_line.id if match.order_line else ""
    text = (
        f"Line {line_id} of {order_id} ({match.invoice_line.name}): {_short(worst)} instead of {_short(agreed)} "
        f"{invoice.currency}, {by} and {_short(over)} in all; tolerated are {policy.price_tolerance_percent} % and "
        f"{policy.price_tolerance_per_line} together."
    )
    evidence = {
        "order": order_id,
        "order_line": line_id,
        "sku": match.order_line.sku if match.order_line else None,
        "order_price": decimal_text(agreed),
        "invoice_price": decimal_text(worst),
        "quantity": decimal_text(quantity),
        "overcharge_net": decimal_text(over),
        "percent": None if percent is None else decimal_text(percent),
        "currency": invoice.currency,
    }
    return Finding("price.tolerance", "price_variance", text, evidence, Label.PRICE_VARIANCE)


def check_charges(invoice: Invoice, *, orders: Sequence[PurchaseOrder], counted: Sequence[Claim]) -> list[Finding]:
    """Charges on the whole invoice, with those billed before, must not exceed the orders'; none is tolerated."""
    charged = invoice.charge_total or Decimal(0)
    before = sum((claim.charge_total or Decimal(0) for claim in counted if not claim.is_credit_note), Decimal(0))
    agreed = sum((order.charge_total for order in orders), Decimal(0))
    if charged <= 0 or charged + before <= agreed:
        return []
    billed = f", {_short(before)} were billed before" if before else ""
    text = f"{_short(charged)} {invoice.currency} of charges are added; the order agrees to {_short(agreed)}{billed}."
    evidence = {
        "charge_total": decimal_text(charged),
        "charged_before": decimal_text(before),
        "order_charge_total": decimal_text(agreed),
    }
    return [Finding("price.charges", "charge_not_on_order", text, evidence, Label.PRICE_VARIANCE)]


def _short(value: Decimal) -> str:
    """Up to six decimals without trailing zeros beyond two."""
    rounded = value.quantize(Decimal("0.000001"))
    whole = rounded.quantize(Decimal("0.01"))
    return decimal_text(whole if whole == rounded else rounded.normalize())
