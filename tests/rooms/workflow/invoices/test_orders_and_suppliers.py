"""Which order and which supplier an invoice belongs to. ids: CA-05"""

from __future__ import annotations

import pytest

from tests.builders.matching_cases import CaseDraft

CLEAN = ("auto_pay", [])


@pytest.mark.parametrize(
    "printed",
    [
        "PO 2026 00166",
        "po2026/00166",
        "po-2026-166",
        "PO-2O26-OO166",
        "PO-2026-00l66",
        "Your order: po-2026-00166 of 12.02.2026",
        "2026-00166",
        "Bestellung Nr. PO.2026.00166",
        "PO-2026-000166",
        "PO-2026-00166 / Pos. 1-2",
    ],
)
def test_a_number_written_differently_is_the_same_number(printed: str) -> None:
    draft = CaseDraft()
    draft.invoice["order_reference"] = printed
    scored = draft.score()
    assert (scored["decision"], scored["matched_order"]) == ("auto_pay", "PO-2026-00166")


@pytest.mark.parametrize("printed", ["PO-2026-00167", "PO-2026-00616", "PO-2025-00166", "PO-2026-99166", "4711"])
def test_another_number_is_never_corrected(printed: str) -> None:
    draft = CaseDraft()
    draft.invoice["order_reference"] = printed
    scored = draft.score()
    assert (scored["decision"], scored["labels"], scored["matched_order"]) == ("hold", ["missing_po"], "")


def test_a_dropped_sign_is_forgiven_only_when_every_line_proves_the_order() -> None:
    draft = CaseDraft()
    draft.order["id"] = "4500012345"
    draft.receipt["order"] = "4500012345"
    draft.invoice["order_reference"] = "450001235"
    assert draft.outcome() == CLEAN
    draft.invoice["lines"][1]["unit_price"] = "25.01"
    assert draft.outcome() == ("hold", ["missing_po"])


def test_a_dropped_sign_is_not_forgiven_when_two_orders_fit() -> None:
    draft = CaseDraft()
    draft.order["id"] = "4500012345"
    draft.given["orders"].append({**draft.order, "id": "4500099999"})
    draft.invoice["order_reference"] = "450001235"
    assert draft.outcome() == ("hold", ["missing_po"])


def test_the_order_may_stand_in_a_note_or_the_buyers_reference() -> None:
    for place in ({"notes": ["Thank you for your order PO-2026-00166."]}, {"buyer_reference": "PO-2026-00166"}):
        draft = CaseDraft()
        draft.invoice.update({"order_reference": "", **place})
        assert draft.outcome() == CLEAN


def test_a_note_that_names_an_order_with_other_goods_proves_nothing() -> None:
    draft = CaseDraft()
    draft.invoice.update({"order_reference": "", "notes": ["as PO-2026-00166"]})
    for line, name in zip(draft.invoice["lines"], ("Coffee beans", "Sugar"), strict=True):
        line |= {"sku": "", "name": name}
    assert draft.outcome() == ("hold", ["missing_po"])


def test_without_a_reference_the_order_is_suggested_but_not_assumed() -> None:
    draft = CaseDraft()
    draft.invoice["order_reference"] = ""
    scored = draft.score()
    assert (scored["decision"], scored["labels"], scored["matched_order"]) == ("hold", ["missing_po"], "")


def test_an_order_of_another_supplier_waits() -> None:
    draft = CaseDraft()
    draft.order["supplier"] = "S2"
    scored = draft.score()
    assert (scored["decision"], scored["labels"]) == ("hold", ["wrong_supplier"])
    assert scored["matched_order"] == "PO-2026-00166"


def test_two_orders_that_read_alike_are_told_apart_by_their_supplier() -> None:
    draft = CaseDraft()
    draft.given["orders"].append({**draft.order, "id": "PO/2026/00166", "supplier": "S2"})
    draft.invoice["order_reference"] = "po 2026 00166"
    assert draft.score()["matched_order"] == "PO-2026-00166"


@pytest.mark.parametrize("vat", ["DE 136 695 976", "de136695976", "136695976"])
def test_a_vat_id_may_be_written_apart_or_without_its_country(vat: str) -> None:
    draft = CaseDraft()
    draft.invoice["seller"] = {"name": "Somebody Else", "vat_id": vat}
    assert draft.outcome() == CLEAN


def test_without_a_vat_id_the_name_is_enough_even_misspelt() -> None:
    draft = CaseDraft()
    draft.invoice["seller"] = {"name": "KETTWIG-STAHL G.m.b.H."}
    assert draft.outcome() == CLEAN


def test_a_sender_who_is_not_on_file_waits_though_the_order_exists() -> None:
    draft = CaseDraft()
    draft.invoice["seller"] = {"name": "Nobody Ltd", "vat_id": "GB999999973"}
    scored = draft.score()
    assert scored["decision"] == "hold"
    assert "unknown_supplier" in scored["findings"]


def test_a_known_name_with_another_vat_id_waits() -> None:
    draft = CaseDraft()
    draft.invoice["seller"]["vat_id"] = "DE999999999"
    scored = draft.score()
    assert (scored["decision"], scored["findings"]) == ("hold", ["supplier_vat_differs"])


def test_names_that_are_nearly_alike_are_not_mixed_up() -> None:
    draft = CaseDraft()
    draft.given["suppliers"].append({"id": "S3", "name": "Kettwig Stahl AG", "vat": "DE111111111", "ibans": []})
    draft.invoice["seller"] = {"name": "Kettwig Stahl"}
    draft.invoice["ibans"] = []
    scored = draft.score()
    assert scored["decision"] == "hold"
    assert "unknown_supplier" in scored["findings"]
