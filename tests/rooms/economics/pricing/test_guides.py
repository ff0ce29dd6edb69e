"""The guides' examples are what the product reads."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.rooms.economics.pricing.records import NOW, book

from tiebeam.economics.capacity import CapacityQuestion, Metered, capacity_of, plan_capacity
from tiebeam.economics.pricing import design, pricing_case
from tiebeam.economics.units import case_of
from tiebeam.spec import Price, PricingModel, UnitEconomics

GUIDES = Path(__file__).parents[4] / "docs" / "guides"


def blocks(guide: str) -> list[dict[str, Any]]:
    text = (GUIDES / guide).read_text("utf-8")
    return [tomllib.loads(one, parse_float=Decimal) for one in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]


def test_the_unit_economics_of_the_guide_are_read_and_worked_out() -> None:
    stated = next(one["unit_economics"] for one in blocks("economics.md") if "unit_economics" in one)
    month = case_of("x", UnitEconomics.model_validate(stated), book()).exactly()
    assert month["cost_per_accepted"] > 0


def test_the_capacity_of_the_guide_is_read_and_planned() -> None:
    found = next(one for one in blocks("economics.md") if "capacity" in one)
    record = Price.model_validate({**found, "id": "opus-capacity"})
    offer = capacity_of(record, at=NOW)
    plan = plan_capacity(CapacityQuestion(offer, Metered(Decimal(9), "list"), Decimal(5 * 10**9), months=18))
    assert plan.lines["paid_months"] == 24


def test_the_product_of_the_guide_is_read_without_a_complaint() -> None:
    (found,) = blocks("pricing.md")
    record = PricingModel.model_validate({**found, "id": "dealer-portal"})
    assert list(record.disagreements()) == []
    assert not any(one.is_serious for one in design(pricing_case(record, book())).warnings)
