"""The JSON form of invoices and reading results: decimals as text, dates as ISO, nothing lost on the way back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.connect.documents.model import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.documents.result import Evidence, ReadResult
from tiebeam.kit import decimal_text

_MAX_DIGITS = 100
_AMOUNTS = ("net", "tax", "gross", "payable", "allowance_total", "charge_total")
_LISTS = ("ibans", "preceding_invoices", "notes", "warnings")
_TEXTS = ("syntax", "number", "type_code", "currency", "order_reference", "buyer_reference")
_DATES = ("issue_date", "due_date")
_PARTY = ("name", "vat_id", "country", "email")
_LINE_TEXTS = ("id", "name", "sku", "unit", "order_line", "order_reference")
_LINE_AMOUNTS = ("quantity", "unit_price", "net", "tax_rate")
_REFERENCE = ("number", "issue_date", "type_code", "currency", "buyer_reference", "order_reference")


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else decimal_text(amount)


def _amount(text: str | None) -> Decimal | None:
    """Raises ValueError on NaN, infinities and numbers beyond any amount, whose digits alone would fill the memory."""
    if text is None:
        return None
    amount = Decimal(text)
    if not amount.is_finite() or abs(amount.adjusted()) > _MAX_DIGITS or len(amount.as_tuple().digits) > _MAX_DIGITS:
        raise ValueError(f"{text[:60]!r} is no amount")
    return amount


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _line_to_json(line: InvoiceLine) -> dict[str, Any]:
    texts: dict[str, Any] = {key: getattr(line, key) for key in _LINE_TEXTS}
    return texts | {key: _text(getattr(line, key)) for key in _LINE_AMOUNTS}


def _line_from_json(row: Mapping[str, Any]) -> InvoiceLine:
    texts: dict[str, Any] = {key: row.get(key) for key in _LINE_TEXTS}
    amounts: dict[str, Any] = {key: _amount(row.get(key)) for key in _LINE_AMOUNTS}
    return InvoiceLine(**texts, **amounts)


def _subtotal_to_json(subtotal: TaxSubtotal) -> dict[str, Any]:
    return {
        "rate": _text(subtotal.rate),
        "category": subtotal.category,
        "taxable": _text(subtotal.taxable),
        "tax": _text(subtotal.tax),
    }


def _subtotal_from_json(row: Mapping[str, Any]) -> TaxSubtotal:
    return TaxSubtotal(
        rate=_amount(row.get("rate")),
        category=row.get("category"),
        taxable=_amount(row.get("taxable")),
        tax=_amount(row.get("tax")),
    )


def invoice_to_json(invoice: Invoice) -> dict[str, Any]:
    """A JSON-ready dict with one key per field of `Invoice`."""
    form: dict[str, Any] = {key: getattr(invoice, key) for key in _TEXTS}
    for key in _DATES:
        day: date | None = getattr(invoice, key)
        form[key] = None if day is None else day.isoformat()
    form |= {key: _text(getattr(invoice, key)) for key in _AMOUNTS}
    form |= {key: list(getattr(invoice, key)) for key in _LISTS}
    for key in ("seller", "buyer"):
        party: Party = getattr(invoice, key)
        form[key] = {part: getattr(party, part) for part in _PARTY}
    form["lines"] = [_line_to_json(line) for line in invoice.lines]
    form["tax_subtotals"] = [_subtotal_to_json(subtotal) for subtotal in invoice.tax_subtotals]
    return form


def invoice_from_json(form: Mapping[str, Any]) -> Invoice:
    """The way back. Unknown keys are ignored, absent ones become None; ValueError or InvalidOperation on bad values."""
    texts: dict[str, Any] = {key: form.get(key) for key in _TEXTS}
    dates: dict[str, Any] = {key: _date(form.get(key)) for key in _DATES}
    amounts: dict[str, Any] = {key: _amount(form.get(key)) for key in _AMOUNTS}
    lists: dict[str, Any] = {key: tuple(form.get(key) or ()) for key in _LISTS}
    parties: dict[str, Any] = {
        key: Party(**{part: (form.get(key) or {}).get(part) for part in _PARTY}) for key in ("seller", "buyer")
    }
    return Invoice(
        **texts,
        **dates,
        **amounts,
        **lists,
        **parties,
        lines=tuple(_line_from_json(row) for row in form.get("lines") or ()),
        tax_subtotals=tuple(_subtotal_from_json(row) for row in form.get("tax_subtotals") or ()),
    )


def to_json(result: ReadResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "invoice": None if result.invoice is None else invoice_to_json(result.invoice),
        "error": result.error,
        "error_code": result.error_code,
        "syntax": result.syntax,
        "found": dict(result.found),
        "evidence": [{"field": e.field, "text": e.text, "place": e.place} for e in result.evidence],
        "text": result.text,
        "size": result.size,
        "pages": result.pages,
        "embedded": result.embedded,
    }


def result_from_json(form: Mapping[str, Any]) -> ReadResult:
    invoice = form.get("invoice")
    return ReadResult(
        name=form["name"],
        invoice=None if invoice is None else invoice_from_json(invoice),
        error=form.get("error"),
        error_code=form.get("error_code"),
        syntax=form.get("syntax"),
        found=dict(form.get("found") or {}),
        evidence=tuple(
            Evidence(field=e["field"], text=e["text"], place=e["place"]) for e in form.get("evidence") or ()
        ),
        text=form.get("text") or "",
        size=form.get("size") or 0,
        pages=form.get("pages"),
        embedded=form.get("embedded"),
    )


def reference_fields(result: ReadResult, *, file: str) -> dict[str, Any]:
    """The flat row that others compare readers with: header fields, totals as printed and the number of lines."""
    row: dict[str, Any] = {"file": file, "bytes": result.size, "syntax": result.syntax}
    if result.pages is not None:
        row |= {"pages": result.pages, "pdf_text_chars": len(result.text), "embedded": result.embedded}
    invoice = result.invoice
    form: dict[str, Any] = {} if invoice is None else invoice_to_json(invoice)
    row |= {key: form.get(key) for key in _REFERENCE}
    row |= {key: None if invoice is None else getattr(invoice, key).name for key in ("seller", "buyer")}
    row |= {key: form.get(key) for key in ("net", "tax", "gross", "payable")}
    row["lines"] = 0 if invoice is None else len(invoice.lines)
    row["error"] = result.error
    return row
