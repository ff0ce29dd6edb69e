"""A calculation as a spreadsheet with live formulas, so that a finance lead checks our figures in their own tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from tiebeam.kit.formulas import read_formula, spreadsheet_formula

_FIRST_ROW = 5
_VALUE, _YOURS = "D", "E"
_FIRST_PERIOD = 5
"""The column of a timeline's first period."""
_HEAD = ("Name", "What it is", "Unit", "Stated", "Yours", "Low", "High", "Shape", "Source", "Answers for it", "Checked")
_LINE_HEAD = ("Name", "What it is", "Unit", "Stated", "Yours", "Formula")
_FORMATS = {"money": "#,##0.00##", "share": "0.0###%", "tokens": "#,##0", "units": "#,##0.##", "people": "0.##"}


@dataclass(frozen=True, slots=True)
class InputCell:
    """A figure somebody stated, with where it comes from."""

    name: str
    about: str
    unit: str
    value: Decimal
    source: str
    low: Decimal | None = None
    high: Decimal | None = None
    shape: str = "fixed"
    owner: str | None = None
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class LineCell:
    """A figure that follows from those before it, by a formula over their names."""

    name: str
    about: str
    unit: str
    formula: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lines worked out period by period, one column each, on a sheet of their own.

    A name of `earlier` means a line so many periods before, 0 before the first; `period` names the period's number.
    `ends` are the lines whose last period is a result, with what we make of it.
    """

    title: str
    periods: int
    lines: Sequence[LineCell]
    earlier: Mapping[str, tuple[str, int]]
    ends: Mapping[str, Decimal]
    period: str = "month"


@dataclass(frozen=True, slots=True)
class Calculation:
    """`tables` are further sheets of plain rows, the head first: draws, tornado, comparisons; they do not follow."""

    title: str
    currency: str
    said: str
    """One sentence with the result, its date and what it rests on."""
    inputs: Sequence[InputCell]
    lines: Sequence[LineCell]
    tables: Mapping[str, Sequence[Sequence[Any]]]
    timeline: Timeline | None = None


def workbook(calculation: Calculation) -> bytes:
    """An .xlsx file. Column `Yours` starts as the stated figures; every line follows either."""
    from openpyxl import Workbook

    book = Workbook()
    inputs, lines = book.active, book.create_sheet("Results")
    assert inputs is not None
    inputs.title = "Assumptions"
    for sheet, head in ((inputs, _HEAD), (lines, _LINE_HEAD)):
        _top(sheet, calculation, head)
    places = _input_rows(inputs, calculation.inputs)
    _line_rows(lines, calculation.lines, places)
    if calculation.timeline is not None:
        _timeline(book.create_sheet(calculation.timeline.title), lines, calculation.timeline, places)
    for name, rows in calculation.tables.items():
        _table(book.create_sheet(name[:31]), rows)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _top(sheet: Any, calculation: Calculation, head: Sequence[str]) -> None:
    from openpyxl.styles import Font

    for row, text in enumerate((calculation.title, calculation.said, f"Money in {calculation.currency}."), start=1):
        _text(sheet.cell(row=row, column=1), text)
    sheet["A1"].font = Font(bold=True, size=14)
    for column, text in enumerate(head, start=1):
        cell = sheet.cell(row=_FIRST_ROW - 1, column=column)
        _text(cell, text)
        cell.font = Font(bold=True)
    sheet.freeze_panes = f"D{_FIRST_ROW}"
    for letter, width in {"A": 30, "B": 52, "C": 9, "D": 16, "E": 16, "F": 44, "I": 60}.items():
        sheet.column_dimensions[letter].width = width


def _input_rows(sheet: Any, inputs: Sequence[InputCell]) -> dict[str, str]:
    """Write them; returns the cell of each name, with a column still to be chosen: `Assumptions!{}5`."""
    places: dict[str, str] = {}
    for row, one in enumerate(inputs, start=_FIRST_ROW):
        for column, text in ((1, one.name), (2, one.about), (3, one.unit), (8, one.shape), (9, one.source)):
            _text(sheet.cell(row=row, column=column), text)
        for column, number in ((4, one.value), (6, one.low), (7, one.high)):
            if number is not None:
                _number(sheet.cell(row=row, column=column), number, one.unit)
        yours = sheet[f"{_YOURS}{row}"]
        yours.value = f"={_VALUE}{row}"
        yours.number_format = _FORMATS.get(one.unit, "General")
        _text(sheet.cell(row=row, column=10), one.owner or "")
        if one.checked is not None:
            sheet.cell(row=row, column=11, value=one.checked)
        places[one.name] = f"Assumptions!{{}}{row}"
    return places


def _line_rows(sheet: Any, lines: Sequence[LineCell], places: dict[str, str]) -> None:
    for row, line in enumerate(lines, start=_FIRST_ROW):
        for column, text in ((1, line.name), (2, line.about), (3, line.unit), (6, line.formula)):
            _text(sheet.cell(row=row, column=column), text)
        formula = read_formula(line.formula)
        for letter in (_VALUE, _YOURS):
            cell = sheet[f"{letter}{row}"]
            cell.value = spreadsheet_formula(formula, lambda name, letter=letter: places[name].format(letter))
            cell.number_format = _FORMATS.get(line.unit, "General")
        places[line.name] = f"{{}}{row}"


def _timeline(sheet: Any, results: Any, timeline: Timeline, places: Mapping[str, str]) -> None:
    """It follows column `Yours` of the assumptions; its ends are repeated on `results` beside ours."""
    from openpyxl.utils import get_column_letter

    rows = {name: row for row, name in enumerate((timeline.period, *(one.name for one in timeline.lines)), start=2)}
    columns = [get_column_letter(_FIRST_PERIOD + place) for place in range(timeline.periods)]

    def cell_of(name: str, place: int) -> str:
        if name in timeline.earlier:
            line, before = timeline.earlier[name]
            return f"{columns[place - before]}{rows[line]}" if place >= before else "0"
        return f"{columns[place]}{rows[name]}" if name in rows else places[name].format(_YOURS)

    for column, text in enumerate((*_LINE_HEAD[:3], "Formula"), start=1):
        _text(sheet.cell(row=1, column=column), text)
    _text(sheet.cell(row=2, column=1), timeline.period)
    for place, letter in enumerate(columns):
        sheet[f"{letter}2"].value = place + 1
    for line in timeline.lines:
        for column, text in ((1, line.name), (2, line.about), (3, line.unit), (4, line.formula)):
            _text(sheet.cell(row=rows[line.name], column=column), text)
        formula = read_formula(line.formula)
        for place, letter in enumerate(columns):
            cell = sheet[f"{letter}{rows[line.name]}"]
            cell.value = spreadsheet_formula(formula, lambda name, place=place: cell_of(name, place))
            cell.number_format = _FORMATS.get(line.unit, "General")
    sheet.freeze_panes = f"{columns[0]}3"
    sheet.column_dimensions["A"].width = 30
    first = max(results.max_row + 1, _FIRST_ROW)
    found = [line for line in timeline.lines if line.name in timeline.ends]
    for row, line in enumerate(found, start=first):
        where = f"the last column of {timeline.title}"
        for column, text in ((1, line.name), (2, line.about), (3, line.unit), (6, where)):
            _text(results.cell(row=row, column=column), text)
        _number(results[f"{_VALUE}{row}"], timeline.ends[line.name], line.unit)
        results[f"{_YOURS}{row}"].value = f"={timeline.title}!{columns[-1]}{rows[line.name]}"
        results[f"{_YOURS}{row}"].number_format = _FORMATS.get(line.unit, "General")


def _table(sheet: Any, rows: Sequence[Sequence[Any]]) -> None:
    for place, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(row=place, column=column)
            if isinstance(value, str):
                _text(cell, value)
            else:
                cell.value = value
    sheet.column_dimensions["A"].width = 34


def _text(cell: Any, text: str) -> None:
    """Text stays text: what begins like a formula was written by somebody who may not be trusted."""
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in {"=", "+", "-", "@"}


def _number(cell: Any, value: Decimal, unit: str) -> None:
    cell.value = value
    cell.number_format = _FORMATS.get(unit, "General")
