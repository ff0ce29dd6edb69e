"""The JSON form loses nothing."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tiebeam.connect.documents import (
    Evidence,
    Invoice,
    InvoiceLine,
    Party,
    ReadResult,
    TaxSubtotal,
    invoice_from_json,
    invoice_to_json,
    result_from_json,
    to_json,
)

_texts = st.none() | st.text(max_size=12)
_sure = st.text(max_size=12)
_amounts = st.none() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4
)
_days = st.none() | st.dates(min_value=date(1900, 1, 1))
_parties = st.builds(Party, name=_texts, vat_id=_texts, country=_texts, email=_texts)
_lines = st.builds(
    InvoiceLine, id=_texts, name=_texts, sku=_texts, quantity=_amounts, unit=_texts, unit_price=_amounts, net=_amounts,
    tax_rate=_amounts, order_line=_texts, order_reference=_texts,
)  # fmt: skip
_subtotals = st.builds(TaxSubtotal, rate=_amounts, category=_texts, taxable=_amounts, tax=_amounts)
_several = st.lists(_sure, max_size=3).map(tuple)
_invoices = st.builds(
    Invoice, syntax=_sure, number=_texts, issue_date=_days, due_date=_days, type_code=_texts, currency=_texts,
    seller=_parties, buyer=_parties, order_reference=_texts, buyer_reference=_texts, net=_amounts, tax=_amounts,
    gross=_amounts, payable=_amounts, ibans=_several, lines=st.lists(_lines, max_size=3).map(tuple),
    tax_subtotals=st.lists(_subtotals, max_size=2).map(tuple), allowance_total=_amounts, charge_total=_amounts,
    preceding_invoices=_several, notes=_several, warnings=_several,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(_invoices)
def test_an_invoice_comes_back_from_json_unchanged(invoice: Invoice) -> None:
    """CA-05"""
    assert invoice_from_json(json.loads(json.dumps(invoice_to_json(invoice)))) == invoice


@settings(max_examples=40, deadline=None)
@given(_invoices, _texts)
def test_a_result_comes_back_from_json_unchanged(invoice: Invoice, error: str | None) -> None:
    """CA-05"""
    result = ReadResult(
        name="a.xml", invoice=invoice, error=error, error_code="timeout", syntax="CII", found={"a": "b"},
        evidence=(Evidence("number", "1", "/Invoice/ID"),), text="t", size=3, pages=1, embedded="x.xml",
    )  # fmt: skip
    assert result_from_json(json.loads(json.dumps(to_json(result)))) == result


def test_trailing_zeros_stay_as_printed() -> None:
    """CA-05: the digits of the document are kept."""
    form = invoice_to_json(invoice_from_json({"syntax": "UBL", "net": "10.500"}))
    assert form["net"] == "10.500"
    assert invoice_from_json(form).net == Decimal("10.500")
