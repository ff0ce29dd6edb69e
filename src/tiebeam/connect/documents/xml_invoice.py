"""From XML bytes to an invoice: which syntax it is, what is missing, and a rendering for a person."""

from __future__ import annotations

from dataclasses import replace

from tiebeam.connect.documents.cii import is_zugferd_1, read_cii
from tiebeam.connect.documents.fatturapa import read_fatturapa
from tiebeam.connect.documents.json_form import invoice_to_json
from tiebeam.connect.documents.model import Invoice
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable, bounded
from tiebeam.connect.documents.ubl import read_ubl
from tiebeam.connect.documents.xml_tree import Element, Sheet, find, local_name, parse_xml
from tiebeam.kit import decimal_text

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_FIELDS = {
    "number": "invoice number",
    "issue_date": "issue date",
    "currency": "currency",
    "net": "total without tax",
    "gross": "total with tax",
}


def read_xml(data: bytes, *, name: str, limits: Limits) -> ReadResult:
    """Raises Unreadable; see `ReadErrorCode`."""
    root = _unwrapped(parse_xml(data, limits=limits))
    sheet = Sheet()
    syntax, invoice = _read(root, sheet=sheet)
    if not (invoice.number or invoice.seller.name) or (invoice.gross is None and invoice.net is None):
        raise Unreadable(
            ReadErrorCode.XML_FIELDS_MISSING,
            f"The file has the form of an invoice ({syntax}) but lacks its number and seller, or its totals; "
            "ask the sender for the complete invoice.",
            found=found_in(invoice),
            evidence=tuple(sheet.evidence),
            syntax=syntax,
            text=rendering(invoice),
        )
    missing = tuple(
        f"The document does not state its {word}." for key, word in _FIELDS.items() if not _has(invoice, key)
    )
    invoice = replace(invoice, warnings=(*missing, *dict.fromkeys(sheet.warnings)))
    return ReadResult(
        name=name,
        invoice=invoice,
        syntax=syntax,
        evidence=tuple(sheet.evidence[:400]),
        text=bounded(rendering(invoice)),
        size=len(data),
    )


def _has(invoice: Invoice, key: str) -> bool:
    return getattr(invoice, key) is not None


def _unwrapped(root: Element) -> Element:
    """Peppol wraps the invoice in an envelope (StandardBusinessDocument) for transport."""
    if local_name(root) != "StandardBusinessDocument":
        return root
    for kind in ("Invoice", "CreditNote", "CrossIndustryInvoice"):
        inner = find(root, kind)
        if inner is not None:
            return inner
    return root


def _read(root: Element, *, sheet: Sheet) -> tuple[str, Invoice]:
    kind, namespace = local_name(root), root.nsmap.get(root.prefix) or ""
    if kind in {"Invoice", "CreditNote"} and namespace.startswith(_UBL):
        return f"UBL {kind}", read_ubl(root, sheet=sheet)
    if kind in {"CrossIndustryInvoice", "CrossIndustryDocument"}:
        return "CII v1" if is_zugferd_1(root) else "CII", read_cii(root, sheet=sheet)
    if kind == "FatturaElettronica":
        return "FatturaElettronica", read_fatturapa(root, sheet=sheet)
    if kind in {"Invoice", "CreditNote", "FatturaElettronicaSemplificata"}:
        raise Unreadable(
            ReadErrorCode.UNSUPPORTED,
            f"The XML is an invoice in a form that is not read here (namespace {namespace[:120]!r}); "
            "ask for UBL, CII, FatturaPA or a PDF.",
        )
    raise Unreadable(
        ReadErrorCode.NOT_AN_INVOICE,
        f"The XML is no invoice: it starts with {kind[:80]!r}, expected Invoice, CreditNote, CrossIndustryInvoice "
        "or FatturaElettronica.",
    )


def found_in(invoice: Invoice) -> dict[str, str]:
    """The fields that have a value, as text, for the person who takes over."""
    form = invoice_to_json(invoice)
    plain = ("number", "issue_date", "due_date", "currency", "order_reference", "net", "tax", "gross", "payable")
    found = {key: str(form[key]) for key in plain if form[key] is not None}
    for role in ("seller", "buyer"):
        found |= {f"{role}.{key}": str(value) for key, value in form[role].items() if value is not None}
    if invoice.ibans:
        found["ibans"] = ", ".join(invoice.ibans)
    if invoice.lines:
        found["lines"] = str(len(invoice.lines))
    return found


def rendering(invoice: Invoice) -> str:
    """The invoice as a person would write it down: header, one row per line, totals, notes."""
    rows = [f"{key}: {value}" for key, value in found_in(invoice).items() if key != "lines"]
    for line in invoice.lines[:500]:
        amounts = [decimal_text(a) if a is not None else "?" for a in (line.quantity, line.unit_price, line.net)]
        parts = (line.id or "-", line.sku or "-", (line.name or "-").replace("\n", " "))
        rows.append(" | ".join((*parts, f"{amounts[0]} {line.unit or ''}".strip(), amounts[1], amounts[2])))
    rows.extend(invoice.notes[:20])
    return "\n".join(rows)
