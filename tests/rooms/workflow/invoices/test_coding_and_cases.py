"""Coding from history, and the form of evaluation cases. ids: CA-05, B15"""

from __future__ import annotations

import pytest

from tests.builders.matching_cases import CaseDraft
from tiebeam.connect.purchasing import Supplier
from tiebeam.workflow.invoices import CaseBroken, PastCoding, case_from, completed_invoice, propose_coding, score_case

INVOICE = completed_invoice(
    {
        "number": "1",
        "lines": [{"name": "Office cleaning March", "quantity": "1", "unit_price": "300", "tax_rate": "19"}],
    },
    currency="EUR",
)


def _past(number: int, account: str, item: str) -> PastCoding:
    return PastCoding(f"d{number}", account, "K1", (item,))


def test_what_the_same_items_were_booked_to_comes_first() -> None:
    history = [
        _past(1, "6850", "Window frames"),
        _past(2, "6330", "Office cleaning February"),
        _past(3, "6850", "Doors"),
    ]
    proposal = propose_coding(INVOICE, history)
    assert (proposal.account, proposal.basis) == ("6330", "same items")


def test_confidence_grows_with_agreeing_invoices() -> None:
    few = propose_coding(INVOICE, [_past(1, "6330", "Office cleaning")])
    many = propose_coding(INVOICE, [_past(place, "6330", "Office cleaning") for place in range(20)])
    assert few.confidence is not None
    assert many.confidence is not None
    assert few.confidence < 0.3 < 0.8 < many.confidence
    assert "20 of 20" in many.text


def test_without_history_the_record_is_used_and_without_a_record_nothing() -> None:
    supplier = Supplier("S1", "Clean Ltd", account="6330", cost_centre="K4")
    known = propose_coding(INVOICE, [], supplier=supplier)
    assert (known.account, known.cost_centre, known.confidence) == ("6330", "K4", None)
    unknown = propose_coding(INVOICE, [])
    assert (unknown.account, unknown.basis) == (None, "none")
    assert "a person codes it" in unknown.text


def test_left_out_amounts_are_those_of_a_correct_invoice() -> None:
    assert [str(value) for value in (INVOICE.net, INVOICE.tax, INVOICE.gross)] == ["300.00", "57.00", "357.00"]


def test_a_case_with_an_unknown_part_says_which() -> None:
    draft = CaseDraft()
    draft.given["reciepts"] = []
    with pytest.raises(CaseBroken, match="reciepts"):
        score_case(draft.given)


@pytest.mark.parametrize(
    "broken",
    [
        {"orders": [{"id": "1"}]},
        {"policy": {"auto_pay_limit": "much"}},
        {"earlier": [{"state": "lost"}]},
        {"received_on": "yesterday"},
        {"suppliers": [{"name": "no id"}]},
    ],
)
def test_a_broken_case_is_refused_with_its_reason(broken: dict[str, object]) -> None:
    with pytest.raises(CaseBroken):
        case_from(CaseDraft().given | broken)


def test_a_case_without_an_invoice_is_refused() -> None:
    with pytest.raises(CaseBroken, match="no part 'invoice'"):
        case_from({"orders": []})
