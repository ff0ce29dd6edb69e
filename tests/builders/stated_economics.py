"""Unit economics that tests state themselves, and a library of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiebeam.economics.portfolio import Candidate, Origin
from tiebeam.spec import UnitEconomics

MODELS = (("openai", "gpt-4.1-mini"), ("anthropic", "claude-haiku-4-5"), (None, None))


def stated(
    figures: Mapping[str, Any], *, worth: str = "worth_of_one", model: str | None = None, provider: str | None = None
) -> UnitEconomics:
    """Figures by name; without `worth_of_one` among them an outcome is worth 10."""
    assumptions = {"units_per_month": 1000, **figures}
    if worth == "worth_of_one":
        assumptions.setdefault("worth_of_one", 10)
    return UnitEconomics.model_validate(
        {
            "assumptions": {name: _figure(value) for name, value in assumptions.items()},
            "value": [
                {"vector": "financial-ops", "title": "What is saved", "formula": worth, "baseline": "Counted before."}
            ],
            "model": model,
            "provider": provider,
            "source": "Stated by a test, 2026-11-21.",
            "owner": "controller",
            "checked": "2026-11-21",
        }
    )


def _figure(value: Any) -> Any:
    if isinstance(value, tuple):
        low, middle, high = value
        return {"value": str(middle), "low": str(low), "high": str(high)}
    return {"value": str(value)}


def many_candidates(count: int) -> list[Candidate]:
    """Workflows of different size and worth, most of which spend tokens."""
    found: list[Candidate] = []
    for number in range(count):
        provider, model = MODELS[number % len(MODELS)]
        size = 1 + number % 7
        figures: dict[str, Any] = {
            "units_per_month": (500 * size, 800 * size, 1500 * size),
            "acceptance_rate": ("0.8", "0.9", "0.97"),
            "exception_rate": ("0.05", "0.15", "0.3"),
            "review_minutes_per_exception": (3, 7, 14),
            "review_cost_per_hour": 40,
            "integration_cost": (5000, 9000, 20000),
            "worth_of_one": (1 + number % 5, 3 + number % 5, 9 + number % 5),
        }
        if model is not None:
            figures["input_tokens_per_unit"] = (2000 * size, 4000 * size, 9000 * size)
            figures["output_tokens_per_unit"] = (200, 500 * size, 1200 * size)
        economics = stated(figures, model=model, provider=provider)
        found.append(
            Candidate(
                f"test.workflow-{number:03}",
                f"Workflow {number}",
                Origin.LIBRARY if number % 4 else Origin.ADOPTED,
                economics,
            )
        )
    return found
