"""Rows of a CSV file or a database as orders, receipts and suppliers; headers go by many names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.model import OrderLine, PurchaseOrder, Receipt, ReceiptKind, ReceiptLine, Supplier
from tiebeam.connect.purchasing.values import compact, date_of, decimal_of, split_list
from tiebeam.kit import compact_key

ORDER_COLUMNS: dict[str, tuple[str, ...]] = {
    "order": ("po", "order", "order_id", "po_number", "purchase_order", "order_number", "ebeln", "bestellung"),
    "line": ("line", "po_line", "order_line", "line_id", "line_number", "position", "ebelp", "pos"),
    "quantity": ("qty", "quantity", "ordered_qty", "order_quantity", "menge"),
    "unit_price": ("unit_price", "price", "net_price", "price_per_unit", "netpr", "einzelpreis"),
    "currency": ("currency", "currency_code", "waers", "waehrung"),
    "price_base": ("price_base", "price_unit", "per", "base_quantity", "peinh"),
    "date": ("po_date", "order_date", "date", "issue_date", "bedat"),
    "supplier": ("supplier_id", "supplier", "vendor_id", "vendor", "lifnr", "supplier_no", "lieferant"),
    "supplier_name": ("supplier_name", "vendor_name"),
    "supplier_vat": ("supplier_vat", "vendor_vat", "vat", "vat_id"),
    "sku": ("sku", "item", "item_number", "article", "material", "matnr", "artikel"),
    "name": ("name", "item_name", "description", "text", "txz01", "bezeichnung"),
    "unit": ("unit", "uom", "unit_code", "meins", "einheit"),
    "tax_rate": ("tax_rate", "vat_rate", "tax_percent", "vat_percent", "mwst"),
}
RECEIPT_COLUMNS: dict[str, tuple[str, ...]] = {
    "receipt": ("receipt", "receipt_id", "gr", "goods_receipt", "grn", "mblnr", "wareneingang"),
    "order": ORDER_COLUMNS["order"],
    "line": ("po_line", "order_line", "line", "line_id", "position", "ebelp", "pos"),
    "quantity": ("received_qty", "received_quantity", "received", "qty", "quantity", "menge"),
    "rejected": ("rejected_qty", "rejected_quantity", "rejected"),
    "date": ("date", "receipt_date", "received_on", "received_at", "posting_date", "budat"),
    "sku": ORDER_COLUMNS["sku"],
    "name": ORDER_COLUMNS["name"],
    "unit": ORDER_COLUMNS["unit"],
    "kind": ("kind", "type"),
}
SUPPLIER_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("supplier_id", "id", "vendor_id", "supplier", "vendor", "lifnr", "supplier_no", "number"),
    "name": ("name", "supplier_name", "vendor_name", "company", "name1"),
    "vat": ("vat", "vat_id", "vat_ids", "tax_id", "vat_number", "stceg", "ust_id"),
    "iban": ("iban", "ibans", "bank_account", "account_number", "bank_iban"),
    "currency": ("currency", "currency_code", "waers"),
    "country": ("country", "country_code", "land1"),
    "terms_days": ("terms_days", "payment_terms_days", "terms", "payment_days"),
    "phone": ("phone", "telephone", "phone_number", "telf1"),
    "email": ("email", "mail", "e_mail"),
    "account": ("account", "gl_account", "ledger_account", "default_account"),
    "cost_centre": ("cost_centre", "cost_center", "default_cost_centre", "kostl"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under the fields' own names; `place` of a row is what an error message begins with."""

    name: str
    rows: tuple[tuple[str, Mapping[str, str | None]], ...]
    headers: Mapping[str, str]
    """Field name → the header it was found under."""

    def at(self, place: str, field: str) -> str:
        return f"{place}, column {self.headers.get(field, field)!r}"


def column_map(
    headers: Iterable[str],
    *,
    known: Mapping[str, tuple[str, ...]],
    chosen: Mapping[str, str],
    needed: tuple[str, ...],
    name: str,
) -> dict[str, str]:
    """Field → header. `chosen` (from settings) wins over the known names. Raises ReferenceUnreadable."""
    by_key = {compact_key(header): header for header in headers}
    found: dict[str, str] = {}
    for field, header in chosen.items():
        if field not in known:
            raise ReferenceUnreadable(f"{name!r}: there is no field {field!r} to map; fields are {', '.join(known)}")
        if compact_key(header) not in by_key:
            raise ReferenceUnreadable(f"{name!r}: column {header!r}, mapped to {field!r}, is not there")
        found[field] = by_key[compact_key(header)]
    for field, aliases in known.items():
        taken = set(found.values())
        matches = (by_key[compact_key(alias)] for alias in aliases if compact_key(alias) in by_key)
        header = next((header for header in matches if header not in taken), None)
        if field not in found and header is not None:
            found[field] = header
    missing = [field for field in needed if field not in found]
    if missing:
        tried = "; ".join(f"{field} (also {', '.join(known[field][:4])})" for field in missing)
        raise ReferenceUnreadable(f"{name!r} lacks a column for {tried}; it has {', '.join(headers)}", table=name)
    return found


def table_of(
    name: str,
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    headers: Iterable[str],
    known: Mapping[str, tuple[str, ...]],
    needed: tuple[str, ...],
    chosen: Mapping[str, str],
) -> Table:
    columns = column_map(list(headers), known=known, chosen=chosen, needed=needed, name=name)

    def cells(row: Mapping[str, Any]) -> dict[str, str | None]:
        texts = {field: row.get(header) for field, header in columns.items()}
        return {field: str(value).strip() or None if value is not None else None for field, value in texts.items()}

    kept = ((place, cells(row)) for place, row in rows)
    return Table(name=name, rows=tuple((place, row) for place, row in kept if any(row.values())), headers=columns)


def _needed(table: Table, place: str, row: Mapping[str, str | None], field: str) -> str:
    text = row.get(field)
    if text is None:
        raise ReferenceUnreadable(f"{table.at(place, field)} is empty", place=place, column=field)
    return text


def _number(table: Table, place: str, row: Mapping[str, str | None], field: str) -> Decimal | None:
    text = row.get(field)
    return None if text is None else decimal_of(text, place=table.at(place, field))


def orders_from(table: Table) -> tuple[PurchaseOrder, ...]:
    """One order per order number, its lines in the order of the rows."""
    orders: dict[str, PurchaseOrder] = {}
    for place, row in table.rows:
        order_id = _needed(table, place, row, "order")
        line = _order_line(table, place, row)
        known = orders.get(order_id) or _order_head(table, place, row, order_id)
        if known.line(line.id) is not None:
            raise ReferenceUnreadable(f"{table.at(place, 'line')}: line {line.id!r} of {order_id!r} is there twice")
        currency = row.get("currency") or known.currency
        if currency != known.currency:
            raise ReferenceUnreadable(
                f"{table.at(place, 'currency')}: {order_id!r} has lines in {known.currency} and {currency}"
            )
        orders[order_id] = replace(known, lines=(*known.lines, line))
    return tuple(orders.values())


def _order_head(table: Table, place: str, row: Mapping[str, str | None], order_id: str) -> PurchaseOrder:
    day = row.get("date")
    return PurchaseOrder(
        id=order_id,
        currency=_needed(table, place, row, "currency"),
        lines=(),
        issue_date=None if day is None else date_of(day, place=table.at(place, "date")),
        supplier_id=row.get("supplier"),
        supplier_name=row.get("supplier_name"),
        supplier_vat=compact(row.get("supplier_vat")),
    )


def _order_line(table: Table, place: str, row: Mapping[str, str | None]) -> OrderLine:
    price = decimal_of(_needed(table, place, row, "unit_price"), place=table.at(place, "unit_price"))
    base = _number(table, place, row, "price_base")
    return OrderLine(
        id=_needed(table, place, row, "line"),
        sku=row.get("sku"),
        name=row.get("name"),
        quantity=decimal_of(_needed(table, place, row, "quantity"), place=table.at(place, "quantity")),
        unit=row.get("unit"),
        unit_price=price if not base or base == 1 else price / base,
        tax_rate=_number(table, place, row, "tax_rate"),
    )


def receipts_from(table: Table) -> tuple[Receipt, ...]:
    """One receipt per receipt number; without that column, one per row."""
    receipts: dict[str, Receipt] = {}
    for count, (place, row) in enumerate(table.rows, start=1):
        receipt_id = row.get("receipt") or f"row-{count}"
        day = row.get("date")
        known = receipts.get(receipt_id) or Receipt(
            id=receipt_id,
            order_id=row.get("order"),
            received_on=None if day is None else date_of(day, place=table.at(place, "date")),
            lines=(),
            kind=ReceiptKind.DESPATCH if (row.get("kind") or "").lower() == "despatch" else ReceiptKind.RECEIPT,
        )
        quantity = decimal_of(_needed(table, place, row, "quantity"), place=table.at(place, "quantity"))
        rejected = _number(table, place, row, "rejected") or Decimal(0)
        line = ReceiptLine(
            order_line=row.get("line"),
            sku=row.get("sku"),
            name=row.get("name"),
            quantity=quantity - rejected,
            unit=row.get("unit"),
            order_id=_needed(table, place, row, "order"),
        )
        receipts[receipt_id] = replace(known, lines=(*known.lines, line))
    return tuple(receipts.values())


def suppliers_from(table: Table) -> tuple[Supplier, ...]:
    """One supplier per number; further rows of the same number add VAT ids and accounts."""
    suppliers: dict[str, Supplier] = {}
    for place, row in table.rows:
        supplier_id = _needed(table, place, row, "id")
        vat_ids, ibans = split_list(row.get("vat")), split_list(row.get("iban"))
        known = suppliers.get(supplier_id)
        if known is not None:
            suppliers[supplier_id] = replace(
                known, vat_ids=_joined(known.vat_ids, vat_ids), ibans=_joined(known.ibans, ibans)
            )
            continue
        terms = _number(table, place, row, "terms_days")
        suppliers[supplier_id] = Supplier(
            id=supplier_id,
            name=_needed(table, place, row, "name"),
            vat_ids=vat_ids,
            ibans=ibans,
            currency=row.get("currency"),
            country=row.get("country"),
            terms_days=None if terms is None else int(terms),
            phone=row.get("phone"),
            email=row.get("email"),
            account=row.get("account"),
            cost_centre=row.get("cost_centre"),
        )
    return tuple(suppliers.values())


def _joined(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return (*old, *(value for value in new if value not in old))


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of reference table must have, and how its rows become records."""

    kind: str
    known: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    tables: tuple[str, ...]
    """Names under which a database usually keeps it."""
    build: Callable[[Table], tuple[Any, ...]]


ORDERS = Shape(
    "orders",
    ORDER_COLUMNS,
    ("order", "line", "quantity", "unit_price", "currency"),
    ("purchase_order_lines", "purchase_orders", "order_lines", "orders"),
    orders_from,
)
RECEIPTS = Shape(
    "receipts",
    RECEIPT_COLUMNS,
    ("order", "quantity"),
    ("goods_receipt_lines", "goods_receipts", "receipt_lines", "receipts"),
    receipts_from,
)
SUPPLIERS = Shape("suppliers", SUPPLIER_COLUMNS, ("id", "name"), ("suppliers", "vendors", "supplier"), suppliers_from)
