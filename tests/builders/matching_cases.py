"""One ordinary invoice with its order and receipt, to be changed by a test in the one thing it is about."""

from __future__ import annotations

import copy
from typing import Any

from tiebeam.workflow.invoices import score_case

_CASE: dict[str, Any] = {
    "suppliers": [
        {"id": "S1", "name": "Kettwig Stahl GmbH", "vat": "DE136695976", "ibans": ["DE34299999990000471100"]},
        {"id": "S2", "name": "Van Doorn B.V.", "vat": "NL004495445B01", "ibans": ["NL56XXXX0417164300"]},
    ],
    "orders": [
        {
            "id": "PO-2026-00166",
            "supplier": "S1",
            "currency": "EUR",
            "lines": [
                {"sku": "A1", "name": "Round bar", "quantity": 10, "unit": "EA", "unit_price": "40.00", "tax_rate": 19},
                {"sku": "B2", "name": "Flat bar", "quantity": 4, "unit": "EA", "unit_price": "25.00", "tax_rate": 19},
            ],
        }
    ],
    "receipts": [
        {
            "id": "GR-1",
            "order": "PO-2026-00166",
            "lines": [{"order_line": "1", "quantity": 10}, {"order_line": "2", "quantity": 4}],
        }
    ],
    "invoice": {
        "number": "RE-1",
        "issue_date": "2026-03-02",
        "seller": {"name": "Kettwig Stahl GmbH", "vat_id": "DE136695976"},
        "order_reference": "PO-2026-00166",
        "ibans": ["DE34299999990000471100"],
        "lines": [
            {"sku": "A1", "name": "Round bar", "quantity": 10, "unit": "EA", "unit_price": "40.00", "tax_rate": 19},
            {"sku": "B2", "name": "Flat bar", "quantity": 4, "unit": "EA", "unit_price": "25.00", "tax_rate": 19},
        ],
    },
}


class CaseDraft:
    """`draft.invoice`, `draft.order`, `draft.receipt`, `draft.supplier` are dicts to change; `score()` decides."""

    def __init__(self) -> None:
        self.given = copy.deepcopy(_CASE)

    @property
    def invoice(self) -> dict[str, Any]:
        return self.given["invoice"]

    @property
    def order(self) -> dict[str, Any]:
        return self.given["orders"][0]

    @property
    def receipt(self) -> dict[str, Any]:
        return self.given["receipts"][0]

    @property
    def supplier(self) -> dict[str, Any]:
        return self.given["suppliers"][0]

    def earlier(self, **changes: Any) -> dict[str, Any]:
        """The invoice as it stands, entered before it with changes."""
        row = {**copy.deepcopy(self.invoice), **changes}
        self.given.setdefault("earlier", []).append(row)
        return row

    def score(self) -> dict[str, Any]:
        return score_case(self.given)

    def outcome(self) -> tuple[str, list[str]]:
        scored = self.score()
        return scored["decision"], scored["labels"]
