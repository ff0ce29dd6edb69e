"""Something out of the ordinary in model use, with what was expected and the way to the charges behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from tiebeam.economics.totals import usd_text
from tiebeam.kit import digest_of


class AnomalyKind(StrEnum):
    SPIKE = "spike"
    """A day cost far more than days like it."""
    DRIFT = "drift"
    """Days cost more from week to week."""
    CACHE_MISSES = "cache_misses"
    """Input that used to come from the provider's cache did not."""
    RETRY_WASTE = "retry_waste"
    """Attempts that did not end their call cost much, or were many."""
    RUNAWAY = "runaway"
    """A single execution cost far more than others, or more than its budget wants to be told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """`observed`, `expected` and `threshold` are in `unit`: usd, share, or usd a week. `excess_nano` is what it cost
    beyond the expected; 0 where that cannot be told. `ledger` lists the charges behind it.
    """

    kind: AnomalyKind
    day: date
    team: str
    workflow: str
    model: str = ""
    execution: str = ""
    unit: str
    observed: str
    expected: str
    threshold: str
    excess_nano: int
    because: str
    ledger: Mapping[str, str]

    @property
    def id(self) -> str:
        """The same for the same finding, however often it is looked for."""
        named = [self.kind.value, self.day.isoformat(), self.team, self.workflow, self.model, self.execution]
        return f"anomaly_{digest_of(named)[:20]}"

    def form(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "day": self.day.isoformat(),
            "team": self.team,
            "workflow": self.workflow,
            "model": self.model,
            "execution": self.execution,
            "unit": self.unit,
            "observed": self.observed,
            "expected": self.expected,
            "threshold": self.threshold,
            "excess_usd": usd_text(self.excess_nano),
            "because": self.because,
            "ledger": dict(self.ledger),
        }
