"""Plain PDFs in eleven languages and many layouts, made here, with the truth of what they print."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.builders.pdf_invoices import LANGUAGES, Language, Layout, Sample, layout, render, sample
from tiebeam.connect.documents import Invoice, read_bytes


def _faults(invoice: Invoice, truth: Sample, shape: Layout) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = [
        ("number", invoice.number, truth.number),
        ("issue_date", invoice.issue_date, truth.issued),
        ("due_date", invoice.due_date, truth.due),
        ("order", invoice.order_reference, truth.order),
        ("seller", invoice.seller.name, truth.seller),
        ("vat", invoice.seller.vat_id, truth.vat_id),
        ("iban", invoice.ibans[:1], (truth.iban,)),
        ("currency", invoice.currency, truth.currency),
        ("net", invoice.net, truth.net),
        ("tax", invoice.tax, truth.tax),
        ("gross", invoice.gross, truth.gross),
        ("lines", len(invoice.lines), len(truth.lines)),
    ]
    for line, other in zip(invoice.lines, truth.lines, strict=False):
        keys = ["name", "quantity", "unit", "unit_price", "net"]
        keys += [key for key in ("sku", "tax_rate") if key in shape.columns]
        pairs += [(f"line {key}", getattr(line, key), getattr(other, key)) for key in keys]
    return [pair for pair in pairs if pair[1] != pair[2]]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_layouts_in_every_language_are_read_in_full(language: Language) -> None:
    """CA-05: nearly all fields right; what is not right is refused, not guessed."""
    compared, faults, refused = 0, [], 0
    for seed in range(25):
        rng = random.Random(f"{language.code}-{seed}")
        truth, shape = sample(rng, language=language), layout(rng)
        result = read_bytes(render(truth, shape), name="invoice.pdf")
        if result.invoice is None:
            refused += 1
            continue
        compared += 12 + 5 * len(truth.lines)
        faults += [(seed, *fault) for fault in _faults(result.invoice, truth, shape)]
    assert refused <= 1
    assert len(faults) <= compared * 0.01, faults


def _one(seed: int = 4, *, lines: int = 3, **shape: Any) -> tuple[Sample, Layout]:
    truth = sample(random.Random(seed), language=LANGUAGES[0], lines=lines)
    return truth, Layout(**shape)


def test_an_invoice_over_several_pages_keeps_every_line() -> None:
    """CA-05"""
    truth, shape = _one(lines=70)
    result = read_bytes(render(truth, shape), name="long.pdf")
    assert result.invoice is not None, result.error
    assert result.pages == 3
    assert _faults(result.invoice, truth, shape) == []


def test_wrong_tax_arithmetic_stays_as_printed() -> None:
    """CA-05: the sums help to choose between numbers, they never change one."""
    truth, shape = _one()
    wrong = replace(truth, tax=truth.tax + Decimal("13.37"))
    result = read_bytes(render(wrong, shape), name="wrong.pdf")
    assert result.invoice is not None
    assert result.invoice.tax == wrong.tax
    assert result.invoice.gross == wrong.gross


def test_a_credit_note_is_told_from_an_invoice() -> None:
    """CA-05"""
    truth, shape = _one()
    result = read_bytes(render(replace(truth, is_credit_note=True), shape), name="credit.pdf")
    assert result.invoice is not None
    assert result.invoice.type_code == "381"
    assert result.invoice.is_credit_note


@pytest.mark.parametrize(
    ("issued", "due", "warned"),
    [((2026, 3, 22), (2026, 4, 21), False), ((2026, 4, 10), (2026, 5, 9), False), ((2026, 6, 5), (2026, 7, 6), True)],
)
def test_a_day_that_could_be_a_month_is_proven_or_warned_about(
    issued: tuple[int, int, int], due: tuple[int, int, int], warned: bool
) -> None:
    """CA-05: 03/04/2026 is read by what the other dates of the document prove."""
    from datetime import date

    truth, shape = _one(dates="slashes")
    truth = replace(truth, issued=date(*issued), due=date(*due), vat_id="123456789", iban="")
    result = read_bytes(render(truth, shape), name="dates.pdf")
    assert result.invoice is not None
    assert (result.invoice.issue_date, result.invoice.due_date) == (truth.issued, truth.due)
    assert any("two ways" in warning for warning in result.invoice.warnings) is warned


def test_every_key_field_has_its_place_on_the_page() -> None:
    """CA-05: evidence behind every value."""
    truth, shape = _one()
    result = read_bytes(render(truth, shape), name="evidence.pdf")
    fields = {evidence.field: evidence for evidence in result.evidence}
    assert {"number", "issue_date", "seller.name", "net", "gross", "ibans", "lines[0].net"} <= fields.keys()
    assert truth.number in fields["number"].text
    assert fields["number"].place.startswith("page 1 at ")


def test_a_letter_is_unreadable_and_hands_on_what_it_shows() -> None:
    """CA-05: never dropped, never guessed."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "", 11)
    for row in (
        "Brenner GmbH",
        "Dear customer,",
        "your invoice number: RE-77 of 3 March 2026 is still open.",
        "Kind regards",
    ):
        pdf.cell(0, 8, row, new_x="LMARGIN", new_y="NEXT")
    result = read_bytes(bytes(pdf.output()), name="letter.pdf")
    assert result.error_code == "pdf_fields_missing"
    assert result.error is not None
    assert "a total" in result.error
    assert result.found["number"] == "RE-77"
    assert "Dear customer" in result.text
