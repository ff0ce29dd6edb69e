"""The JSON form of orders, receipts, suppliers and policies: decimals as text, dates as ISO, absent parts left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.connect.purchasing.model import (
    OrderLine,
    Policy,
    PurchaseOrder,
    Receipt,
    ReceiptKind,
    ReceiptLine,
    Supplier,
)
from tiebeam.connect.purchasing.policy import policy_from
from tiebeam.connect.purchasing.values import date_of, decimal_of
from tiebeam.kit import decimal_text


def as_json(record: Any) -> Any:
    """A record of this room, or any of its values, JSON-ready."""
    if is_dataclass(record):
        return {part.name: as_json(getattr(record, part.name)) for part in fields(record)}
    match record:
        case Decimal():
            return decimal_text(record)
        case date():
            return record.isoformat()
        case tuple():
            return [as_json(part) for part in record]
        case dict():
            return {key: as_json(part) for key, part in record.items()}
        case _:
            return record


def order_from_json(form: Mapping[str, Any]) -> PurchaseOrder:
    """The way back. Lines without an `id` are numbered from 1. Raises ReferenceUnreadable on bad values, KeyError on
    missing ones."""
    place = f"order {form['id']!r}"
    return PurchaseOrder(
        id=str(form["id"]),
        currency=str(form["currency"]),
        lines=tuple(_order_line(row, number, place) for number, row in enumerate(form.get("lines", ()), start=1)),
        issue_date=_date(form, "issue_date", place),
        supplier_id=form.get("supplier_id"),
        supplier_name=form.get("supplier_name"),
        supplier_vat=form.get("supplier_vat"),
        charge_total=_number(form, "charge_total", place) or Decimal(0),
        allowance_total=_number(form, "allowance_total", place) or Decimal(0),
    )


def _order_line(row: Mapping[str, Any], number: int, place: str) -> OrderLine:
    return OrderLine(
        id=str(row.get("id", number)),
        sku=row.get("sku"),
        name=row.get("name"),
        quantity=_needed(row, "quantity", place),
        unit=row.get("unit"),
        unit_price=_needed(row, "unit_price", place),
        tax_rate=_number(row, "tax_rate", place),
    )


def receipt_from_json(form: Mapping[str, Any]) -> Receipt:
    place = f"receipt {form['id']!r}"
    lines = tuple(
        ReceiptLine(
            order_line=None if row.get("order_line") is None else str(row["order_line"]),
            sku=row.get("sku"),
            name=row.get("name"),
            quantity=_needed(row, "quantity", place),
            unit=row.get("unit"),
            order_id=row.get("order_id"),
        )
        for row in form.get("lines", ())
    )
    return Receipt(
        id=str(form["id"]),
        order_id=form.get("order_id"),
        received_on=_date(form, "received_on", place),
        lines=lines,
        kind=ReceiptKind(form.get("kind", "receipt")),
    )


def supplier_from_json(form: Mapping[str, Any]) -> Supplier:
    place = f"supplier {form['id']!r}"
    terms = _number(form, "terms_days", place)
    return Supplier(
        id=str(form["id"]),
        name=str(form["name"]),
        vat_ids=tuple(form.get("vat_ids", ())),
        ibans=tuple(form.get("ibans", ())),
        currency=form.get("currency"),
        country=form.get("country"),
        terms_days=None if terms is None else int(terms),
        phone=form.get("phone"),
        email=form.get("email"),
        account=form.get("account"),
        cost_centre=form.get("cost_centre"),
    )


def policy_to_json(policy: Policy) -> dict[str, Any]:
    return as_json(policy)


def policy_from_json(form: Mapping[str, Any]) -> Policy:
    return policy_from(form)


def _number(form: Mapping[str, Any], key: str, place: str) -> Decimal | None:
    value = form.get(key)
    return None if value is None else decimal_of(str(value), place=f"{place}, {key}")


def _needed(form: Mapping[str, Any], key: str, place: str) -> Decimal:
    return decimal_of(str(form.get(key, "")), place=f"{place}, {key}")


def _date(form: Mapping[str, Any], key: str, place: str) -> date | None:
    value = form.get(key)
    return None if value is None else date_of(str(value), place=f"{place}, {key}")
