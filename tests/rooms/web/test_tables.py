"""One table description serves the page, the CSV and the JSON."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from tests.rooms.web import samples
from tiebeam.web.render import Here
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange, as_csv, as_records
from tiebeam.web.wording import money

EMPTY = Empty("Nothing", "Nothing here")


def invoices() -> Table:
    rows = tuple(
        Row(name, (Cell(name), Cell(money(amount, "EUR"), raw=amount)), {"state": state})
        for name, amount, state in (
            ("Beta", Decimal("9.50"), "open"),
            ("alpha", Decimal("100"), "open"),
            ("Gamma", None, "done"),
        )
    )
    columns = (Column("name", "Name"), Column("amount", "Amount", is_number=True))
    return Table(
        "t", columns, rows, 3, EMPTY, filters=(Filter("state", "State", (("open", "Open"), ("done", "Done"))),)
    )


def names(table: Table) -> list[str]:
    return [row.key for row in table.rows]


def test_amounts_sort_as_numbers_and_names_without_regard_to_case() -> None:
    assert names(arrange(invoices(), TableQuery(sort="amount", is_descending=True)))[:2] == ["alpha", "Beta"]
    assert names(arrange(invoices(), TableQuery(sort="name"))) == ["alpha", "Beta", "Gamma"]


def test_filter_and_search_narrow_and_count() -> None:
    narrowed = arrange(invoices(), TableQuery(text="ET", filters={"state": "open"}))
    assert names(narrowed) == ["Beta"]
    assert narrowed.total == 1
    assert narrowed.is_narrowed
    assert narrowed.active[0].chosen == "Open"


def test_a_page_beyond_the_end_is_the_last_page() -> None:
    table = arrange(samples.runs_table(), TableQuery(page=99))
    assert table.query.page == 2
    assert table.first == 51
    assert len(table.rows) == 14


def test_nonsense_in_the_address_is_ignored() -> None:
    query = TableQuery.from_params({"page": "-4", "sort": "-nothing", "q": " x "})
    assert (query.page, query.text) == (1, "x")
    assert len(arrange(invoices(), TableQuery(sort="nothing")).rows) == 3


def test_an_export_holds_every_row_and_exact_amounts() -> None:
    whole = arrange(samples.runs_table(), TableQuery(), everything=True)
    assert len(as_records(whole)) == 64
    rows = list(csv.reader(io.StringIO(as_csv(invoices()))))
    assert rows[0] == ["id", "name", "amount"]
    assert rows[1] == ["Beta", "Beta", "9.50"]


def test_a_supplier_cannot_plant_a_formula_in_the_export() -> None:
    table = Table("t", (Column("name", "Name"),), (Row("1", (Cell("=HYPERLINK(1)"),)),), 1, EMPTY)
    assert "'=HYPERLINK(1)" in as_csv(table)


def test_links_keep_the_readers_place() -> None:
    here = Here("/runs", (("q", "ok"), ("sort", "-amount"), ("page", "3")))
    assert here(page=None, state="open") == "/runs?q=ok&sort=-amount&state=open"
    assert here("/runs.csv", page=None) == "/runs.csv?q=ok&sort=-amount"
    assert here.fields("q", "page") == [("sort", "-amount")]
