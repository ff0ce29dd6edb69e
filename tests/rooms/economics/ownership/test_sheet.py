"""The spreadsheet of a study says what we say, and goes on saying it when somebody changes a figure in it."""

# ids: EC-13, EC-18, D4
from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.builders.spreadsheet import Spreadsheet
from tests.builders.studies import by_hand

from tiebeam.economics import workbook
from tiebeam.economics.ownership import StudyCase, compare_sides, study_sheet

RICH: dict[str, Any] = {
    "refresh_months": 12,
    "horizon_months": 18,
    "user_growth_per_year": "0.3",
    "api_price_decline_per_year": "0.2",
    "rent_decline_per_year": "0.1",
    "server_price_decline_per_year": "0.1",
    "discount_rate_per_year": "0.08",
    "rented_nodes_per_fte": 3,
    "rented_least_fte": "0.2",
    "utilisation": ("0.2", "0.4", "0.6"),
}


def book_of(case: StudyCase) -> Any:
    return load_workbook(BytesIO(workbook(study_sheet(compare_sides(case, draws=100)))))


def test_every_month_works_out_to_our_figure_in_the_spreadsheet() -> None:
    case = by_hand(**RICH)
    book = book_of(case)
    read, months = Spreadsheet(book), book["Months"]
    rows = {months[f"A{row}"].value: row for row in range(3, months.max_row + 1)}
    exact = case.exactly()

    assert len(rows) > 35
    for place, column in ((0, "E"), (12, "Q"), (17, "V")):
        for name, row in rows.items():
            expected = pytest.approx(float(exact[place][name]), rel=1e-9, abs=1e-9)
            assert read.value("Months", f"{column}{row}") == expected, (name, place)
    for name, value in read.by_name("Results", "D").items():
        assert value == pytest.approx(float(exact[-1][name]), rel=1e-9)


def test_a_figure_changed_in_the_spreadsheet_gives_what_we_give_for_it() -> None:
    case = by_hand(**RICH)
    book = book_of(case)
    inputs = book["Assumptions"]
    rows = {inputs[f"A{row}"].value: row for row in range(5, inputs.max_row + 1)}
    inputs[f"E{rows['volume_factor']}"] = 10
    inputs[f"E{rows['utilisation']}"] = 0.55
    exact = case.exactly(volume_factor=Decimal(10), utilisation=Decimal("0.55"))[-1]
    found = Spreadsheet(book).by_name("Results", "E")

    assert set(found) == {f"{side}_{end}" for side in ("api", "rented", "own") for end in ("value", "total")}
    for name, value in found.items():
        assert value == pytest.approx(float(exact[name]), rel=1e-9), name


def test_every_figure_says_its_basis_in_the_spreadsheet() -> None:
    inputs = book_of(by_hand())["Assumptions"]
    sources = [inputs[f"I{row}"].value for row in range(5, inputs.max_row + 1)]

    assert all(source.startswith(("assumed: ", "stated: ", "measured: ")) for source in sources)
