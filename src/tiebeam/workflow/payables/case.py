"""The outputs of a payables run put side by side: what the document says, what the rules found, what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.kit import parse_iso
from tiebeam.workflow.steps import StepCall

APPROVING = frozenset({"approve", "edit"})
_REVIEWS = ("resolve", "approve", "second-approval")


@dataclass(frozen=True, slots=True)
class Approval:
    """The last approval given over a posting: the payload, its hash, by whom, and until when it holds."""

    step_id: str
    payload: Mapping[str, Any]
    payload_hash: str
    by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayablesCase:
    call: StepCall

    @property
    def invoice(self) -> Mapping[str, Any]:
        """The fields as read, or as a person typed them; empty while nobody could read the document."""
        if self.call.outcome_of("capture") in APPROVING:
            return self.call.output_of("capture")["payload"]["invoice"]
        return self.call.output_of("read").get("invoice") or {}

    @property
    def match(self) -> Mapping[str, Any]:
        return self.call.output_of("match")

    @property
    def decision(self) -> Mapping[str, Any]:
        return self.call.output_of("decide")

    @property
    def coding(self) -> Mapping[str, Any]:
        return self.call.output_of("propose-coding")

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.decision.get("labels", ()))

    @property
    def supplier(self) -> Mapping[str, Any]:
        """The supplier on file; empty when the document's sender is not on file."""
        return self.match.get("supplier") or {}

    @property
    def supplier_name(self) -> str:
        printed = (self.invoice.get("seller") or {}).get("name")
        return str(self.supplier.get("name") or printed or "unknown supplier")

    @property
    def approval(self) -> Approval | None:
        for step_id in reversed(_REVIEWS):
            if self.call.outcome_of(step_id) not in APPROVING:
                continue
            given = self.call.output_of(step_id)
            until = given.get("expires_at")
            return Approval(
                step_id=step_id,
                payload=given["payload"],
                payload_hash=str(given["payload_hash"]),
                by=str(given["by"]),
                expires_at=None if until is None else parse_iso(str(until)),
            )
        return None

    def money(self, name: str) -> Decimal | None:
        """An amount of the invoice, or None when it is not there."""
        return amount(self.invoice.get(name))


def amount(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
