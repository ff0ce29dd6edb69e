"""Orders and receipts from UBL, our own and other people's. ids: CA-05"""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders.shared_data import shared_data
from tiebeam.connect.purchasing import ReceiptKind, ReferenceUnreadable, load_orders, load_receipts

NAMESPACES = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def _write(folder: Path, name: str, kind: str, body: str) -> Path:
    path = folder / name
    path.write_text(
        f'<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2" {NAMESPACES}>{body}</{kind}>'
    )
    return path


ORDER = """<cbc:ID>B-77/19</cbc:ID><cbc:IssueDate>2026-02-01</cbc:IssueDate>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>12.50</cbc:Amount></cac:AllowanceCharge>
<cac:OrderLine><cac:LineItem><cbc:ID>10</cbc:ID><cbc:Quantity unitCode="KGM">{quantity}</cbc:Quantity>
<cac:Price><cbc:PriceAmount>25.00</cbc:PriceAmount><cbc:BaseQuantity>100</cbc:BaseQuantity></cac:Price>
<cac:Item><cbc:Name>Nails</cbc:Name></cac:Item></cac:LineItem></cac:OrderLine>"""
CANCELLATION = "<cbc:ID>X</cbc:ID><cac:OrderReference><cbc:ID>B-77/19</cbc:ID></cac:OrderReference>"
RECEIPT = """<cbc:ID>GR-1</cbc:ID><cac:OrderReference><cbc:ID>B-77/19</cbc:ID></cac:OrderReference>
<cac:ReceiptLine><cbc:ID>1</cbc:ID><cbc:ReceivedQuantity unitCode="KGM">50</cbc:ReceivedQuantity>
<cbc:RejectedQuantity unitCode="KGM">8</cbc:RejectedQuantity>
<cac:OrderLineReference><cbc:LineID>10</cbc:LineID></cac:OrderLineReference></cac:ReceiptLine>"""


def test_a_price_for_a_hundred_is_divided_and_charges_are_kept(tmp_path: Path) -> None:
    _write(tmp_path, "a.xml", "Order", ORDER.format(quantity=50))
    (order,) = load_orders(tmp_path)
    assert (order.id, order.charge_total) == ("B-77/19", Decimal("12.50"))
    assert (order.lines[0].unit_price, order.lines[0].unit) == (Decimal("0.25"), "KGM")


def test_rejected_goods_are_not_received(tmp_path: Path) -> None:
    (receipt,) = load_receipts(_write(tmp_path, "a.xml", "ReceiptAdvice", RECEIPT))
    assert receipt.lines[0].quantity == 42
    assert receipt.kind is ReceiptKind.RECEIPT


def test_a_cancelled_order_is_no_order(tmp_path: Path) -> None:
    _write(tmp_path, "a.xml", "Order", ORDER.format(quantity=50))
    _write(tmp_path, "b.xml", "OrderCancellation", CANCELLATION)
    assert load_orders(tmp_path) == ()


def test_a_changed_order_is_refused_instead_of_compared_in_its_old_form(tmp_path: Path) -> None:
    _write(tmp_path, "a.xml", "OrderChange", CANCELLATION)
    with pytest.raises(ReferenceUnreadable, match="as it stands now"):
        load_orders(tmp_path)


def test_one_order_number_twice_is_refused(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        _write(tmp_path, name, "Order", ORDER.format(quantity=50))
    with pytest.raises(ReferenceUnreadable, match="'B-77/19' is there twice"):
        load_orders(tmp_path)


def test_a_wrong_number_is_named_with_its_place(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.xml", "Order", ORDER.format(quantity="many"))
    with pytest.raises(ReferenceUnreadable, match=r"'a.xml', line '10', Quantity: 'many' is not a number"):
        load_orders(path)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>',
        "<a><b></a>",
        "",
    ],
)
def test_entities_and_damage_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text)
    with pytest.raises(ReferenceUnreadable):
        load_orders(path)


def test_a_folder_without_orders_says_so(tmp_path: Path) -> None:
    assert load_orders(tmp_path) == ()
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(ReferenceUnreadable, match="holds no orders"):
        load_orders(tmp_path)
    with pytest.raises(ReferenceUnreadable, match="does not exist"):
        load_orders(tmp_path / "absent")


def test_the_generated_company_is_the_same_from_files_and_tables_and_loads_quickly() -> None:
    folder = shared_data("p2p", "generated")
    start = time.process_time()
    orders, receipts = load_orders(folder / "purchase_orders"), load_receipts(folder / "receipts")
    assert time.process_time() - start < 2
    tables = {order.id: order for order in load_orders(folder / "erp_export")}
    assert {order.id: order.lines for order in orders} == {key: order.lines for key, order in tables.items()}
    rows = {receipt.id: receipt for receipt in load_receipts(folder / "erp_export")}
    for receipt in receipts:
        read = [(line.order_line, line.quantity) for line in receipt.lines]
        assert read == [(line.order_line, line.quantity) for line in rows[receipt.id].lines]


def test_orders_others_wrote_are_read() -> None:
    folder = shared_data("p2p", "peppol-ordering-usecases", "order")
    orders = [order for path in sorted(folder.glob("*.xml")) for order in load_orders(path)]
    assert len(orders) >= 5
    assert all(order.lines and order.currency for order in orders)
    (example,) = load_orders(shared_data("p2p", "ubl21-examples", "UBL-Order-2.1-Example.xml"))
    assert (example.id, example.currency, example.charge_total) == ("34", "SEK", Decimal(100))


def test_a_despatch_advice_is_marked_as_the_suppliers_word() -> None:
    (advice,) = load_receipts(shared_data("p2p", "peppol-despatch-and-invoice-response"))
    assert advice.kind is ReceiptKind.DESPATCH
    assert advice.lines[0].quantity == 10
