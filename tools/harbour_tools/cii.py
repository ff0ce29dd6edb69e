"""UN/CEFACT Cross Industry Invoice D16B, as EN 16931 uses it."""

from __future__ import annotations

from datetime import date

from tools.harbour_tools.company import BUYER
from tools.harbour_tools.facts import Bill, Company, Line
from tools.harbour_tools.ubl import category
from tools.harbour_tools.xml_parts import document, number, tag, text

_SPACES = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def cii_xml(bill: Bill) -> bytes:
    guideline = tag("ram:GuidelineSpecifiedDocumentContextParameter", _value("ID", "urn:cen.eu:en16931:2017"))
    header = tag(
        "rsm:ExchangedDocument",
        _value("ID", bill.number),
        _value("TypeCode", "381" if bill.is_credit else "380"),
        tag("ram:IssueDateTime", _day(bill.issued)),
        tag("ram:IncludedNote", _value("Content", bill.note)),
    )
    deal = tag(
        "rsm:SupplyChainTradeTransaction",
        *(_line(bill, line, place) for place, line in enumerate(bill.lines, start=1)),
        _agreement(bill),
        _delivery(bill),
        _settlement(bill),
    )
    context = tag("rsm:ExchangedDocumentContext", guideline)
    return document("rsm:CrossIndustryInvoice", _SPACES, context, header, deal)


def _value(name: str, value: object, **attributes: str) -> str:
    return tag(f"ram:{name}", text(value), **attributes)


def _day(day: date) -> str:
    return tag("udt:DateTimeString", day.strftime("%Y%m%d"), format="102")


def _line(bill: Bill, line: Line, place: int) -> str:
    order = tag("ram:BuyerOrderReferencedDocument", _value("LineID", line.order_line))
    price = tag("ram:NetPriceProductTradePrice", _value("ChargeAmount", line.price))
    tax = tag(
        "ram:ApplicableTradeTax",
        _value("TypeCode", "VAT"),
        _value("CategoryCode", category(line.rate, bill.supplier)),
        _value("RateApplicablePercent", line.rate),
    )
    total = tag("ram:SpecifiedTradeSettlementLineMonetarySummation", _value("LineTotalAmount", line.net))
    return tag(
        "ram:IncludedSupplyChainTradeLineItem",
        tag("ram:AssociatedDocumentLineDocument", _value("LineID", str(place))),
        tag("ram:SpecifiedTradeProduct", _value("SellerAssignedID", line.sku), _value("Name", line.name)),
        tag("ram:SpecifiedLineTradeAgreement", order, price),
        tag("ram:SpecifiedLineTradeDelivery", tag("ram:BilledQuantity", number(line.quantity), unitCode=line.unit)),
        tag("ram:SpecifiedLineTradeSettlement", tax, total),
    )


def _party(name: str, party: Company) -> str:
    address = tag(
        "ram:PostalTradeAddress",
        _value("PostcodeCode", party.zip),
        _value("LineOne", party.street),
        _value("CityName", party.city),
        _value("CountryID", party.country),
    )
    mail = tag("ram:URIUniversalCommunication", _value("URIID", party.email, schemeID="EM"))
    vat = tag("ram:SpecifiedTaxRegistration", _value("ID", party.vat, schemeID="VA"))
    return tag(f"ram:{name}", _value("Name", party.name), address, mail, vat)


def _agreement(bill: Bill) -> str:
    return tag(
        "ram:ApplicableHeaderTradeAgreement",
        _party("SellerTradeParty", bill.supplier),
        _party("BuyerTradeParty", BUYER),
        tag("ram:BuyerOrderReferencedDocument", _value("IssuerAssignedID", bill.order_reference)),
    )


def _delivery(bill: Bill) -> str:
    event = tag("ram:ActualDeliverySupplyChainEvent", tag("ram:OccurrenceDateTime", _day(bill.issued)))
    return tag("ram:ApplicableHeaderTradeDelivery", event)


def _settlement(bill: Bill) -> str:
    account = tag("ram:PayeePartyCreditorFinancialAccount", _value("IBANID", bill.iban))
    means = tag("ram:SpecifiedTradeSettlementPaymentMeans", _value("TypeCode", "30"), account)
    due = tag("ram:SpecifiedTradePaymentTerms", tag("ram:DueDateDateTime", _day(bill.due)))
    totals = tag(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _value("LineTotalAmount", bill.net),
        _value("TaxBasisTotalAmount", bill.net),
        _value("TaxTotalAmount", bill.tax, currencyID=bill.currency),
        _value("GrandTotalAmount", bill.gross),
        _value("DuePayableAmount", bill.gross),
    )
    earlier = tag("ram:InvoiceReferencedDocument", _value("IssuerAssignedID", bill.preceding))
    return tag(
        "ram:ApplicableHeaderTradeSettlement",
        _value("PaymentReference", bill.number),
        _value("InvoiceCurrencyCode", bill.currency),
        means,
        *_taxes(bill),
        due,
        totals,
        earlier,
    )


def _taxes(bill: Bill) -> list[str]:
    made: list[str] = []
    for rate, base, tax in bill.taxes:
        code = category(rate, bill.supplier)
        reason = {"K": "Intra-community supply", "G": "Export outside the EU"}.get(code)
        made.append(
            tag(
                "ram:ApplicableTradeTax",
                _value("CalculatedAmount", tax),
                _value("TypeCode", "VAT"),
                _value("ExemptionReason", reason),
                _value("BasisAmount", base),
                _value("CategoryCode", code),
                _value("RateApplicablePercent", rate),
            )
        )
    return made
