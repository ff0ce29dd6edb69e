"""The rules against companies whose truth is known. ids: CA-05"""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.purchasing import random_company
from tests.builders.shared_data import shared_data
from tiebeam.connect.documents import Invoice, InvoiceLine, Party, TaxSubtotal, read_bytes
from tiebeam.connect.purchasing import load_orders, load_policy, load_receipts, load_suppliers
from tiebeam.workflow.invoices import Decision, MemoryReference, decide_invoice, match_invoice


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_the_truth_of_random_companies_is_found(seed: int) -> None:
    company = random_company(seed, cases=25)
    reference = MemoryReference(orders=company.orders, receipts=company.receipts, suppliers=company.suppliers)
    for arrival, document in enumerate(company.documents, start=1):
        match = match_invoice(
            document.invoice,
            reference=reference,
            policy=company.policy,
            document_id=document.id,
            arrival=arrival,
            received_on=document.received_on,
        )
        reference.add(match.claim)
        decided = decide_invoice(match, document.invoice, company.policy)
        found = (decided.decision, decided.labels, match.matched_order)
        assert found == (document.decision, document.labels, document.matched_order), (document.kind, decided.reason)


def _decide_all(suffix: str) -> list[tuple[dict[str, Any], tuple[str, list[str], str | None]]]:
    folder = shared_data("p2p", "generated")
    reference = MemoryReference(
        orders=load_orders(folder / "purchase_orders"),
        receipts=load_receipts(folder / "receipts"),
        suppliers=load_suppliers(folder / "suppliers.csv"),
    )
    policy = load_policy(folder / "policy.json")
    lines = (folder / "truth" / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {row["doc_id"]: row for row in map(json.loads, lines)}
    decided: list[tuple[dict[str, Any], tuple[str, list[str], str | None]]] = []
    with (folder / "inbox.csv").open(encoding="utf-8") as inbox:
        for arrival, row in enumerate(csv.DictReader(inbox), start=1):
            path = folder / row["file"]
            invoice = read_bytes(path.read_bytes(), name=path.name).invoice
            if invoice is None:
                decided.append((truth[row["doc_id"]], ("unreadable", [], None)))
                continue
            match = match_invoice(
                invoice,
                reference=reference,
                policy=policy,
                document_id=row["doc_id"],
                arrival=arrival,
                received_on=date.fromisoformat(row["received_at"]),
            )
            reference.add(match.claim)
            result = decide_invoice(match, invoice, policy)
            if path.suffix == suffix:
                found = (result.decision.value, list(result.labels), match.matched_order)
                decided.append((truth[row["doc_id"]], found))
    return decided


def _expected(truth: dict[str, Any]) -> tuple[str, list[str], str | None]:
    return truth["expected_decision"], sorted(truth["labels"]), truth["matched_po"]


def test_every_xml_invoice_of_the_generated_company_is_decided_right() -> None:
    decided = _decide_all(".xml")
    assert len(decided) > 100
    assert [(truth["doc_id"], found) for truth, found in decided if found != _expected(truth)] == []


def test_nearly_every_pdf_invoice_is_decided_right_and_none_is_paid_wrongly() -> None:
    decided = _decide_all(".pdf")
    right = sum(found == _expected(truth) for truth, found in decided)
    assert right / len(decided) >= 0.97
    paid = [truth["doc_id"] for truth, found in decided if found[0] in {"auto_pay", "manager_approval"}]
    assert set(paid) <= {truth["doc_id"] for truth, _ in decided if _expected(truth)[0] not in {"hold", "reject"}}


_amounts = (
    st.none()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.sampled_from([Decimal("1E+38"), Decimal("-1E+38"), Decimal("1E-30"), Decimal(0), Decimal("9" * 40)])
)
_texts = st.none() | st.text(max_size=30) | st.sampled_from(["PO-2026-1", "EUR", "A1", "1", "DE136695976"])
_lines = st.builds(
    InvoiceLine,
    id=_texts,
    name=_texts,
    sku=_texts,
    quantity=_amounts,
    unit=_texts,
    unit_price=_amounts,
    net=_amounts,
    tax_rate=_amounts,
    order_line=_texts,
    order_reference=_texts,
)
_parties = st.builds(Party, name=_texts, vat_id=_texts)
_anything = st.builds(
    Invoice,
    syntax=st.just("PDF"),
    number=_texts,
    issue_date=st.none() | st.dates(),
    due_date=st.none(),
    type_code=st.sampled_from([None, "380", "381", "384"]),
    currency=st.sampled_from([None, "EUR", "SEK", "XTS"]),
    seller=_parties,
    buyer=_parties,
    order_reference=_texts,
    buyer_reference=_texts,
    net=_amounts,
    tax=_amounts,
    gross=_amounts,
    payable=_amounts,
    ibans=st.lists(st.text(max_size=34), max_size=2).map(tuple),
    lines=st.lists(_lines, max_size=4).map(tuple),
    tax_subtotals=st.lists(
        st.builds(TaxSubtotal, rate=_amounts, category=_texts, taxable=_amounts, tax=_amounts), max_size=3
    ).map(tuple),
    charge_total=_amounts,
    preceding_invoices=st.lists(st.text(max_size=9), max_size=2).map(tuple),
    notes=st.lists(st.text(max_size=30), max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(invoice=_anything, seed=st.integers(min_value=0, max_value=20))
def test_whatever_a_document_says_it_is_decided_and_never_paid_unproved(invoice: Invoice, seed: int) -> None:
    company = random_company(seed, cases=4)
    reference = MemoryReference(orders=company.orders, receipts=company.receipts, suppliers=company.suppliers)
    match = match_invoice(invoice, reference=reference, policy=company.policy)
    decided = decide_invoice(match, invoice, company.policy)
    assert decided.reason
    assert decided.decision is Decision.HOLD
