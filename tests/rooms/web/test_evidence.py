"""What the rules found, put so that a person can judge."""

from __future__ import annotations

from tiebeam.web.evidence import comparison, finding_quotes, posting_facts

PRICE = {
    "rule": "price.tolerance",
    "code": "price_variance",
    "label": "price_variance",
    "text": "Line 20: 14.90 instead of 13.75 EUR.",
    "evidence": {"order": "PO-1", "order_line": "20", "percent": "8.36"},
    "blocks": True,
}
MATCH = {
    "lines": [
        {"position": 1, "name": "Punch", "quantity": "40", "unit_price": "22.50", "order": "PO-1", "order_line": "10"},
        {
            "position": 2,
            "name": "Drill",
            "quantity": "120",
            "unit_price": "14.90",
            "order": "PO-1",
            "order_line": "20",
            "ordered_quantity": "120.00",
            "ordered_price": "13.75",
        },
    ],
    "receipts": [
        {"order_id": "PO-1", "kind": "receipt", "lines": [{"order_line": "20", "quantity": "100"}]},
        {"order_id": "PO-1", "kind": "receipt", "lines": [{"order_line": "20", "quantity": "20"}]},
        {"order_id": "PO-1", "kind": "despatch", "lines": [{"order_line": "20", "quantity": "999"}]},
        {"order_id": "PO-9", "kind": "receipt", "lines": [{"order_line": "20", "quantity": "7"}]},
    ],
    "findings": [PRICE],
}


def test_a_line_stands_beside_its_order_and_what_was_counted() -> None:
    first, second = comparison(MATCH)
    assert second.ordered == ("120", "13.75")
    assert second.received == "120"
    assert second.is_price_off
    assert not second.is_quantity_off
    assert second.finding == "8.36 % above"
    assert not first.is_price_off
    assert first.received == "–"


def test_a_missing_match_compares_nothing() -> None:
    assert comparison({}) == ()
    assert comparison({"lines": None, "findings": None}) == ()


def test_findings_are_quoted_in_their_own_words_without_the_obvious() -> None:
    hold = {"rule": "decision.hold", "text": "A discrepancy needs a person.", "blocks": False}
    quotes = finding_quotes([hold, PRICE])
    assert [quote.text for quote in quotes] == [PRICE["text"]]
    assert "percent 8.36" in quotes[0].note
    assert [quote.text for quote in finding_quotes([hold])] == [hold["text"]]
    assert finding_quotes("none") == ()


def test_the_proposal_says_what_is_missing() -> None:
    facts = {fact.label: fact for fact in posting_facts({"lines": [], "gross": None})}
    assert facts["Post"].value == "–"
    assert "no account" in facts["Pay"].note
    assert facts["Order"].value == "none"
