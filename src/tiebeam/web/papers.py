"""From a document's view to what a person sees of it: pages with marks, fields with their places, a readable sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.connect.documents import PageSize
from tiebeam.errors import TiebeamError
from tiebeam.kit import slug
from tiebeam.web.views import Fact, FieldLine, Mark, PageImage, Paper, Sheet, SheetLine
from tiebeam.web.visit import Visit
from tiebeam.web.wording import NONE, sentence
from tiebeam.workflow.intake import DocumentView, document_pages

_WIDTH = 1000
_PLACE = re.compile(r"page (\d{1,4}) at (-?\d{1,6}),(-?\d{1,6}),(-?\d{1,6}),(-?\d{1,6})")
_HARMFUL = frozenset({"timeout", "out_of_memory", "crashed"})
_KINDS: Mapping[str, str] = {
    "380": "Invoice",
    "381": "Credit note",
    "384": "Corrected invoice",
    "389": "Self-billed invoice",
}
_LABELS: Mapping[str, str] = {
    "number": "Number",
    "type_code": "Type",
    "issue_date": "Invoice date",
    "due_date": "Due date",
    "order_reference": "Order",
    "buyer_reference": "Buyer reference",
    "seller.name": "Supplier",
    "seller.vat_id": "Supplier’s VAT id",
    "buyer.name": "Buyer",
    "buyer.vat_id": "Buyer’s VAT id",
    "currency": "Currency",
    "net": "Net",
    "tax": "Tax",
    "gross": "Total",
    "payable": "To pay",
    "ibans": "Account",
}
"""In the order of a document."""
_AMOUNTS = frozenset({"net", "tax", "gross", "payable"})


def paper_of(visit: Visit, found: DocumentView, *, most_pages: int, most_lines: int) -> Paper:
    """Never raises for what a document provokes: where nothing can be shown, `reason` says why."""
    href = f"/documents/{found.id}"
    invoice = found.invoice or {}
    if invoice and found.syntax != "PDF" and not found.name.lower().endswith(".pdf"):
        return Paper(found.name, href, sheet=sheet_of(invoice, at={}, most=most_lines))
    if found.error_code in _HARMFUL:
        return Paper(found.name, href, reason=f"It is not drawn here. {found.error}")
    try:
        sizes = document_pages(found, archive=visit.app.intake.archive, reader=visit.app.reader)
    except TiebeamError as problem:
        sheet = sheet_of(invoice, at={}, most=most_lines) if invoice else None
        return Paper(found.name, href, sheet=sheet, reason="" if sheet else problem.message)
    pages = tuple(_image(found, size, pages=len(sizes)) for size in sizes[:most_pages])
    return Paper(found.name, href, pages=pages, more=len(sizes) - len(pages))


def _image(found: DocumentView, size: PageSize, *, pages: int) -> PageImage:
    return PageImage(
        href=f"/documents/{found.id}/pages/{size.page}.png",
        alt=f"Page {size.page} of {pages} of {found.name}",
        width=_WIDTH,
        height=max(1, round(_WIDTH * size.height / size.width)),
        view_box=f"{size.left:g} {size.top:g} {size.width:g} {size.height:g}",
        marks=tuple(mark for page, mark in _marks(found) if page == size.page),
    )


def _marks(found: DocumentView) -> list[tuple[int, Mark]]:
    marks: list[tuple[int, Mark]] = []
    for field, one in _evidence(found).items():
        place = _PLACE.fullmatch(one.get("place", ""))
        if place is None:
            continue
        page, x0, y0, x1, y1 = (int(part) for part in place.groups())
        box = (x0 - 2, y0 - 2, max(x1 - x0, 1) + 4, max(y1 - y0, 1) + 4)
        marks.append((page, Mark(mark_id(field), f"{_label(field)}: {one.get('text', '')}", *box)))
    return marks


def mark_id(field: str) -> str:
    return f"at-{slug(field)}"


def marked_fields(found: DocumentView) -> dict[str, str]:
    """The id of the mark of every field that a page shows."""
    return {field: mark_id(field) for field, one in _evidence(found).items() if _PLACE.fullmatch(one.get("place", ""))}


def _evidence(found: DocumentView) -> dict[str, Mapping[str, str]]:
    """The first evidence of each field."""
    first: dict[str, Mapping[str, str]] = {}
    for one in found.evidence or ():
        first.setdefault(one["field"], one)
    return first


def _label(field: str) -> str:
    line = re.fullmatch(r"lines\[(\d+)\]\.(\w+)", field)
    return f"Line {int(line[1]) + 1}, {line[2]}" if line else _LABELS.get(field, sentence(field))


def field_lines(found: DocumentView, *, at: Mapping[str, str]) -> tuple[FieldLine, ...]:
    """Header fields with what was read and where; of an unreadable document, what it still showed."""
    values: Mapping[str, Any] = found.invoice or found.found or {}
    evidence = _evidence(found)
    lines: list[FieldLine] = []
    for field, label in _LABELS.items():
        value = _at(values, field)
        if value in (None, "", []):
            continue
        one = evidence.get(field, {})
        place = one.get("place", "")
        shown = "" if field in at else "/".join(place.rsplit("/", 2)[-2:]) if "/" in place else place
        lines.append(FieldLine(label, _said(field, value), one.get("text", ""), shown, at.get(field, "")))
    return tuple(lines)


def _at(values: Mapping[str, Any], field: str) -> Any:
    if field in values:
        return values[field]
    outer, _, inner = field.partition(".")
    part = values.get(outer)
    return part.get(inner) if inner and isinstance(part, Mapping) else None


def _said(field: str, value: Any) -> str:
    if field == "type_code":
        return f"{_KINDS.get(str(value), 'Type')} ({value})"
    if field == "ibans":
        accounts: Sequence[str] = [value] if isinstance(value, str) else value
        return ", ".join(_grouped(account) for account in accounts)
    return _amount(value) if field in _AMOUNTS else str(value)


def _grouped(account: str) -> str:
    return " ".join(account[start : start + 4] for start in range(0, len(account), 4))


def _amount(value: Any) -> str:
    """The digits of the document with thousands separators."""
    try:
        return NONE if value in (None, "") else f"{Decimal(str(value)):,f}"
    except InvalidOperation:
        return str(value)


def sheet_of(invoice: Mapping[str, Any], *, at: Mapping[str, str], most: int) -> Sheet:
    """The invoice set out with at most `most` lines."""
    currency = str(invoice.get("currency") or "")
    lines: Sequence[Mapping[str, Any]] = invoice.get("lines") or ()
    kind = _KINDS.get(str(invoice.get("type_code")), "Invoice")
    fields = ("issue_date", "due_date", "order_reference", "buyer_reference", "ibans")
    facts = [Fact(_LABELS[name], _said(name, invoice[name])) for name in fields if invoice.get(name)]
    totals = [("Net", _amount(invoice.get("net")))]
    for part in invoice.get("tax_subtotals") or ():
        rate = f" {_amount(part['rate'])} %" if part.get("rate") else ""
        totals.append((f"Tax{rate}", _amount(part.get("tax"))))
    if not invoice.get("tax_subtotals"):
        totals.append(("Tax", _amount(invoice.get("tax"))))
    totals.append(("Total", f"{_amount(invoice.get('gross'))} {currency}".strip()))
    if invoice.get("payable") not in (None, invoice.get("gross")):
        totals.append(("To pay", f"{_amount(invoice.get('payable'))} {currency}".strip()))
    return Sheet(
        title=f"{kind} {invoice.get('number') or 'without a number'}",
        seller=_party(invoice.get("seller")),
        buyer=_party(invoice.get("buyer")),
        facts=tuple(facts),
        lines=tuple(_line(number, line, at) for number, line in enumerate(lines[:most])),
        totals=tuple(totals),
        notes=tuple(str(note)[:500] for note in (invoice.get("notes") or ())[:10]),
        more=max(0, len(lines) - most),
    )


def _party(party: object) -> tuple[str, ...]:
    if not isinstance(party, Mapping):
        return ()
    return tuple(str(party[name]) for name in ("name", "vat_id", "country", "email") if party.get(name))


def _line(index: int, line: Mapping[str, Any], at: Mapping[str, str]) -> SheetLine:
    return SheetLine(
        number=str(line.get("id") or index + 1),
        name=str(line.get("name") or NONE),
        sku=str(line.get("sku") or ""),
        quantity=_amount(line.get("quantity")),
        unit=str(line.get("unit") or ""),
        price=_amount(line.get("unit_price")),
        tax="" if line.get("tax_rate") is None else f"{_amount(line['tax_rate'])} %",
        net=_amount(line.get("net")),
        at=at.get(f"lines[{index}].net", ""),
    )
