"""Orders, receipts and suppliers from tables; the policy from TOML and JSON. ids: CA-05"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.purchasing import random_company
from tiebeam.connect.purchasing import (
    ReferenceUnreadable,
    as_json,
    load_orders,
    load_policy,
    load_receipts,
    load_suppliers,
    order_from_json,
    policy_from_json,
    policy_to_json,
    receipt_from_json,
    supplier_from_json,
)

ORDERS = "po,line,sku,name,qty,unit,unit_price,currency,supplier_id,tax_rate\n"


def _csv(folder: Path, text: str, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_of_one_order_become_its_lines(tmp_path: Path) -> None:
    path = _csv(tmp_path, ORDERS + "A,1,X,Bolt,5,EA,1.50,EUR,S1,19\nA,2,Y,Nut,7,EA,0.20,EUR,S1,\n")
    (order,) = load_orders(path)
    assert [line.id for line in order.lines] == ["1", "2"]
    assert order.lines[1].tax_rate is None


def test_headers_go_by_many_names_and_commas_are_decimals(tmp_path: Path) -> None:
    path = _csv(tmp_path, "EBELN;EBELP;MENGE;NETPR;PEINH;WAERS;LIFNR\n4500012345;10;5;12,50;100;EUR;7100\n")
    (order,) = load_orders(path)
    assert (order.id, order.supplier_id) == ("4500012345", "7100")
    assert order.lines[0].unit_price == Decimal("0.125")


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceUnreadable, match="lacks a column for quantity"):
        load_orders(_csv(tmp_path, "po,line,unit_price,currency\nA,1,2,EUR\n"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,1,X,Bolt,five,EA,1.50,EUR,S1,19", r"row 2, column 'qty': 'five' is not a number"),
        ("A,1,X,Bolt,5,EA,,EUR,S1,19", r"row 2, column 'unit_price' is empty"),
        ("A,1,X,Bolt,5,EA,1.50,EUR,S1,19,extra", r"row 2 has more cells"),
        ("A,1,X,Bolt,5,EA,1.50,EUR,S1,19\nA,1,X,Bolt,5,EA,1.50,EUR,S1,19", r"row 3, column 'line': line '1' of 'A'"),
        ("A,1,X,B,5,EA,1,EUR,S1,19\nA,2,X,B,5,EA,1,USD,S1,19", r"row 3, column 'currency'"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(ReferenceUnreadable, match=message):
        load_orders(_csv(tmp_path, ORDERS + row + "\n"))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(ORDERS.encode() + "A,1,X,Bücher,5,EA,1,EUR,S1,19".encode("latin-1"))
    with pytest.raises(ReferenceUnreadable, match="CSV UTF-8"):
        load_orders(path)


def test_a_folder_finds_the_fitting_table_by_its_columns(tmp_path: Path) -> None:
    _csv(tmp_path, ORDERS + "A,1,X,Bolt,5,EA,1.50,EUR,S1,19\n", "one.csv")
    _csv(tmp_path, "receipt,date,po,po_line,received_qty\nG1,2026-02-01,A,1,5\n", "two.csv")
    assert load_orders(tmp_path)[0].id == "A"
    assert load_receipts(tmp_path)[0].lines[0].quantity == 5
    _csv(tmp_path, ORDERS + "B,1,X,Bolt,5,EA,1.50,EUR,S1,19\n", "three.csv")
    with pytest.raises(ReferenceUnreadable, match=r"one\.csv, three\.csv"):
        load_orders(tmp_path)


def test_suppliers_may_have_several_accounts_in_a_cell_or_in_rows(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "supplier_id,name,vat,iban,phone\nS1,One,DE1 2,DE02 1203;LT60 1010,+49 1\nS1,One,,MT1,\n",
        "suppliers.csv",
    )
    (supplier,) = load_suppliers(path)
    assert supplier.ibans == ("DE021203", "LT601010", "MT1")
    assert (supplier.vat_ids, supplier.phone) == (("DE12",), "+49 1")


def test_tables_of_a_database_are_read_by_mapping(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'erp.sqlite'}"
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.execute(sa.text("create table bestellpos (nr text, p integer, anzahl numeric, preis numeric, w text)"))
        conn.execute(sa.text("insert into bestellpos values ('A', 1, 5, 1.5, 'EUR')"))
    engine.dispose()
    columns = {"order": "nr", "line": "p", "quantity": "anzahl", "unit_price": "preis", "currency": "w"}
    (order,) = load_orders(url, settings={"table": "bestellpos", "columns": columns})
    assert (order.id, order.lines[0].quantity) == ("A", 5)
    with pytest.raises(ReferenceUnreadable, match="no table 'purchase_order_lines'"):
        load_orders(url)
    with pytest.raises(ReferenceUnreadable, match="column 'zahl', mapped to 'quantity'"):
        load_orders(url, settings={"table": "bestellpos", "columns": columns | {"quantity": "zahl"}})
    with pytest.raises(ReferenceUnreadable, match="no field 'amount'"):
        load_orders(url, settings={"table": "bestellpos", "columns": {"amount": "anzahl"}})


WORDY = {
    "price_tolerance": {"percent": "2.5", "absolute_per_line": "40.00", "rule": "both"},
    "quantity_tolerance": "0 (nothing above what was received)",
    "receipt_required": True,
    "auto_pay_limit_sek": "50000.00",
    "fx_to_sek": {"SEK": "1", "EUR": "11.3"},
    "duplicate_rule": "same number; or same content within 45 days",
}


def test_the_wordy_json_policy_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(WORDY))
    policy = load_policy(path)
    assert (policy.currency, policy.duplicate_window_days, policy.quantity_tolerance) == ("SEK", 45, 0)
    assert policy.in_policy_currency(Decimal(10), currency="EUR") == Decimal("113.0")
    assert policy.in_policy_currency(Decimal(10), currency="USD") is None
    assert policy_from_json(policy_to_json(policy)) == policy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duplicate_rule": "never"}, "within N days"),
        ({"quantity_tolerance": "none"}, "'quantity_tolerance' must be a number"),
        ({"quantity_tolerance": "-1"}, "not negative"),
        ({"receipt_required": "yes"}, "true or false"),
        ({"fx_to_eur": {}}, "exactly one 'fx_to_"),
        ({"fx_to_sek": {"EUR": "eleven"}}, "'eleven' is not a number"),
    ],
)
def test_a_policy_that_is_not_clear_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(WORDY | change))
    with pytest.raises(ReferenceUnreadable, match=message):
        load_policy(path)


TOML = """title = "Ours"
currency = "EUR"
price_tolerance_percent = 2.0
price_tolerance_per_line = 50.00
quantity_tolerance = 0
receipt_required = true
auto_pay_limit = 5000.00
duplicate_window_days = 60
rates_source = "ECB, 2026-01-02"
[rates]
EUR = 1
[meta]
since = 2026-01-01
reviewed = 2026-01-01
"""


def test_a_declared_policy_is_read_and_a_misspelt_field_refused(tmp_path: Path) -> None:
    path = tmp_path / "invoice-matching.toml"
    path.write_text(TOML)
    assert load_policy(path).auto_pay_limit == Decimal("5000.00")
    path.write_text(TOML.replace("auto_pay_limit", "auto_pay_limits"))
    with pytest.raises(ReferenceUnreadable, match="auto_pay_limits"):
        load_policy(path)
    with pytest.raises(ReferenceUnreadable, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")


def test_the_json_form_loses_nothing() -> None:
    company = random_company(5, cases=6)
    assert [order_from_json(as_json(order)) for order in company.orders] == company.orders
    assert [receipt_from_json(as_json(receipt)) for receipt in company.receipts] == company.receipts
    assert [supplier_from_json(as_json(supplier)) for supplier in company.suppliers] == company.suppliers
