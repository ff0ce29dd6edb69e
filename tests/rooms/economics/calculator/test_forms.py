"""The same figures as rows, JSON and a spreadsheet. ids: EC-08, EC-10, EC-12"""

from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.builders.spreadsheet import Spreadsheet
from tests.rooms.economics.calculator.market import asked, catalogue, listed, measured, offer, own

from tiebeam.economics import workbook
from tiebeam.economics.calculator import (
    View,
    api_view,
    calculator_sheet,
    compare,
    flat_table,
    form,
    hosting_view,
    read_question,
)

ONE = {"concurrency": "8", "replica": "1", "tokens": "900000000"}
MARKET = catalogue(
    own("alpha", cached_input_usd_per_mtok="0.3", usd_per_thousand_requests="2"),
    own("alpha", service="batch", input_usd_per_mtok="1", output_usd_per_mtok="5"),
    own("beta", input_usd_per_mtok="1", output_usd_per_mtok="1"),
    listed("gamma"),
    offer("works", ("on-demand", "2", "2026"), ("on-demand", "3", "2025")),
    offer("forge", ("on-demand", "1.5", "2026"), gpus=4),
    measured("300"),
)


def sheet_of(view: View) -> Spreadsheet:
    return Spreadsheet(load_workbook(BytesIO(workbook(calculator_sheet(view)))))


@pytest.mark.parametrize("params", [{}, {"cached": "0.4"}, {"cached": "0.4", "batch": "0.3"}])
def test_the_spreadsheet_comes_to_the_same_cost_of_every_model(params: dict[str, str]) -> None:
    view = api_view(MARKET, asked(**ONE, **params))
    for column in ("D", "E"):
        lines = sheet_of(view).by_name("Results", column)
        priced = [row for row in view.rows if row.per_month is not None]
        assert priced
        for row in priced:
            name = row.model.id.replace("/", "_").replace(".", "_")
            assert lines[f"{name}__per_mtok"] == pytest.approx(float(row.per_mtok or 0), rel=1e-9)
            assert lines[f"{name}__per_month"] == pytest.approx(float(row.per_month or 0), rel=1e-9)


def test_a_figure_of_ones_own_in_the_spreadsheet_moves_every_row() -> None:
    book = load_workbook(BytesIO(workbook(calculator_sheet(api_view(MARKET, asked(**ONE))))))
    places = {book["Assumptions"][f"A{row}"].value: row for row in range(5, book["Assumptions"].max_row + 1)}
    book["Assumptions"][f"E{places['output_parts']}"].value = 0
    lines = Spreadsheet(book).by_name("Results", "E")
    # Input alone: 1 a million for beta.
    assert lines["works_beta__per_mtok"] == pytest.approx(1.0)


def test_the_spreadsheet_comes_to_the_same_cost_on_every_gpu() -> None:
    view = hosting_view(MARKET, asked(**ONE))
    lines = sheet_of(view).by_name("Results", "D")
    for row in view.rows:
        assert row.cost is not None
        name = row.id.replace("/", "_").replace(".", "_").replace("-", "_")
        assert lines[f"{name}__gpus"] == row.cost.gpus
        assert lines[f"{name}__per_month"] == pytest.approx(float(row.cost.per_month.value), rel=1e-9)
        assert lines[f"{name}__output_per_mtok"] == pytest.approx(float(row.cost.output_per_mtok.value), rel=1e-9)


def test_the_spreadsheet_comes_to_the_same_break_even() -> None:
    view = compare(MARKET, asked(**ONE))
    assert view.break_even is not None
    lines = sheet_of(view).by_name("Results", "D")
    assert lines["cheaper_for_good"] == pytest.approx(float(view.break_even.crossing.for_good or 0), rel=1e-9)
    assert lines["month_per_step"] == pytest.approx(float(view.break_even.month_per_step), rel=1e-9)


def test_rows_of_nothing_and_of_text_from_outside_are_sheets_too() -> None:
    empty = api_view(catalogue(), asked())
    assert flat_table(empty).rows == ()
    assert sheet_of(empty).by_name("Results", "D") == {}
    hostile = listed("alpha", title='=HYPERLINK("http://x")')
    book = load_workbook(BytesIO(workbook(calculator_sheet(api_view(catalogue(hostile), asked())))))
    assert all(cell.data_type != "f" for line in book["Rows"].iter_rows() for cell in line)


def test_json_asks_for_the_same_again_and_has_figures_as_text() -> None:
    view = api_view(MARKET, asked(**ONE, cached="0.4"))
    found: dict[str, Any] = json.loads(json.dumps(form(view)))
    assert read_question(found["question"]) == view.question
    assert (found["tokens_per_month"], found["currency"], found["at"]) == ("900000000", "USD", "2026-11-21")
    row = next(one for one in found["rows"] if one["id"] == "works/beta")
    assert (row["per_mtok"], row["per_month"], row["problem"]) == ("1", "900", None)
    assert row["source"] == "contract 17, checked 2026-11-01"


def test_a_row_without_a_figure_has_null_and_the_reason() -> None:
    found = form(api_view(MARKET, asked(**ONE, batch="0.5")))
    row = next(one for one in found["rows"] if one["id"] == "works/beta")
    assert (row["per_mtok"], row["per_month"], row["problem"]) == (None, None, "unknown_price")
    assert "batch" in row["message"]


def test_figures_have_at_most_nine_places() -> None:
    table = flat_table(api_view(MARKET, asked(**ONE, ratio="2:1")))
    figures = [value for row in table.rows for value in row if isinstance(value, Decimal)]
    assert figures
    assert all(-int(value.as_tuple().exponent) <= 9 for value in figures)


def test_the_comparison_names_the_break_even_in_json() -> None:
    found = form(compare(MARKET, asked(**ONE)))["break_even"]
    assert set(found) >= {"first_tokens_per_month", "for_good_tokens_per_month", "windows", "curve", "gpus_per_step"}
    assert form(compare(catalogue(), asked()))["break_even"]["missing"]
