"""Invoices that others wrote, against fields that another reader took from them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders.shared_data import shared_data
from tiebeam.connect.documents import Invoice, ReadResult, read_bytes, reference_fields
from tiebeam.connect.documents.pdf_open import open_pdf
from tiebeam.connect.documents.pdf_pages import read_pages
from tiebeam.connect.documents.pdf_words import pages_of
from tiebeam.connect.documents.result import Limits, Unreadable

_AMOUNTS = {"net", "tax", "gross", "payable"}
_NOT_COMPARED = {"file", "bytes", "pages", "pdf_text_chars", "embedded", "error"}


def _rows(*parts: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared_data(*parts).read_text(encoding="utf-8").splitlines()]


def _read(path: Path) -> ReadResult:
    return read_bytes(path.read_bytes(), name=path.name)


def test_fields_of_invoices_others_wrote_equal_the_reference() -> None:
    """CA-05: at least 99 % of fields on readable files, and a reason on each unreadable one."""
    compared, different = 0, []
    for row in _rows("invoices", "reference_fields.jsonl"):
        result = _read(shared_data("invoices", row["file"]))
        own = reference_fields(result, file=row["file"])
        if "error" in row:
            assert result.error, row["file"]
            assert result.error_code
            continue
        if result.error is not None:
            assert row.get("number") is None, f"{row['file']}: {result.error}"
            continue
        for key in row.keys() - _NOT_COMPARED:
            ours, theirs = own[key], row[key]
            if key in _AMOUNTS and ours is not None and theirs is not None:
                ours, theirs = Decimal(ours), Decimal(theirs)
            compared += 1
            if ours != theirs:
                different.append((row["file"], key, ours, theirs))
    assert compared > 1300
    assert len(different) <= compared * 0.01, different


def _number(text: Any) -> Decimal | None:
    return None if text in (None, "") else Decimal(str(text))


def _pairs(invoice: Invoice, row: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = [
        ("number", invoice.number, row["invoice_number"]),
        ("issue_date", str(invoice.issue_date), row["issue_date"]),
        ("due_date", str(invoice.due_date), row["due_date"]),
        ("seller", invoice.seller.name, row["supplier_name"]),
        ("vat", invoice.seller.vat_id, row["supplier_vat"]),
        ("iban", invoice.ibans[0] if invoice.ibans else None, row["iban"]),
        ("currency", invoice.currency, row["currency"]),
        ("order", invoice.order_reference or "", row["po_reference_as_printed"]),
        ("lines", len(invoice.lines), len(row["lines"])),
    ]
    pairs += [(key, getattr(invoice, key), _number(row[key])) for key in ("net", "tax", "gross")]
    for line, truth in zip(invoice.lines, row["lines"], strict=False):
        pairs += [(f"line {key}", getattr(line, key), truth[key]) for key in ("sku", "name", "unit")]
        pairs += [(f"line {key}", getattr(line, key), _number(truth[key])) for key in ("unit_price", "tax_rate", "net")]
        pairs.append(("line quantity", line.quantity, _number(truth["qty"])))
    return pairs


@pytest.mark.parametrize(("ending", "share"), [(".xml", 1.0), (".pdf", 0.995)])
def test_generated_invoices_are_read_as_their_truth_says(ending: str, share: float) -> None:
    """CA-05: every field and every line, XML and plain PDF alike."""
    compared, different = 0, []
    for row in _rows("p2p", "generated", "truth", "fields.jsonl"):
        path = shared_data("p2p", "generated", "invoices") / f"{row['doc_id']}{ending}"
        if not path.exists():
            continue
        result = _read(path)
        assert result.invoice is not None, (path.name, result.error)
        pairs = _pairs(result.invoice, row)
        compared += len(pairs)
        different += [(path.name, *pair) for pair in pairs if pair[1] != pair[2]]
    assert compared > 1000
    assert len(different) <= compared * (1 - share), different


def _comparable(invoice: Invoice) -> dict[str, Any]:
    form: dict[str, Any] = {
        key: getattr(invoice, key)
        for key in ("number", "issue_date", "type_code", "currency", "order_reference", "buyer_reference", "ibans")
    }
    form |= {key: getattr(invoice, key) or Decimal(0) for key in _AMOUNTS}
    form |= {"seller": invoice.seller.name, "seller vat": invoice.seller.vat_id, "buyer": invoice.buyer.name}
    for number, line in enumerate(invoice.lines):
        form |= {
            f"line {number} {key}": getattr(line, key)
            for key in ("name", "sku", "quantity", "unit", "unit_price", "net", "tax_rate")
        }
    return form


_SOURCES_DIFFER = {
    # The printed XML inside the PDF carries an older date than the two XML files beside it.
    ("XRECHNUNG_Betriebskostenabrechnung", "issue_date"),
}


def _cases() -> list[str]:
    folder = Path(__file__).resolve().parents[5] / "shared" / "data" / "invoices" / "real" / "zugferd-triples"
    return sorted(case.name for case in folder.iterdir()) if folder.exists() else ["absent"]


@pytest.mark.parametrize("case", _cases())
def test_one_invoice_in_three_syntaxes_gives_equal_fields(case: str) -> None:
    """CA-05"""
    folder = shared_data("invoices", "real", "zugferd-triples", case)
    forms = {}
    for ending in ("ubl.xml", "cii.xml", "pdf"):
        result = _read(folder / f"{case}.{ending}")
        assert result.invoice is not None, result.error
        forms[ending] = _comparable(result.invoice)
    for ending in ("cii.xml", "pdf"):
        for key, value in forms["ubl.xml"].items():
            if (case, key) not in _SOURCES_DIFFER:
                assert forms[ending][key] == value, (ending, key)


def test_pages_of_hybrid_invoices_agree_with_their_xml_or_are_refused() -> None:
    """What the page reader accepts of documents it has never been shown must not be wrong in number or total."""
    read = 0
    for path in sorted(shared_data("invoices", "real", "zugferd-triples").glob("*/*.pdf")):
        expected = _read(path).invoice
        document = open_pdf(path.read_bytes(), limits=Limits())
        try:
            invoice = read_pages(pages_of(document, limits=Limits())).invoice
        except Unreadable:
            continue
        assert expected is not None
        read += 1
        assert (invoice.number, invoice.gross, invoice.net) == (expected.number, expected.gross, expected.net), (
            path.name
        )
        assert invoice.seller.vat_id == expected.seller.vat_id
        assert invoice.seller.name == expected.seller.name
    assert read >= 9


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5, 0.8, 0.97, 0.999])
def test_cut_off_documents_get_a_reason_and_never_an_exception(share: float) -> None:
    """CA-05"""
    files = sorted(path for path in shared_data("invoices", "real").rglob("*") if path.is_file())[::6]
    for path in files:
        data = path.read_bytes()
        result = read_bytes(data[: int(len(data) * share)], name=path.name)
        assert (result.error is None) != (result.invoice is None)
