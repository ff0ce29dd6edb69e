"""A study as a spreadsheet: every month with live formulas, beside the draws, the tornado and the curves."""

from __future__ import annotations

from tiebeam.economics.ownership.answer import SIDE_NAMES, StudyAnswer
from tiebeam.economics.ownership.model import MONTH, carried, lines_of
from tiebeam.economics.workbook import Calculation, InputCell, LineCell, Timeline

_ENDS = ("value", "total")


def study_sheet(answer: StudyAnswer) -> Calculation:
    """The calculation of one answer. The horizon and the life of a server shape the sheet, so they do not follow."""
    case, study = answer.case, answer.case.study
    inputs = [
        InputCell(
            name=one.name,
            about=one.about,
            unit=one.unit,
            value=one.value,
            source=f"{one.basis.value}: {one.source}",
            low=one.low,
            high=one.high,
            shape=one.shape.value,
            owner=one.owner,
            checked=one.checked,
        )
        for one in answer.figures
    ]
    last = case.exactly()[-1]
    timeline = Timeline(
        title="Months",
        periods=case.horizon,
        lines=[LineCell(line.name, line.about, line.unit, line.formula) for line in lines_of(case.sides)],
        earlier={one.name: (one.line, case.refresh if one.is_replacement else 1) for one in carried(case.sides)},
        ends={name: last[name] for side in case.sides for name in (f"{side.value}_{end}" for end in _ENDS)},
        period=MONTH,
    )
    return Calculation(
        title=study.title,
        currency="USD",
        said=f"{SIDE_NAMES[answer.cheapest]} costs least in present value over {case.horizon} months. "
        f"Prices and rents as of {case.priced_at}.",
        inputs=inputs,
        lines=[],
        tables={"Draws": _draws(answer), "Tornado": _tornado(answer)},
        timeline=timeline,
    )


def _draws(answer: StudyAnswer) -> list[list[str | float]]:
    found = answer.uncertainty
    rows: list[list[str | float]] = [["Result", "P10", "P50", "P90"]]
    rows += [[f"present value: {side.value}", one.p10, one.p50, one.p90] for side, one in found.values.items()]
    rows += [
        [f"{answer.against.value} less {side.value}", one.p10, one.p50, one.p90] for side, one in found.savings.items()
    ]
    rows += [[f"share of draws in which {side.value} is cheapest", share] for side, share in found.cheapest.items()]
    return [*rows, ["draws", found.draws], ["seed", found.seed]]


def _tornado(answer: StudyAnswer) -> list[list[object]]:
    head: list[object] = ["Figure", "Low", "High", "Saving at low", "Saving at high", "Swing"]
    return [head, *([bar.name, bar.low, bar.high, bar.at_low, bar.at_high, bar.swing] for bar in answer.tornado)]
