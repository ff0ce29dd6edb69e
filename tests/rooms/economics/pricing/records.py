"""A product whose every figure can be reckoned by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tiebeam.economics.prices import Prices
from tiebeam.economics.pricing import PricingCase, pricing_case
from tiebeam.kit import FixedClock
from tiebeam.spec import Price, PricingModel

NOW = datetime(2026, 11, 21, tzinfo=UTC)
META = {"since": "2026-11-21", "reviewed": "2026-11-21"}
FIGURES: dict[str, Any] = {
    "customers": 10,
    "seats": 5,
    "operations_per_seat": 100,
    "agent_seats": 2,
    "operations_per_agent_seat": 500,
    "headless_operations": 3000,
    "cost_per_seat_operation": "0.01",
    "cost_per_agent_operation": "0.005",
    "cost_per_headless_operation": "0.001",
    "cost_per_seat": 2,
    "cost_per_agent_seat": 1,
    "cost_per_customer": 3,
    "fixed_cost_per_month": 400,
}
STATEFUL = {"id": "clerk", "title": "Clerk", "keeps_state": True, "own_identity": True, "reason": "It remembers."}
ON_DEMAND = {"id": "ask", "title": "Ask", "keeps_state": False, "own_identity": False, "reason": "It forgets."}


def pricing(figures: dict[str, Any] | None = None, **changes: Any) -> PricingModel:
    stated: dict[str, Any] = {
        "id": "portal",
        "title": "Portal",
        "about": "A portal.",
        "owner": "controller",
        "source": "Made up.",
        "checked": "2026-11-01",
        "assumptions": {**FIGURES, **(figures or {})},
        "seat": {"step": [{"price": 20}]},
        "agent_seat": {"step": [{"price": 5}]},
        "operation": {
            "included": 500,
            "minimum": 10,
            "step": [{"price": "0.02"}, {"above": 2000, "price": "0.01"}],
        },
        "use_case": [{**STATEFUL, "billed": "agent-seat"}, {**ON_DEMAND, "billed": "consumption"}],
        "meta": META,
    }
    return PricingModel.model_validate({**stated, **changes})


def case(figures: dict[str, Any] | None = None, **changes: Any) -> PricingCase:
    return pricing_case(pricing(figures, **changes), book())


def book() -> Prices:
    own = Price.model_validate(
        {
            "id": "own",
            "provider": "own",
            "model": "small",
            "price": [
                {
                    "since": "2026-01-01",
                    "input_usd_per_mtok": "2",
                    "output_usd_per_mtok": "10",
                    "cached_input_usd_per_mtok": "0.5",
                    "source": "contract",
                    "checked": "2026-11-01",
                }
            ],
            "meta": META,
        }
    )
    return Prices({"own": own}, FixedClock(NOW), currency="EUR", rates={"USD": Decimal("0.5")})
