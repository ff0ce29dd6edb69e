"""A product sold by seats, agent seats and consumption: margin, break-even and the headless share (EC-29, EC-30)."""

from tiebeam.economics.pricing.answer import (
    BreakEven,
    PricingAnswer,
    StreamAnswer,
    UseCaseAnswer,
    design,
    short,
)
from tiebeam.economics.pricing.asking import PricingRow, find_pricing, pricing_rows, read_pricing_changes
from tiebeam.economics.pricing.case import (
    NothingSeated,
    PricingCase,
    UnknownPricing,
    driver_of,
    pricing_case,
)
from tiebeam.economics.pricing.curve import Crossing, CurvePoint, Moved
from tiebeam.economics.pricing.model import STREAMS, lines_of
from tiebeam.economics.pricing.sheet import pricing_sheet
from tiebeam.economics.pricing.simulation import PricingDraws, draw
from tiebeam.economics.pricing.warning import PricingWarning, zone_of

__all__ = [
    "STREAMS",
    "BreakEven",
    "Crossing",
    "CurvePoint",
    "Moved",
    "NothingSeated",
    "PricingAnswer",
    "PricingCase",
    "PricingDraws",
    "PricingRow",
    "PricingWarning",
    "StreamAnswer",
    "UnknownPricing",
    "UseCaseAnswer",
    "design",
    "draw",
    "driver_of",
    "find_pricing",
    "lines_of",
    "pricing_case",
    "pricing_rows",
    "pricing_sheet",
    "read_pricing_changes",
    "short",
    "zone_of",
]
