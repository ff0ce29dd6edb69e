"""Unit economics as a spreadsheet: the same formulas, live, beside the draws and the tornado."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tiebeam.economics.units.answer import Stated, UnitAnswer
from tiebeam.economics.units.case import UnitCase, driver_of
from tiebeam.economics.units.model import LINES, VALUE_PER_ACCEPTED
from tiebeam.economics.workbook import Calculation, InputCell, LineCell
from tiebeam.spec import Driver


def stated_cells(figures: Iterable[Stated], driver_of: Callable[[str], Driver]) -> list[InputCell]:
    """A cell for each figure, in the words of its driver."""
    return [
        InputCell(
            name=one.name,
            about=driver_of(one.name).about,
            unit=driver_of(one.name).unit,
            value=one.value,
            source=one.source,
            low=one.low,
            high=one.high,
            shape=one.shape.value,
            owner=one.owner,
            checked=one.checked,
        )
        for one in figures
    ]


def unit_sheet(case: UnitCase, answer: UnitAnswer) -> Calculation:
    """The calculation of one answer."""
    worth = " + ".join(f"({line.formula})" for line in case.stated.value)
    titles = "; ".join(line.title for line in case.stated.value)
    lines = [LineCell(VALUE_PER_ACCEPTED, f"Worth of an accepted outcome: {titles}", "money", worth)]
    lines += [LineCell(line.name, line.about, line.unit, line.formula) for line in LINES]
    spread = answer.simulation.spreads
    drawn = [
        ["Result", "P10", "P50", "P90"],
        *([name.replace("_", " "), one.p10, one.p50, one.p90] for name, one in spread.items()),
        *([f"part: {name}", one.p10, one.p50, one.p90] for name, one in answer.simulation.parts.items()),
        ["share of draws that earn more than they cost", answer.simulation.share_positive],
        ["draws", answer.simulation.draws],
        ["seed", answer.simulation.seed],
    ]
    bars = [
        ["Figure", "Low", "High", "Cost per accepted at low", "At high", "Swing"],
        *([bar.name, bar.low, bar.high, bar.at_low, bar.at_high, bar.swing] for bar in answer.tornado),
    ]
    return Calculation(
        title=f"Unit economics of {answer.workflow}",
        currency=answer.currency,
        said=f"Verdict: {answer.verdict.value}. Token prices: {answer.price_source}.",
        inputs=stated_cells(answer.assumptions, driver_of),
        lines=lines,
        tables={"Draws": drawn, "Tornado": bars},
    )
