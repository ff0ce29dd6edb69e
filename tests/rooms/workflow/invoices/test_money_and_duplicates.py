"""Bank details, currency, tax, duplicates, credit notes and authority. ids: CA-05"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.builders.matching_cases import CaseDraft

CLEAN = ("auto_pay", [])
DUPLICATE = ("reject", ["duplicate_invoice"])
BANK = ("hold", ["bank_detail_change"])
TAX = ("hold", ["tax_mismatch"])


def test_an_account_that_is_not_on_file_always_waits() -> None:
    draft = CaseDraft()
    draft.invoice["ibans"] = ["LT601010012345678901"]
    assert draft.outcome() == BANK


def test_an_account_of_a_supplier_without_one_on_file_is_a_change_too() -> None:
    draft = CaseDraft()
    draft.supplier["ibans"] = []
    assert draft.outcome() == BANK


def test_a_second_account_beside_a_known_one_is_a_change() -> None:
    draft = CaseDraft()
    draft.invoice["ibans"].append("LT601010012345678901")
    assert draft.outcome() == BANK


def test_any_account_on_file_will_do_however_it_is_written() -> None:
    draft = CaseDraft()
    draft.supplier["ibans"].append("LT601010012345678901")
    draft.invoice["ibans"] = ["lt60 1010 0123 4567 8901"]
    assert draft.outcome() == CLEAN


def test_no_account_printed_pays_to_the_one_on_file() -> None:
    draft = CaseDraft()
    draft.invoice["ibans"] = []
    assert draft.outcome() == CLEAN
    draft.supplier["ibans"] = []
    assert draft.score()["findings"] == ["bank_details_missing"]


def test_a_duplicate_with_a_changed_account_is_held_for_the_call_back() -> None:
    draft = CaseDraft()
    draft.earlier()
    draft.invoice["ibans"] = ["LT601010012345678901"]
    assert draft.outcome() == ("hold", ["bank_detail_change", "duplicate_invoice"])


def test_another_currency_than_ordered_waits_and_prices_are_not_compared() -> None:
    draft = CaseDraft()
    draft.invoice["currency"] = "USD"
    draft.invoice["lines"][0]["unit_price"] = "80.00"
    assert draft.outcome() == ("hold", ["currency_mismatch"])


def test_a_currency_without_a_rate_is_never_converted() -> None:
    draft = CaseDraft()
    draft.order["currency"] = draft.invoice["currency"] = "JPY"
    scored = draft.score()
    assert (scored["decision"], scored["labels"], scored["findings"]) == ("hold", [], ["missing_rate"])


@pytest.mark.parametrize("number", ["RE-1", "re 1", "RE/1.", "R.E-1"])
def test_a_number_counts_as_the_same_without_case_spaces_and_punctuation(number: str) -> None:
    draft = CaseDraft()
    draft.earlier(issue_date="2020-01-01")
    draft.invoice["number"] = number
    assert draft.outcome() == DUPLICATE


def test_the_same_number_of_another_supplier_is_no_duplicate() -> None:
    draft = CaseDraft()
    draft.earlier(seller={"name": "Van Doorn B.V.", "vat_id": "NL004495445B01"})
    assert draft.outcome() == CLEAN


@pytest.mark.parametrize(("days", "expected"), [(0, DUPLICATE), (60, DUPLICATE), (61, ("hold", ["quantity_variance"]))])
def test_the_same_content_is_a_duplicate_up_to_the_last_day_of_the_window(
    days: int, expected: tuple[str, list[str]]
) -> None:
    draft = CaseDraft()
    draft.earlier(number="RE-0", issue_date=(date(2026, 3, 2) - timedelta(days=days)).isoformat())
    assert draft.outcome() == expected


def test_reordered_and_renamed_lines_are_still_the_same_content() -> None:
    draft = CaseDraft()
    draft.earlier(number="RE-0")
    draft.invoice["lines"].reverse()
    draft.invoice["lines"][0]["name"] = "FLAT BAR (second delivery)"
    assert draft.outcome() == DUPLICATE


def _equal_halves(draft: CaseDraft, *receipts: tuple[int, int]) -> None:
    draft.given["receipts"] = [
        {
            "id": f"GR-{place}",
            "order": "PO-2026-00166",
            "lines": [{"order_line": "1", "quantity": a}, {"order_line": "2", "quantity": b}],
        }
        for place, (a, b) in enumerate(receipts)
    ]
    draft.invoice["lines"][0]["quantity"], draft.invoice["lines"][1]["quantity"] = 5, 2


def test_equal_deliveries_with_a_receipt_each_are_invoiced_one_by_one() -> None:
    draft = CaseDraft()
    _equal_halves(draft, (5, 2), (5, 2))
    draft.earlier(number="RE-0")
    assert draft.outcome() == CLEAN
    draft.earlier(number="RE-00")
    assert draft.outcome() == DUPLICATE


def test_a_copy_of_one_of_two_equal_deliveries_does_not_use_up_the_other() -> None:
    draft = CaseDraft()
    _equal_halves(draft, (5, 2), (5, 2))
    draft.earlier(number="RE-0")
    draft.earlier(number="re 0")
    assert draft.outcome() == CLEAN


@pytest.mark.parametrize("receipts", [((10, 4),), ((5, 4), (5, 0)), ((5, 2),), ((6, 2), (4, 2))])
def test_without_a_receipt_of_its_own_an_equal_invoice_is_a_copy(receipts: tuple[tuple[int, int], ...]) -> None:
    draft = CaseDraft()
    _equal_halves(draft, *receipts)
    draft.earlier(number="RE-0")
    assert draft.outcome() == DUPLICATE


def test_recurring_invoices_without_an_order_are_told_apart_by_number() -> None:
    draft = CaseDraft()
    draft.given["orders"] = []
    draft.invoice["order_reference"] = ""
    draft.earlier(number="RE-0")
    assert draft.outcome() == ("hold", ["missing_po"])


def test_an_invoice_that_was_credited_may_be_issued_again() -> None:
    draft = CaseDraft()
    draft.earlier(number="RE-0")
    assert draft.outcome() == DUPLICATE
    draft.earlier(number="CN-0", type_code="381", preceding_invoices=["RE-0"])
    assert draft.outcome() == CLEAN


def test_a_rejected_invoice_under_its_old_number_is_for_a_person() -> None:
    """Nothing of the first was paid: who forges an invoice to have it rejected must not stop the genuine one."""
    draft = CaseDraft()
    draft.earlier(number="RE-0", state="rejected")
    assert draft.outcome() == CLEAN
    draft.invoice["number"] = "RE-0"
    assert draft.outcome() == ("hold", ["duplicate_invoice"])
    draft.earlier(number="RE-0")
    assert draft.outcome() == DUPLICATE


def test_tax_that_is_not_rate_times_base_waits() -> None:
    draft = CaseDraft()
    draft.invoice.update({"tax": "96.00", "gross": "596.00"})
    assert draft.outcome() == TAX
    draft.invoice["tax_subtotals"] = [{"rate": "19", "taxable": "500.00", "tax": "96.00"}]
    assert draft.outcome() == TAX


@pytest.mark.parametrize(("tax", "expected"), [("95.00", CLEAN), ("95.01", CLEAN), ("95.02", TAX)])
def test_rounding_by_line_is_forgiven_and_no_more(tax: str, expected: tuple[str, list[str]]) -> None:
    draft = CaseDraft()
    gross = {"95.00": "595.00", "95.01": "595.01", "95.02": "595.02"}[tax]
    draft.invoice.update({"tax": tax, "gross": gross})
    draft.invoice["tax_subtotals"] = [{"rate": "19", "taxable": "500.00", "tax": tax}]
    assert draft.outcome() == expected


def test_bases_must_be_those_of_the_lines() -> None:
    draft = CaseDraft()
    draft.order["lines"][1]["tax_rate"] = draft.invoice["lines"][1]["tax_rate"] = 7
    draft.invoice["tax_subtotals"] = [
        {"rate": "19", "taxable": "450.00", "tax": "85.50"},
        {"rate": "7", "taxable": "50.00", "tax": "3.50"},
    ]
    assert draft.outcome() == TAX


def test_a_rate_other_than_the_orders_waits() -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0]["tax_rate"] = draft.invoice["lines"][1]["tax_rate"] = 7
    assert draft.outcome() == TAX


def test_without_printed_rates_those_of_the_order_show_a_wrong_tax() -> None:
    draft = CaseDraft()
    for line in draft.invoice["lines"]:
        del line["tax_rate"]
    draft.invoice.update({"tax_subtotals": [], "tax": "95.00", "gross": "595.00"})
    assert draft.outcome() == CLEAN
    draft.invoice.update({"tax": "105.00", "gross": "605.00"})
    assert draft.outcome() == TAX


def test_a_net_total_above_the_lines_waits() -> None:
    draft = CaseDraft()
    draft.invoice.update({"net": "600.00", "tax": "114.00", "gross": "714.00"})
    assert draft.outcome() == TAX


def _credit(draft: CaseDraft, **changes: object) -> None:
    draft.earlier(number="RE-0")
    draft.invoice.update({"number": "CN-1", "type_code": "381", "preceding_invoices": ["re 0"], **changes})


def test_a_credit_note_over_its_invoice_is_accepted() -> None:
    draft = CaseDraft()
    _credit(draft)
    assert draft.outcome() == CLEAN


def test_a_credit_note_above_the_limit_needs_approval() -> None:
    draft = CaseDraft()
    draft.given["policy"] = {"auto_pay_limit": "100"}
    _credit(draft)
    assert draft.outcome() == ("manager_approval", [])


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"preceding_invoices": []}, "credit_note_without_invoice"),
        ({"preceding_invoices": ["RE-9"]}, "credit_note_without_invoice"),
    ],
)
def test_a_credit_note_without_its_invoice_waits(changes: dict[str, object], finding: str) -> None:
    draft = CaseDraft()
    _credit(draft, **changes)
    scored = draft.score()
    assert (scored["decision"], scored["findings"]) == ("hold", [finding])


def test_an_invoice_is_not_credited_twice() -> None:
    draft = CaseDraft()
    _credit(draft)
    draft.earlier(number="CN-0")
    assert draft.score()["findings"] == ["credit_above_invoice"]


def test_a_credit_of_goods_that_were_not_invoiced_waits() -> None:
    draft = CaseDraft()
    _credit(draft)
    draft.invoice["lines"] = [{**draft.invoice["lines"][1], "quantity": 5}]
    assert draft.score()["findings"] == ["credit_lines_differ"]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"gross": "0", "net": "0", "tax": "0", "lines": []}, "amount_not_positive"),
        ({"number": ""}, "missing_field"),
        ({"currency": ""}, "missing_field"),
        ({"lines": [], "net": "500", "tax": "95", "gross": "595"}, "missing_field"),
        ({"type_code": "384"}, "corrected_invoice"),
        ({"type_code": "386"}, "prepayment_invoice"),
        ({"payable": "700.00"}, "payable_above_total"),
    ],
)
def test_what_cannot_simply_be_paid_waits(changes: dict[str, object], finding: str) -> None:
    draft = CaseDraft()
    draft.invoice.update(changes)
    scored = draft.score()
    assert scored["decision"] == "hold"
    assert finding in scored["findings"]


ROLES = [
    {"id": "clerk", "title": "Clerk", "approval_limit": 0},
    {"id": "head", "title": "Head", "approval_limit": "1000"},
    {"id": "controller", "title": "Controller", "approval_limit": "20000"},
    {"id": "board", "title": "Board"},
]


@pytest.mark.parametrize(
    ("limit", "price", "role"),
    [("100", "40.00", "head"), ("100", "400.00", "controller"), ("100", "40000.00", ""), ("5000", "40.00", "")],
)
def test_the_approver_is_the_role_whose_limit_just_covers_the_amount(limit: str, price: str, role: str) -> None:
    draft = CaseDraft()
    draft.given |= {"policy": {"auto_pay_limit": limit}, "roles": ROLES}
    draft.order["lines"][0]["unit_price"] = draft.invoice["lines"][0]["unit_price"] = price
    assert draft.score()["approver_role"] == role


@pytest.mark.parametrize(
    ("net", "expected"), [("5000.00", "auto_pay"), ("5000.01", "manager_approval"), ("4999.99", "auto_pay")]
)
def test_the_automatic_limit_is_inclusive(net: str, expected: str) -> None:
    draft = CaseDraft()
    line = {"sku": "A1", "name": "Round bar", "quantity": 1, "unit": "EA", "unit_price": net, "tax_rate": 0}
    draft.order["lines"] = [line]
    draft.invoice["lines"] = [line]
    assert draft.score()["decision"] == expected
