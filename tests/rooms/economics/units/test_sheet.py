"""The spreadsheet says what we say, and goes on saying it when somebody changes a figure in it."""

# ids: EC-16, EC-18, D4
from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.builders.spreadsheet import Spreadsheet
from tests.rooms.economics.test_prices import record
from tests.rooms.economics.units.test_draws import UNSURE
from tests.rooms.economics.units.test_unit_economics import case

from tiebeam.economics.units import UnitCase, assess
from tiebeam.economics.units.sheet import unit_sheet
from tiebeam.economics.workbook import Calculation, InputCell, workbook


def rich_case() -> UnitCase:
    own = record(input_usd_per_mtok="2", output_usd_per_mtok="8")
    figures: dict[str, Any] = UNSURE | {
        "input_tokens_per_unit": 40_000,
        "output_tokens_per_unit": 4000,
        "cached_share": "0.4",
        "token_budget_per_month": 300,
        "hours_per_reviewer_per_month": 130,
        "units_per_capacity_step": 300,
        "cost_per_capacity_step": 75,
    }
    return case(own, model="in-house-70b", **figures)


def book_of(one: UnitCase) -> Any:
    return load_workbook(BytesIO(workbook(unit_sheet(one, assess(one)))))


def test_every_line_of_the_spreadsheet_works_out_to_our_figure() -> None:
    one = rich_case()
    found = Spreadsheet(book_of(one)).by_name("Results", "D")
    exact = one.exactly()
    assert len(found) > 30
    for name, value in found.items():
        assert value == pytest.approx(float(exact[name]), rel=1e-9), name


def test_a_figure_changed_in_the_spreadsheet_gives_what_we_give_for_it() -> None:
    one = rich_case()
    book = book_of(one)
    rows = {book["Assumptions"][f"A{row}"].value: row for row in range(5, book["Assumptions"].max_row + 1)}
    book["Assumptions"][f"E{rows['volume_factor']}"] = 10
    book["Assumptions"][f"E{rows['exception_rate']}"] = 0.05
    found = Spreadsheet(book).by_name("Results", "E")
    exact = one.having({"volume_factor": Decimal(10), "exception_rate": Decimal("0.05")}).exactly()
    for name, value in found.items():
        assert value == pytest.approx(float(exact[name]), rel=1e-9), name
    assert found["cost_per_accepted"] != Spreadsheet(book).by_name("Results", "D")["cost_per_accepted"]


def test_text_that_looks_like_a_formula_stays_text() -> None:
    hostile = '=HYPERLINK("http://example.org","x")'
    one = InputCell("a", hostile, "money", Decimal(1), hostile)
    book = load_workbook(BytesIO(workbook(Calculation(hostile, "EUR", hostile, [one], [], {"T": [[hostile]]}))))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value != hostile or cell.data_type == "s"
