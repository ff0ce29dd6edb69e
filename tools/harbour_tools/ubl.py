"""UBL 2.1: orders, receipts, invoices and credit notes."""

from __future__ import annotations

from decimal import Decimal

from tools.harbour_tools.company import BUYER
from tools.harbour_tools.facts import Bill, Company, Line, Order, Receipt
from tools.harbour_tools.xml_parts import document, number, tag, text

_BASE = "urn:oasis:names:specification:ubl:schema:xsd:"
_CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def order_xml(order: Order) -> bytes:
    currency = order.supplier.currency
    return _document(
        "Order",
        _value("ID", order.id),
        _value("IssueDate", order.issued),
        _value("DocumentCurrencyCode", currency),
        tag("cac:BuyerCustomerParty", _party(BUYER)),
        tag("cac:SellerSupplierParty", _party(order.supplier)),
        tag("cac:AnticipatedMonetaryTotal", _amount("PayableAmount", order.net, currency)),
        *(tag("cac:OrderLine", _order_line(line, currency)) for line in order.lines),
    )


def receipt_xml(receipt: Receipt) -> bytes:
    order = receipt.order
    lines = {line.order_line or "": line for line in order.lines}
    return _document(
        "ReceiptAdvice",
        _value("ID", receipt.id),
        _value("IssueDate", receipt.received),
        tag("cac:OrderReference", _value("ID", order.id)),
        tag("cac:DeliveryCustomerParty", _party(BUYER)),
        tag("cac:DespatchSupplierParty", _party(order.supplier)),
        *(
            tag(
                "cac:ReceiptLine",
                _value("ID", str(place)),
                _value("ReceivedQuantity", quantity, unitCode=lines[line].unit),
                tag("cac:OrderLineReference", _value("LineID", line)),
                tag("cac:Item", _value("Name", lines[line].name), _sku(lines[line])),
            )
            for place, (line, quantity) in enumerate(receipt.quantities.items(), start=1)
        ),
    )


def invoice_xml(bill: Bill) -> bytes:
    """An Invoice, or a CreditNote where the bill is one."""
    kind = "CreditNote" if bill.is_credit else "Invoice"
    due = "" if bill.is_credit else _value("DueDate", bill.due)
    billing = tag("cac:BillingReference", tag("cac:InvoiceDocumentReference", _value("ID", bill.preceding)))
    return _document(
        kind,
        _value("CustomizationID", _CUSTOMIZATION),
        _value("ProfileID", _PROFILE),
        _value("ID", bill.number),
        _value("IssueDate", bill.issued),
        due,
        _value(f"{kind}TypeCode", "381" if bill.is_credit else "380"),
        _value("Note", bill.note),
        _value("DocumentCurrencyCode", bill.currency),
        tag("cac:OrderReference", _value("ID", bill.order_reference)),
        billing,
        tag("cac:AccountingSupplierParty", _party(bill.supplier)),
        tag("cac:AccountingCustomerParty", _party(BUYER)),
        _payment(bill),
        _tax_total(bill),
        _totals(bill),
        *(_invoice_line(bill, line, place, kind) for place, line in enumerate(bill.lines, start=1)),
    )


def _document(kind: str, *content: str) -> bytes:
    spaces = {
        "xmlns": f"{_BASE}{kind}-2",
        "xmlns:cac": f"{_BASE}CommonAggregateComponents-2",
        "xmlns:cbc": f"{_BASE}CommonBasicComponents-2",
    }
    return document(kind, spaces, *content)


def _value(name: str, value: object, **attributes: str) -> str:
    return tag(f"cbc:{name}", text(value), **attributes)


def _amount(name: str, amount: Decimal, currency: str) -> str:
    return _value(name, amount, currencyID=currency)


def _party(party: Company) -> str:
    return tag(
        "cac:Party",
        _value("EndpointID", party.email, schemeID="EM"),
        tag("cac:PartyName", _value("Name", party.name)),
        tag(
            "cac:PostalAddress",
            _value("StreetName", party.street),
            _value("CityName", party.city),
            _value("PostalZone", party.zip),
            tag("cac:Country", _value("IdentificationCode", party.country)),
        ),
        tag("cac:PartyTaxScheme", _value("CompanyID", party.vat), tag("cac:TaxScheme", _value("ID", "VAT"))),
        tag("cac:PartyLegalEntity", _value("RegistrationName", party.name)),
    )


def category(rate: Decimal, supplier: Company) -> str:
    """UNTDID 5305: standard, intra-community supply, or export outside the union."""
    if rate:
        return "S"
    return "G" if supplier.country in {"GB", "CH"} else "K"


_REASON = {"K": "Intra-community supply", "G": "Export outside the EU", "S": None}


def _category(name: str, rate: Decimal, supplier: Company, *, with_reason: bool = False) -> str:
    code = category(rate, supplier)
    reason = _value("TaxExemptionReason", _REASON[code]) if with_reason else ""
    scheme = tag("cac:TaxScheme", _value("ID", "VAT"))
    return tag(f"cac:{name}", _value("ID", code), _value("Percent", rate), reason, scheme)


def _sku(line: Line) -> str:
    return tag("cac:SellersItemIdentification", _value("ID", line.sku))


def _order_line(line: Line, currency: str) -> str:
    seller_rate = tag(
        "cac:ClassifiedTaxCategory",
        _value("ID", "S" if line.rate else "Z"),
        _value("Percent", line.rate),
        tag("cac:TaxScheme", _value("ID", "VAT")),
    )
    return tag(
        "cac:LineItem",
        _value("ID", line.order_line),
        _value("Quantity", line.quantity, unitCode=line.unit),
        _amount("LineExtensionAmount", line.net, currency),
        tag("cac:Price", _amount("PriceAmount", line.price, currency)),
        tag("cac:Item", _value("Name", line.name), _sku(line), seller_rate),
    )


def _payment(bill: Bill) -> str:
    if bill.is_credit:
        return ""
    account = tag("cac:PayeeFinancialAccount", _value("ID", bill.iban), _value("Name", bill.supplier.name))
    return tag("cac:PaymentMeans", _value("PaymentMeansCode", "30"), _value("PaymentID", bill.number), account)


def _tax_total(bill: Bill) -> str:
    groups = (
        tag(
            "cac:TaxSubtotal",
            _amount("TaxableAmount", base, bill.currency),
            _amount("TaxAmount", tax, bill.currency),
            _category("TaxCategory", rate, bill.supplier, with_reason=True),
        )
        for rate, base, tax in bill.taxes
    )
    return tag("cac:TaxTotal", _amount("TaxAmount", bill.tax, bill.currency), *groups)


def _totals(bill: Bill) -> str:
    return tag(
        "cac:LegalMonetaryTotal",
        _amount("LineExtensionAmount", bill.net, bill.currency),
        _amount("TaxExclusiveAmount", bill.net, bill.currency),
        _amount("TaxInclusiveAmount", bill.gross, bill.currency),
        _amount("PayableAmount", bill.gross, bill.currency),
    )


def _invoice_line(bill: Bill, line: Line, place: int, kind: str) -> str:
    quantity = "CreditedQuantity" if bill.is_credit else "InvoicedQuantity"
    return tag(
        f"cac:{kind}Line",
        _value("ID", str(place)),
        tag(f"cbc:{quantity}", number(line.quantity), unitCode=line.unit),
        _amount("LineExtensionAmount", line.net, bill.currency),
        tag("cac:OrderLineReference", _value("LineID", line.order_line)),
        tag(
            "cac:Item",
            _value("Name", line.name),
            _sku(line),
            _category("ClassifiedTaxCategory", line.rate, bill.supplier),
        ),
        tag("cac:Price", _amount("PriceAmount", line.price, bill.currency)),
    )
