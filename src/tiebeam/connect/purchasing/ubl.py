"""UBL 2.1 Order, ReceiptAdvice and DespatchAdvice, parsed without entities, network or DTD."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.model import OrderLine, PurchaseOrder, Receipt, ReceiptKind, ReceiptLine
from tiebeam.connect.purchasing.values import compact, date_of, decimal_of

Element: TypeAlias = Any
"""An lxml element; lxml ships no types."""

MAX_BYTES = 20 * 1024 * 1024
_MOST_TAGS = 800_000
_DOCTYPES = tuple("<!DOCTYPE".encode(codec) for codec in ("ascii", "utf-16-le", "utf-16-be"))
_CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
_CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def parse_file(path: Path) -> Element:
    """The root element. Raises ReferenceUnreadable on damage, on a document type and above 20 MiB."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    if path.stat().st_size > MAX_BYTES:
        raise ReferenceUnreadable(f"{path.name!r} is larger than 20 MiB; no order or receipt is", file=path.name)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    data = path.read_bytes()
    _check_before_parsing(data, name=path.name)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise ReferenceUnreadable(
            f"{path.name!r} is damaged XML ({problem}); export it again", file=path.name
        ) from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReferenceUnreadable(f"{path.name!r} brings its own DOCTYPE; it is not read", file=path.name)
    return root


def _check_before_parsing(data: bytes, *, name: str) -> None:
    """What would make the parser itself work too hard, whatever it then does with it."""
    if any(mark in data for mark in _DOCTYPES):
        raise ReferenceUnreadable(f"{name!r} brings its own DOCTYPE; it is not read", file=name)
    if data.count(b"<") > _MOST_TAGS:
        raise ReferenceUnreadable(f"{name!r} has more than {_MOST_TAGS} tags; no order or receipt has", file=name)


def kind_of(root: Element) -> str:
    """The document's name without its namespace, such as `Order`."""
    return str(root.tag).rpartition("}")[2]


def _path(path: str) -> str:
    # The last part is a value (cbc), everything before it a group (cac).
    *groups, value = path.split("/")
    return "/".join([*(_CAC + group for group in groups), _CBC + value])


def _groups(element: Element | None, path: str) -> list[Element]:
    return [] if element is None else element.findall("/".join(_CAC + part for part in path.split("/")))


def _group(element: Element | None, path: str) -> Element | None:
    return next(iter(_groups(element, path)), None)


def _text(element: Element | None, *paths: str) -> str | None:
    for path in paths if element is not None else ():
        found = element.find(_path(path)) if element is not None else None
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return None


def _number(element: Element | None, *paths: str, place: str) -> Decimal | None:
    text = _text(element, *paths)
    return None if text is None else decimal_of(text, place=f"{place}, {paths[0]}")


def _needed(value: Any, *, place: str, what: str) -> Any:
    if value is None:
        raise ReferenceUnreadable(f"{place}: {what} is missing", place=place)
    return value


def read_order(root: Element, *, place: str) -> PurchaseOrder:
    """A UBL Order. Raises ReferenceUnreadable naming file, line and element."""
    seller = _group(root, "SellerSupplierParty/Party")
    order_id = _needed(_text(root, "ID"), place=place, what="the order number (ID)")
    lines = tuple(_order_line(item, place=place) for item in _groups(root, "OrderLine/LineItem"))
    currency = _text(root, "DocumentCurrencyCode", "PricingCurrencyCode") or _price_currency(root)
    issued = _text(root, "IssueDate")
    charges = list(_charges(root, place=place))
    return PurchaseOrder(
        id=order_id,
        currency=_needed(currency, place=place, what="the currency (DocumentCurrencyCode)"),
        lines=lines,
        issue_date=None if issued is None else date_of(issued, place=f"{place}, IssueDate"),
        supplier_name=_text(seller, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        supplier_vat=compact(_text(seller, "PartyTaxScheme/CompanyID")),
        charge_total=sum((amount for is_charge, amount in charges if is_charge), Decimal(0)),
        allowance_total=sum((amount for is_charge, amount in charges if not is_charge), Decimal(0)),
    )


def _price_currency(root: Element) -> str | None:
    for item in _groups(root, "OrderLine/LineItem"):
        price = item.find(_path("Price/PriceAmount"))
        if price is not None and price.get("currencyID"):
            return price.get("currencyID")
    return None


def _charges(root: Element, *, place: str) -> Iterator[tuple[bool, Decimal]]:
    for part in _groups(root, "AllowanceCharge"):
        amount = _number(part, "Amount", place=place)
        if amount is not None:
            yield _text(part, "ChargeIndicator") == "true", amount


def _order_line(item: Element, *, place: str) -> OrderLine:
    line_id = _needed(_text(item, "ID"), place=place, what="a line number (LineItem/ID)")
    place = f"{place}, line {line_id!r}"
    quantity = _needed(_number(item, "Quantity", place=place), place=place, what="the quantity")
    price = _number(item, "Price/PriceAmount", place=place)
    base = _number(item, "Price/BaseQuantity", place=place)
    net = _number(item, "LineExtensionAmount", place=place)
    if price is not None and base and base != 1:
        price = price / base
    if price is None and net is not None and quantity:
        price = net / quantity
    element = item.find(_path("Quantity"))
    rate = _number(item, "Item/ClassifiedTaxCategory/Percent", "TaxTotal/TaxSubtotal/TaxCategory/Percent", place=place)
    return OrderLine(
        id=line_id,
        sku=_sku(item),
        name=_text(item, "Item/Name", "Item/Description"),
        quantity=quantity,
        unit=None if element is None else element.get("unitCode"),
        unit_price=_needed(price, place=place, what="the price (Price/PriceAmount)"),
        tax_rate=rate,
    )


def _sku(item: Element) -> str | None:
    return _text(
        item,
        "Item/SellersItemIdentification/ID",
        "Item/StandardItemIdentification/ID",
        "Item/BuyersItemIdentification/ID",
    )


def read_receipt(root: Element, *, place: str) -> Receipt:
    """A UBL ReceiptAdvice, or a DespatchAdvice as the supplier's own word. Raises ReferenceUnreadable."""
    is_despatch = kind_of(root) == "DespatchAdvice"
    group, value = ("DespatchLine", "DeliveredQuantity") if is_despatch else ("ReceiptLine", "ReceivedQuantity")
    day = _text(root, "IssueDate")
    return Receipt(
        id=_needed(_text(root, "ID"), place=place, what="the number (ID)"),
        order_id=_text(root, "OrderReference/ID"),
        received_on=None if day is None else date_of(day, place=f"{place}, IssueDate"),
        lines=tuple(_receipt_line(line, value=value, place=place) for line in _groups(root, group)),
        kind=ReceiptKind.DESPATCH if is_despatch else ReceiptKind.RECEIPT,
    )


def _receipt_line(line: Element, *, value: str, place: str) -> ReceiptLine:
    place = f"{place}, line {_text(line, 'ID')!r}"
    quantity = _number(line, value, place=place) or Decimal(0)
    rejected = _number(line, "RejectedQuantity", place=place) or Decimal(0)
    element = line.find(_path(value))
    return ReceiptLine(
        order_line=_text(line, "OrderLineReference/LineID"),
        sku=_sku(line),
        name=_text(line, "Item/Name"),
        quantity=quantity - rejected,
        unit=None if element is None else element.get("unitCode"),
        order_id=_text(line, "OrderLineReference/OrderReference/ID"),
    )


def cancelled_order(root: Element, *, place: str) -> str:
    """The order number an OrderCancellation takes back."""
    return _needed(_text(root, "OrderReference/ID"), place=place, what="the cancelled order (OrderReference/ID)")
