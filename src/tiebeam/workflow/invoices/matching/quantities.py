"""Quantities: what all invoices of an order line ask for, against what was received for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tiebeam.connect.purchasing import OrderLine, Policy, PurchaseOrder, Receipt, ReceiptKind, ReceiptLine
from tiebeam.kit import compact_key, decimal_text
from tiebeam.workflow.invoices.matching.lines import name_similarity
from tiebeam.workflow.invoices.matching.model import Claim, Finding, Label, LineMatch
from tiebeam.workflow.invoices.matching.units import units_compare


@dataclass(frozen=True, slots=True)
class Received:
    quantity: Decimal
    receipts: tuple[str, ...]
    despatched: Decimal
    other_units: tuple[str, ...]
    """Units of receipts that cannot be compared with the order's."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """One order line as it stands with this invoice."""

    order: PurchaseOrder
    line: OrderLine
    invoiced: Decimal
    earlier: Decimal
    received: Received


def received_for(order: PurchaseOrder, line: OrderLine, *, receipts: Iterable[Receipt]) -> Received:
    """Sums the receipt lines of one order line; despatch advices are kept apart."""
    quantity = despatched = Decimal(0)
    ids: list[str] = []
    units: list[str] = []
    for receipt in receipts:
        for part in receipt.lines:
            if (part.order_id or receipt.order_id) != order.id or order_line_of(part, order) is not line:
                continue
            if receipt.kind is ReceiptKind.DESPATCH:
                despatched += part.quantity
            elif units_compare(part.unit, line.unit):
                quantity += part.quantity
                ids.append(receipt.id)
            else:
                units.append(str(part.unit))
    return Received(quantity, tuple(dict.fromkeys(ids)), despatched, tuple(dict.fromkeys(units)))


def order_line_of(part: ReceiptLine, order: PurchaseOrder) -> OrderLine | None:
    """By the line's number, else its item number, else its name; None where that is not clear."""
    if part.order_line is not None:
        return order.line(part.order_line)
    if part.sku:
        same = [line for line in order.lines if line.sku and compact_key(line.sku) == compact_key(part.sku)]
        if len(same) == 1:
            return same[0]
    named = [line for line in order.lines if name_similarity(line.name, part.name) >= 95]
    return named[0] if len(named) == 1 else None


def delivery_contents(order: PurchaseOrder, *, receipts: Iterable[Receipt]) -> dict[str, dict[str, Decimal]]:
    """What each receipt brought of an order: quantities by order line, for receipts whose every line is clear."""
    contents: dict[str, dict[str, Decimal]] = {}
    for receipt in receipts:
        parts = [part for part in receipt.lines if (part.order_id or receipt.order_id) == order.id]
        placed = [(part, order_line_of(part, order)) for part in parts]
        if receipt.kind is ReceiptKind.DESPATCH or not all(
            line and units_compare(p.unit, line.unit) for p, line in placed
        ):
            continue
        content = contents.setdefault(receipt.id, {})
        for part, line in placed:
            if line is not None and part.quantity:
                content[line.id] = content.get(line.id, Decimal(0)) + part.quantity
    return contents


def check_quantities(
    lines: Sequence[LineMatch], *, receipts: Sequence[Receipt], counted: Sequence[Claim], policy: Policy
) -> list[Finding]:
    """Lines not on the order, units that differ, nothing received, and more invoiced than received."""
    findings = [_unordered(match) for match in lines if match.order_line is None]
    findings += [finding for match in lines for finding in _unit_finding(match)]
    standings = _standings(lines, receipts=receipts, counted=counted)
    findings += [_unit_of_receipt(standing) for standing in standings if standing.received.other_units]
    asking = [standing for standing in standings if standing.invoiced > 0]
    if policy.receipt_required and asking and not any(standing.received.receipts for standing in asking):
        if any(standing.received.other_units for standing in asking):
            return findings
        return [*findings, _nothing_received(asking)]
    for standing in asking:
        findings += _over(standing, policy=policy)
    return findings


def _standings(lines: Sequence[LineMatch], *, receipts: Sequence[Receipt], counted: Sequence[Claim]) -> list[_Standing]:
    places: dict[tuple[str, str], list[LineMatch]] = {}
    for match in lines:
        if match.order is not None and match.order_line is not None:
            places.setdefault((match.order.id, match.order_line.id), []).append(match)
    standings: list[_Standing] = []
    for (order_id, line_id), matches in places.items():
        order, line = matches[0].order, matches[0].order_line
        if order is None or line is None:
            continue
        invoiced = sum((match.invoice_line.quantity or Decimal(0) for match in matches), Decimal(0))
        earlier = earlier_quantity(counted, order_id=order_id, line_id=line_id)
        standings.append(_Standing(order, line, invoiced, earlier, received_for(order, line, receipts=receipts)))
    return standings


def earlier_quantity(counted: Iterable[Claim], *, order_id: str, line_id: str) -> Decimal:
    """What earlier invoices claimed of an order line, less what credit notes gave back."""
    total = Decimal(0)
    for claim in counted:
        for line in claim.lines:
            if (line.order_id, line.order_line) == (order_id, line_id) and line.quantity is not None:
                total += -abs(line.quantity) if claim.is_credit_note else line.quantity
    return max(total, Decimal(0))


def _over(standing: _Standing, *, policy: Policy) -> list[Finding]:
    limit = standing.received.quantity if policy.receipt_required else standing.line.quantity
    total = standing.invoiced + standing.earlier
    evidence = _evidence(standing)
    if total > limit + policy.quantity_tolerance:
        measure = "received" if policy.receipt_required else "ordered"
        before = f", {_plain(standing.earlier)} of it on earlier invoices" if standing.earlier else ""
        text = (
            f"Line {standing.line.id} of {standing.order.id} ({standing.line.name}): {_plain(total)} invoiced{before}, "
            f"{_plain(limit)} {measure}."
        )
        excess = min(standing.invoiced, total - limit)
        evidence |= {"over": _plain(total - limit), "overcharge_net": _plain(excess * standing.line.unit_price)}
        return [Finding("quantity.received", "quantity_variance", text, evidence, Label.QUANTITY_VARIANCE)]
    if total > standing.line.quantity:
        text = (
            f"Line {standing.line.id} of {standing.order.id}: {_plain(total)} invoiced and received, "
            f"{_plain(standing.line.quantity)} ordered; the goods receipt accepted the surplus."
        )
        return [Finding("quantity.ordered", "delivered_above_order", text, evidence, blocks=False)]
    return []


def _evidence(standing: _Standing) -> dict[str, Any]:
    return {
        "order": standing.order.id,
        "order_line": standing.line.id,
        "sku": standing.line.sku,
        "ordered": _plain(standing.line.quantity),
        "received": _plain(standing.received.quantity),
        "receipts": list(standing.received.receipts),
        "despatched_by_supplier": _plain(standing.received.despatched),
        "invoiced": _plain(standing.invoiced),
        "invoiced_before": _plain(standing.earlier),
    }


def _nothing_received(standings: Sequence[_Standing]) -> Finding:
    orders = ", ".join(dict.fromkeys(standing.order.id for standing in standings))
    despatched = any(standing.received.despatched for standing in standings)
    word = " The supplier has announced the despatch." if despatched else ""
    text = f"No receipt is on file for what is invoiced of {orders}.{word}"
    evidence = {"orders": orders.split(", "), "lines": [_evidence(standing) for standing in standings]}
    return Finding("receipt.required", "missing_receipt", text, evidence, Label.MISSING_RECEIPT)


def _unordered(match: LineMatch) -> Finding:
    line = match.invoice_line
    text = f"Line {match.position} ({line.name or line.sku}) is not on the order."
    evidence = {"position": match.position, "sku": line.sku, "name": line.name, "net": _plain(line.net)}
    return Finding("quantity.on-order", "line_not_on_order", text, evidence, Label.QUANTITY_VARIANCE)


def _unit_finding(match: LineMatch) -> list[Finding]:
    line, ordered = match.invoice_line, match.order_line
    if ordered is None:
        return []
    if line.quantity is None:
        text = f"Line {match.position} ({line.name or line.sku}) says no quantity."
        return [Finding("quantity.stated", "missing_field", text, {"field": "quantity", "position": match.position})]
    price = line.net / line.quantity if line.net is not None and line.quantity else line.unit_price
    if units_compare(line.unit, ordered.unit, price=price, other_price=ordered.unit_price):
        return []
    text = (
        f"Line {match.position} is invoiced in {line.unit!r}, ordered in {ordered.unit!r}: quantities and prices "
        "cannot be compared."
    )
    evidence = {"position": match.position, "invoiced_unit": line.unit, "ordered_unit": ordered.unit}
    return [Finding("quantity.unit", "unit_differs", text, evidence, Label.QUANTITY_VARIANCE)]


def _unit_of_receipt(standing: _Standing) -> Finding:
    units = ", ".join(standing.received.other_units)
    text = (
        f"Line {standing.line.id} of {standing.order.id} was received in {units!r}, ordered in {standing.line.unit!r}."
    )
    evidence = _evidence(standing) | {"received_units": list(standing.received.other_units)}
    return Finding("quantity.unit", "unit_differs", text, evidence, Label.QUANTITY_VARIANCE)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)
