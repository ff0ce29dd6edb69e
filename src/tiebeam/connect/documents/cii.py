"""UN/CEFACT Cross Industry Invoice (D16B, Factur-X, ZUGFeRD 2, XRechnung) and its elder, ZUGFeRD 1.0."""

from __future__ import annotations

from decimal import Decimal

from tiebeam.connect.documents.model import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.documents.ubl import per_unit
from tiebeam.connect.documents.xml_tree import Element, Sheet, compact, find, find_all, local_name, text_of

_DAY = "DateTimeString"


def is_zugferd_1(root: Element) -> bool:
    return local_name(root) == "CrossIndustryDocument"


def read_cii(root: Element, *, sheet: Sheet) -> Invoice:
    old = is_zugferd_1(root)
    header = find(root, "HeaderExchangedDocument" if old else "ExchangedDocument")
    deal = find(root, "SpecifiedSupplyChainTradeTransaction" if old else "SupplyChainTradeTransaction")
    part = "ApplicableSupplyChainTrade" if old else "ApplicableHeaderTrade"
    agreement, settlement = find(deal, f"{part}Agreement"), find(deal, f"{part}Settlement")
    totals = find(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    if totals is None:
        totals = find(settlement, "SpecifiedTradeSettlementMonetarySummation")
    currency = sheet.text(settlement, "InvoiceCurrencyCode", field="currency")
    lines = find_all(deal, "IncludedSupplyChainTradeLineItem")
    return Invoice(
        syntax="ZUGFeRD1" if old else "CII",
        number=sheet.text(header, "ID", field="number"),
        issue_date=sheet.day(header, f"IssueDateTime/{_DAY}", "IssueDateTime/DateTime", field="issue_date"),
        due_date=sheet.day(
            settlement,
            f"SpecifiedTradePaymentTerms/DueDateDateTime/{_DAY}",
            "SpecifiedTradePaymentTerms/DueDateDateTime/DateTime",
            field="due_date",
        ),
        type_code=sheet.text(header, "TypeCode", field="type_code"),
        currency=currency,
        seller=_party(find(agreement, "SellerTradeParty"), sheet=sheet, role="seller"),
        buyer=_party(find(agreement, "BuyerTradeParty"), sheet=sheet, role="buyer"),
        order_reference=_document_id(agreement, "BuyerOrderReferencedDocument", sheet=sheet, field="order_reference"),
        buyer_reference=sheet.text(agreement, "BuyerReference", field="buyer_reference"),
        net=sheet.amount(totals, "TaxBasisTotalAmount", field="net"),
        tax=_tax(totals, currency=currency, sheet=sheet),
        gross=sheet.amount(totals, "GrandTotalAmount", field="gross"),
        payable=sheet.amount(totals, "DuePayableAmount", field="payable"),
        ibans=_accounts(settlement, sheet=sheet),
        lines=tuple(_line(line, sheet=sheet, number=place) for place, line in enumerate(lines)),
        tax_subtotals=tuple(_subtotal(tax, sheet=sheet) for tax in find_all(settlement, "ApplicableTradeTax")),
        allowance_total=sheet.amount(totals, "AllowanceTotalAmount"),
        charge_total=sheet.amount(totals, "ChargeTotalAmount"),
        preceding_invoices=_preceding(settlement, sheet=sheet),
        notes=tuple(t for t in (text_of(e) for e in find_all(header, "IncludedNote/Content")) if t),
    )


def _document_id(parent: Element | None, name: str, *, sheet: Sheet, field: str | None = None) -> str | None:
    return sheet.text(parent, f"{name}/IssuerAssignedID", f"{name}/ID", field=field)


def _preceding(settlement: Element | None, *, sheet: Sheet) -> tuple[str, ...]:
    documents = find_all(settlement, "InvoiceReferencedDocument")
    ids = (sheet.text(document, "IssuerAssignedID", "ID") for document in documents)
    return tuple(number for number in ids if number)


def _tax(totals: Element | None, *, currency: str | None, sheet: Sheet) -> Decimal | None:
    """The total may be repeated in the accounting currency; the invoice's own currency counts."""
    amounts = find_all(totals, "TaxTotalAmount")
    own = [amount for amount in amounts if amount.get("currencyID") in {currency, None}]
    for amount in (*own, *amounts):
        value = text_of(amount)
        if value is not None:
            sheet.note("tax", amount, value)
            return sheet.decimal(value, what="TaxTotalAmount")
    return None


def _party(party: Element | None, *, sheet: Sheet, role: str) -> Party:
    return Party(
        name=sheet.text(party, "Name", field=f"{role}.name"),
        vat_id=_tax_id(party, sheet=sheet, role=role),
        country=sheet.text(party, "PostalTradeAddress/CountryID"),
        email=_email(party, sheet=sheet),
    )


def _tax_id(party: Element | None, *, sheet: Sheet, role: str) -> str | None:
    ids = find_all(party, "SpecifiedTaxRegistration/ID")
    vat = [element for element in ids if element.get("schemeID") == "VA"]
    for element in (*vat, *ids):
        value = compact(text_of(element))
        if value:
            sheet.note(f"{role}.vat_id", element, value)
            return value
    return None


def _email(party: Element | None, *, sheet: Sheet) -> str | None:
    email = sheet.text(party, "DefinedTradeContact/EmailURIUniversalCommunication/URIID")
    if email:
        return email
    address = find(party, "URIUniversalCommunication/URIID")
    return text_of(address) if address is not None and address.get("schemeID") == "EM" else None


def _accounts(settlement: Element | None, *, sheet: Sheet) -> tuple[str, ...]:
    accounts: list[str] = []
    for means in find_all(settlement, "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount"):
        value = sheet.text(means, "IBANID", "ProprietaryID", field="ibans")
        account = compact(value)
        if account and account not in accounts:
            accounts.append(account)
    return tuple(accounts)


def _line(line: Element, *, sheet: Sheet, number: int) -> InvoiceLine:
    """Both generations: `SpecifiedLineTrade…` and ZUGFeRD 1's `SpecifiedSupplyChainTrade…`."""
    sections = {
        section: _first(line, f"SpecifiedLineTrade{section}", f"SpecifiedSupplyChainTrade{section}")
        for section in ("Agreement", "Delivery", "Settlement")
    }
    agreement, settlement = sections["Agreement"], sections["Settlement"]
    price = find(agreement, "NetPriceProductTradePrice")
    quantity = find(sections["Delivery"], "BilledQuantity")
    product = find(line, "SpecifiedTradeProduct")
    return InvoiceLine(
        id=sheet.text(line, "AssociatedDocumentLineDocument/LineID"),
        name=sheet.text(product, "Name", "Description"),
        sku=sheet.text(product, "SellerAssignedID"),
        quantity=sheet.amount(sections["Delivery"], "BilledQuantity"),
        unit=None if quantity is None else quantity.get("unitCode"),
        unit_price=per_unit(sheet.amount(price, "ChargeAmount"), base=sheet.amount(price, "BasisQuantity")),
        net=sheet.amount(
            settlement,
            "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
            "SpecifiedTradeSettlementMonetarySummation/LineTotalAmount",
            field=f"lines[{number}].net",
        ),
        tax_rate=sheet.amount(
            settlement, "ApplicableTradeTax/RateApplicablePercent", "ApplicableTradeTax/ApplicablePercent"
        ),
        order_line=sheet.text(agreement, "BuyerOrderReferencedDocument/LineID"),
        order_reference=_document_id(agreement, "BuyerOrderReferencedDocument", sheet=sheet),
    )


def _first(parent: Element, *paths: str) -> Element | None:
    for path in paths:
        element = find(parent, path)
        if element is not None:
            return element
    return None


def _subtotal(tax: Element, *, sheet: Sheet) -> TaxSubtotal:
    return TaxSubtotal(
        rate=sheet.amount(tax, "RateApplicablePercent", "ApplicablePercent"),
        category=sheet.text(tax, "CategoryCode"),
        taxable=sheet.amount(tax, "BasisAmount"),
        tax=sheet.amount(tax, "CalculatedAmount"),
    )
