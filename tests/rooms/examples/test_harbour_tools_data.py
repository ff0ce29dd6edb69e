"""The example company's papers are what its generator tells, and the rules decide them as the story says."""

# ids: CA-05 (the main job's discrepancy kinds)
from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.rooms.connect.payments.test_pain001 import check_iban
from tools import make_harbour_use
from tools.harbour_tools.cases import tell
from tools.harbour_tools.facts import Bill
from tools.make_harbour_tools import TARGET as DATA
from tools.make_harbour_tools import papers

from tiebeam.connect.documents import ReadResult, read_bytes
from tiebeam.connect.purchasing import load_orders, load_policy, load_receipts, load_suppliers
from tiebeam.workflow.invoices import MemoryReference, decide_invoice, match_invoice

_KINDS = {
    "price_variance", "quantity_variance", "missing_receipt", "missing_po", "duplicate_invoice", "tax_mismatch",
    "wrong_supplier", "currency_mismatch", "bank_detail_change",
}  # fmt: skip


@cache
def made() -> dict[str, bytes]:
    return papers(tell())


@cache
def expected() -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (DATA / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
    return {row["document"]: row for row in rows}


def arrivals() -> list[dict[str, str]]:
    with (DATA / "inbox.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@cache
def read(file: str) -> ReadResult:
    return read_bytes((DATA / file).read_bytes(), name=Path(file).name)


def test_the_generator_writes_the_same_bytes_twice() -> None:
    assert made() == papers(tell())


def test_the_shipped_papers_are_what_the_generator_tells() -> None:
    # PDF bytes also depend on the versions of the libraries that make them; what they say does not.
    for name, data in made().items():
        if name.endswith(".pdf"):
            shipped = read_bytes((DATA / name).read_bytes(), name="x.pdf")
            assert read_bytes(data, name="x.pdf").invoice == shipped.invoice, name
        else:
            assert (DATA / name).read_bytes() == data, f"{name}: run `python tools/make_harbour_tools.py`"
    shipped_names = {str(path.relative_to(DATA)) for path in DATA.rglob("*") if path.is_file()}
    assert {name for name in shipped_names if not name.startswith("use/")} == set(made())


def test_the_shipped_use_is_what_its_generator_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_harbour_use, "FOLDER", tmp_path)
    make_harbour_use.main()
    for file in tmp_path.iterdir():
        assert (DATA / "use" / file.name).read_bytes() == file.read_bytes(), "run `python tools/make_harbour_use.py`"


def test_the_papers_stay_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 2_000_000


def test_every_discrepancy_kind_and_every_syntax_is_in_the_inbox() -> None:
    rows = expected().values()
    assert {label for row in rows for label in row["labels"]} == _KINDS
    assert any(len(row["labels"]) > 1 for row in rows)
    assert {row["decision"] for row in rows} == {"auto_pay", "manager_approval", "hold", "reject", "unreadable"}
    forms = {row["form"].split("-")[0] for row in rows}
    assert forms == {"ubl", "cii", "facturx", "fatturapa", "pdf", "scan", "broken"}
    assert 50 <= len(rows) <= 70


def test_every_account_number_is_a_valid_one() -> None:
    for supplier in load_suppliers(DATA / "suppliers.csv"):
        for iban in supplier.ibans:
            check_iban(iban)
        assert supplier.phone
        assert supplier.email
        assert supplier.email.endswith(".example")
    for bill in tell().bills:
        check_iban(bill.iban)


def told() -> list[tuple[dict[str, str], Bill]]:
    bills = tell().bills
    return list(zip(arrivals(), sorted(bills, key=lambda bill: (bill.received, bills.index(bill))), strict=True))


def test_the_reader_finds_in_every_paper_what_its_sender_wrote() -> None:
    for arrival, bill in told():
        result = read(arrival["file"])
        if bill.decision == "unreadable":
            assert result.invoice is None, arrival
            assert result.error
            continue
        invoice = result.invoice
        assert invoice is not None, (arrival, result.error)
        assert (invoice.net, invoice.tax, invoice.gross) == (bill.net, bill.tax, bill.gross), arrival
        assert (invoice.currency, invoice.issue_date, invoice.is_credit_note) == (
            bill.currency,
            bill.issued,
            bill.is_credit,
        )
        assert invoice.seller.vat_id == bill.supplier.vat
        assert invoice.order_reference == bill.order_reference
        assert invoice.ibans == (() if bill.is_credit else (bill.iban,)), arrival
        assert [line.net for line in invoice.lines] == [line.net for line in bill.lines], arrival


@cache
def decided() -> dict[str, tuple[str, list[str], str]]:
    """Every readable document through the real matching and decision, in order of arrival."""
    reference = MemoryReference(
        orders=load_orders(DATA / "orders"),
        receipts=load_receipts(DATA / "receipts"),
        suppliers=load_suppliers(DATA / "suppliers.csv"),
    )
    policy = load_policy(DATA.parent / "policies" / "finance" / "invoice-matching.toml")
    found: dict[str, tuple[str, list[str], str]] = {}
    for place, (arrival, bill) in enumerate(told(), start=1):
        invoice = read(arrival["file"]).invoice
        if invoice is None:
            found[arrival["doc_id"]] = ("unreadable", [], "")
            continue
        match = match_invoice(
            invoice,
            reference=reference,
            policy=policy,
            document_id=arrival["doc_id"],
            arrival=place,
            received_on=bill.received,
        )
        reference.add(match.claim)
        decision = decide_invoice(match, invoice, policy)
        found[arrival["doc_id"]] = (decision.decision.value, list(decision.labels), decision.reason)
    return found


@pytest.mark.parametrize("document", sorted(expected()))
def test_the_rules_decide_as_the_story_says(document: str) -> None:
    row = expected()[document]
    decision, labels, reason = decided()[document]
    assert (decision, labels) == (row["decision"], row["labels"]), f"{row['why']} — {reason}"
