"""A pricing model as a spreadsheet: the same formulas, live, beside the curve, the use cases and what moving means."""

from __future__ import annotations

from tiebeam.economics.pricing.answer import PricingAnswer
from tiebeam.economics.pricing.case import PricingCase, driver_of
from tiebeam.economics.pricing.curve import CurvePoint, Moved
from tiebeam.economics.pricing.model import lines_of
from tiebeam.economics.units import stated_cells
from tiebeam.economics.workbook import Calculation, LineCell


def pricing_sheet(case: PricingCase, answer: PricingAnswer) -> Calculation:
    """The calculation of one answer. `moved_share` is the figure to turn for another headless share."""
    use_cases = [
        ["Use case", "Charged by", "Called for", "Agrees", "Reason"],
        *([one.id, one.billed.value, one.called_for.value, one.agrees, one.reason] for one in answer.use_cases),
    ]
    return Calculation(
        title=f"Pricing of {answer.title}",
        currency=answer.currency,
        said=f"{answer.headless_share:.1%} of operations are headless. Token prices: {answer.price_source}.",
        inputs=stated_cells(answer.figures, driver_of),
        lines=[LineCell(line.name, line.about, line.unit, line.formula) for line in lines_of(case.record)],
        tables={
            "Curve": [list(CurvePoint.__slots__), *([getattr(one, n) for n in one.__slots__] for one in answer.curve)],
            "Moved": [list(Moved.__slots__), *([getattr(one, n) for n in one.__slots__] for one in answer.moved)],
            "Use cases": use_cases,
            "Notes": [["Code", "What"], *([one.code, one.text] for one in answer.warnings)],
        },
    )
