"""The question of dedicated capacity as a spreadsheet: the same formulas, live."""

from __future__ import annotations

from decimal import Decimal

from tiebeam.economics.capacity.model import FIGURES, lines
from tiebeam.economics.capacity.plan import CapacityPlan
from tiebeam.economics.workbook import Calculation, InputCell, LineCell


def capacity_sheet(plan: CapacityPlan) -> Calculation:
    """The calculation of one plan, with every number of units that was compared as a table."""
    asked = plan.question
    sources = {"metered_usd_per_mtok": asked.metered.source}
    of_offer = {"usd_per_hour", "tokens_per_minute", "commitment_months"}
    checked = asked.capacity.checked
    inputs = [
        InputCell(
            name=name,
            about=FIGURES[name].about,
            unit=FIGURES[name].unit,
            value=value,
            source=asked.capacity.source if name in of_offer else sources.get(name, "Set for this question."),
            checked=checked if name in of_offer else None,
        )
        for name, value in {**asked.figures(), "units": Decimal(plan.units)}.items()
    ]
    head = ["units", "fixed_usd", "overflow_usd", "total_usd", "saved_usd", "utilisation"]
    compared = [head, *([getattr(one, name) for name in head] for one in plan.options)]
    cheaper = "Dedicated capacity" if plan.is_dedicated_cheaper else "Metered"
    return Calculation(
        title="Dedicated capacity against metered tokens",
        currency="USD",
        said=f"{cheaper} costs less over {asked.months} months with {plan.units} units.",
        inputs=inputs,
        lines=[LineCell(name, about, unit, formula) for name, unit, about, formula in lines(asked.months)],
        tables={"Options": compared},
    )
