"""Price and quantity against order and receipts. ids: CA-05"""

from __future__ import annotations

import pytest

from tests.builders.matching_cases import CaseDraft

CLEAN = ("auto_pay", [])
PRICE = ("hold", ["price_variance"])
QUANTITY = ("hold", ["quantity_variance"])


def _price(draft: CaseDraft, *, agreed: str, invoiced: str, quantity: str) -> None:
    draft.order["lines"][0] |= {"unit_price": agreed, "quantity": quantity}
    draft.invoice["lines"][0] |= {"unit_price": invoiced, "quantity": quantity}
    draft.receipt["lines"][0]["quantity"] = quantity


def test_an_invoice_that_agrees_is_paid() -> None:
    assert CaseDraft().outcome() == CLEAN


@pytest.mark.parametrize(
    ("agreed", "invoiced", "quantity", "expected"),
    [
        ("100.00", "102.00", "25", CLEAN),  # exactly 2 % and exactly 50.00
        ("100.00", "102.01", "1", PRICE),  # 2.01 %, one cent over
        ("100.00", "101.00", "51", PRICE),  # 1 %, but 51.00
        ("100.00", "101.00", "50", CLEAN),
        ("0.10", "0.11", "1", PRICE),  # one cent, but 10 %
        ("40.00", "39.00", "100", CLEAN),
        ("0", "0.01", "1", PRICE),  # free goods invoiced
        ("33.3333", "33.9999", "3", CLEAN),
    ],
)
def test_both_limits_of_the_price_tolerance_count_and_are_inclusive(
    agreed: str, invoiced: str, quantity: str, expected: tuple[str, list[str]]
) -> None:
    draft = CaseDraft()
    draft.given["policy"] = {"auto_pay_limit": "100000"}
    _price(draft, agreed=agreed, invoiced=invoiced, quantity=quantity)
    assert draft.outcome() == expected


def test_splitting_a_line_does_not_widen_the_tolerance() -> None:
    draft = CaseDraft()
    _price(draft, agreed="100.00", invoiced="101.00", quantity="60")
    line = draft.invoice["lines"][0]
    draft.invoice["lines"] = [{**line, "quantity": 30}, {**line, "quantity": 30}, draft.invoice["lines"][1]]
    assert draft.outcome() == PRICE


def test_the_price_is_the_one_the_line_amount_comes_to() -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0]["net"] = "500.00"  # prints 40.00 a piece, asks for 50.00
    assert draft.outcome() == PRICE


def test_a_cheaper_line_does_not_make_up_for_a_dearer_one() -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0]["unit_price"] = "39.00"
    draft.invoice["lines"][1]["unit_price"] = "27.00"
    assert draft.outcome() == PRICE


def test_the_tolerance_applies_in_the_currency_of_the_order_without_conversion() -> None:
    draft = CaseDraft()
    draft.order["currency"] = draft.invoice["currency"] = "SEK"
    _price(draft, agreed="100.00", invoiced="101.00", quantity="51")  # 51 SEK are 4.49 EUR
    assert draft.outcome() == PRICE


def test_freight_the_order_does_not_have_raises_the_price() -> None:
    draft = CaseDraft()
    draft.invoice["charge_total"] = "20.00"
    assert draft.outcome() == PRICE
    draft.order["charge_total"] = "20.00"
    assert draft.outcome() == CLEAN


def test_agreed_freight_is_paid_once() -> None:
    draft = CaseDraft()
    draft.order["charge_total"] = "20.00"
    draft.order["lines"][0]["quantity"] = draft.receipt["lines"][0]["quantity"] = 20
    draft.order["lines"][1]["quantity"] = draft.receipt["lines"][1]["quantity"] = 9
    draft.invoice["charge_total"] = "20.00"
    draft.earlier(number="RE-0")
    draft.invoice["lines"][1]["quantity"] = 5
    assert draft.outcome() == PRICE


def test_an_allowance_is_accepted() -> None:
    draft = CaseDraft()
    draft.invoice["allowance_total"] = "10.00"
    assert draft.outcome() == CLEAN


@pytest.mark.parametrize("unit", ["H87", "C62", "NAR", "pcs", "Stk", "each", "", "kpl", "stuks", "uds", "pz", "szt."])
def test_names_of_a_piece_are_one_unit(unit: str) -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0]["unit"] = unit
    assert draft.outcome() == CLEAN


def test_boxes_are_not_pieces() -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0]["unit"] = "BX"
    scored = draft.score()
    assert (scored["decision"], scored["labels"], scored["findings"]) == (*QUANTITY, ["unit_differs"])


def test_an_unknown_word_for_the_unit_is_believed_where_the_price_agrees() -> None:
    """CA-07: suppliers write `bidon` or `Rolle` where the order has a code."""
    draft = CaseDraft()
    draft.invoice["lines"][0]["unit"] = "bidon"
    assert draft.outcome() == CLEAN


def test_an_unknown_word_for_the_unit_waits_where_the_price_is_another() -> None:
    draft = CaseDraft()
    draft.invoice["lines"][0] |= {"unit": "bidon", "unit_price": "1.00"}
    assert "unit_differs" in draft.score()["findings"]


def test_goods_received_in_another_unit_are_not_counted() -> None:
    draft = CaseDraft()
    draft.receipt["lines"][0] |= {"unit": "XBX"}
    assert "unit_differs" in draft.score()["findings"]


def test_more_invoiced_than_received_waits() -> None:
    draft = CaseDraft()
    draft.receipt["lines"][0]["quantity"] = 7
    assert draft.outcome() == QUANTITY


def test_a_line_of_which_nothing_came_is_a_quantity_variance_beside_lines_that_came() -> None:
    draft = CaseDraft()
    draft.receipt["lines"].pop()
    assert draft.outcome() == QUANTITY


def test_nothing_received_at_all_is_a_missing_receipt_and_nothing_else() -> None:
    draft = CaseDraft()
    draft.given["receipts"] = []
    assert draft.outcome() == ("hold", ["missing_receipt"])


def test_the_line_invoiced_must_be_the_line_received() -> None:
    draft = CaseDraft()
    draft.receipt["lines"].pop()
    draft.invoice["lines"].pop(0)
    assert draft.outcome() == ("hold", ["missing_receipt"])


def test_a_despatch_advice_is_no_receipt() -> None:
    draft = CaseDraft()
    draft.receipt["kind"] = "despatch"
    scored = draft.score()
    assert scored["labels"] == ["missing_receipt"]
    assert "announced" in scored["reason"]


def test_receipts_add_up() -> None:
    draft = CaseDraft()
    draft.receipt["lines"][0]["quantity"] = 6
    draft.given["receipts"].append(
        {"id": "GR-2", "order": "PO-2026-00166", "lines": [{"sku": "A1", "name": "Round bar", "quantity": 4}]}
    )
    assert draft.outcome() == CLEAN


def test_without_required_receipts_the_ordered_quantity_counts() -> None:
    draft = CaseDraft()
    draft.given["receipts"] = []
    draft.given["policy"] = {"receipt_required": False}
    assert draft.outcome() == CLEAN
    draft.invoice["lines"][0]["quantity"] = 11
    assert draft.outcome() == QUANTITY


def test_a_surplus_the_receiver_accepted_is_paid() -> None:
    draft = CaseDraft()
    draft.receipt["lines"][0]["quantity"] = 11
    draft.invoice["lines"][0]["quantity"] = 11
    assert draft.outcome() == CLEAN


def _partly(draft: CaseDraft, first: int, second: int, **changes: str) -> None:
    draft.invoice["lines"].pop()
    draft.invoice["lines"][0]["quantity"] = first
    draft.earlier(number="RE-0", **changes)
    draft.invoice["lines"][0]["quantity"] = second


def test_partial_invoices_add_up_to_what_was_received() -> None:
    draft = CaseDraft()
    _partly(draft, 6, 4)
    assert draft.outcome() == CLEAN
    draft = CaseDraft()
    _partly(draft, 6, 5)
    assert draft.outcome() == QUANTITY


def test_a_rejected_invoice_uses_up_nothing_and_a_held_one_does() -> None:
    draft = CaseDraft()
    _partly(draft, 6, 10, state="rejected")
    assert draft.outcome() == CLEAN
    draft = CaseDraft()
    _partly(draft, 6, 10)
    assert draft.outcome() == QUANTITY


def test_an_invoice_of_another_supplier_uses_up_nothing_until_a_person_accepts_it() -> None:
    stranger = {"name": "Van Doorn B.V.", "vat_id": "NL004495445B01"}
    draft = CaseDraft()
    _partly(draft, 6, 10)
    draft.given["earlier"][0] |= {"seller": stranger}
    assert draft.outcome() == CLEAN
    draft.given["earlier"][0] |= {"state": "accepted"}
    assert draft.outcome() == QUANTITY


def test_a_line_nobody_ordered_waits() -> None:
    draft = CaseDraft()
    draft.invoice["lines"].append(
        {"sku": "Z9", "name": "Handling fee", "quantity": 1, "unit": "EA", "unit_price": "5.00", "tax_rate": 19}
    )
    scored = draft.score()
    assert (scored["decision"], scored["labels"], scored["findings"]) == (*QUANTITY, ["line_not_on_order"])


def test_lines_of_one_name_are_told_apart_by_price_and_quantity() -> None:
    draft = CaseDraft()
    for line in (*draft.order["lines"], *draft.invoice["lines"]):
        line["name"] = "Bar"
    for line in draft.invoice["lines"]:
        del line["sku"]
    draft.invoice["lines"].reverse()
    assert draft.outcome() == CLEAN


def test_an_item_number_of_another_line_is_believed_over_the_name() -> None:
    draft = CaseDraft()
    for line, name in zip(draft.invoice["lines"], ("Flat bar", "Round bar"), strict=True):
        line["name"] = name
    assert draft.outcome() == CLEAN


def test_one_invoice_may_bill_two_orders() -> None:
    draft = CaseDraft()
    second = {**draft.order, "id": "PO-2026-00170", "lines": [draft.order["lines"].pop()]}
    draft.given["orders"].append(second)
    draft.given["receipts"].append({"id": "GR-2", "order": second["id"], "lines": [{"order_line": "1", "quantity": 4}]})
    draft.invoice["order_reference"] = ""
    draft.invoice["lines"][0]["order_reference"] = "PO-2026-00166"
    draft.invoice["lines"][1]["order_reference"] = "PO-2026-00170"
    assert draft.outcome() == CLEAN
    draft.invoice["lines"][1]["quantity"] = 5
    assert draft.outcome() == QUANTITY
