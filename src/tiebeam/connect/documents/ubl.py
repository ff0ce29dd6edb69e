"""UBL 2.1 Invoice and CreditNote as in EN 16931, Peppol BIS Billing and XRechnung."""

from __future__ import annotations

import re
from decimal import Decimal

from tiebeam.connect.documents.model import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.documents.xml_tree import Element, Sheet, compact, find, find_all, local_name, text_of

_NOTE_SUBJECT = re.compile(r"^#[A-Z]{3}#")


def read_ubl(root: Element, *, sheet: Sheet) -> Invoice:
    is_credit_note = local_name(root) == "CreditNote"
    currency = sheet.text(root, "DocumentCurrencyCode", field="currency")
    totals = find(root, "LegalMonetaryTotal")
    tax_total = _tax_total(root, currency=currency)
    lines = find_all(root, "CreditNoteLine" if is_credit_note else "InvoiceLine")
    return Invoice(
        syntax="UBL",
        number=sheet.text(root, "ID", field="number"),
        issue_date=sheet.day(root, "IssueDate", field="issue_date"),
        due_date=sheet.day(root, "DueDate", "PaymentMeans/PaymentDueDate", field="due_date"),
        type_code=sheet.text(root, "InvoiceTypeCode", "CreditNoteTypeCode", field="type_code")
        or ("381" if is_credit_note else None),
        currency=currency,
        seller=_party(find(root, "AccountingSupplierParty/Party"), sheet=sheet, role="seller"),
        buyer=_party(find(root, "AccountingCustomerParty/Party"), sheet=sheet, role="buyer"),
        order_reference=sheet.text(root, "OrderReference/ID", field="order_reference"),
        buyer_reference=sheet.text(root, "BuyerReference", field="buyer_reference"),
        net=sheet.amount(totals, "TaxExclusiveAmount", field="net"),
        tax=sheet.amount(tax_total, "TaxAmount", field="tax"),
        gross=sheet.amount(totals, "TaxInclusiveAmount", field="gross"),
        payable=sheet.amount(totals, "PayableAmount", field="payable"),
        ibans=_accounts(root, sheet=sheet),
        lines=tuple(_line(line, sheet=sheet, number=place) for place, line in enumerate(lines)),
        tax_subtotals=tuple(_subtotal(part, sheet=sheet) for part in find_all(tax_total, "TaxSubtotal")),
        allowance_total=sheet.amount(totals, "AllowanceTotalAmount"),
        charge_total=sheet.amount(totals, "ChargeTotalAmount"),
        preceding_invoices=_texts(root, "BillingReference/InvoiceDocumentReference/ID"),
        notes=tuple(_NOTE_SUBJECT.sub("", note).strip() for note in _texts(root, "Note")),
        warnings=(),
    )


def _texts(root: Element, path: str) -> tuple[str, ...]:
    return tuple(text for text in (text_of(element) for element in find_all(root, path)) if text)


def _accounts(root: Element, *, sheet: Sheet) -> tuple[str, ...]:
    accounts: list[str] = []
    for element in find_all(root, "PaymentMeans/PayeeFinancialAccount/ID"):
        account = compact(text_of(element))
        if account and account not in accounts:
            sheet.note("ibans", element, text_of(element) or "")
            accounts.append(account)
    return tuple(accounts)


def _tax_total(root: Element, *, currency: str | None) -> Element | None:
    """A document may repeat the tax in the seller's accounting currency; the invoice's own currency counts."""
    totals = find_all(root, "TaxTotal")
    for total in totals:
        amount = find(total, "TaxAmount")
        if amount is not None and amount.get("currencyID") == currency:
            return total
    return totals[0] if totals else None


def _party(party: Element | None, *, sheet: Sheet, role: str) -> Party:
    return Party(
        name=sheet.text(party, "PartyLegalEntity/RegistrationName", "PartyName/Name", field=f"{role}.name"),
        vat_id=_tax_id(party, sheet=sheet, role=role),
        country=sheet.text(party, "PostalAddress/Country/IdentificationCode"),
        email=_email(party, sheet=sheet),
    )


def _tax_id(party: Element | None, *, sheet: Sheet, role: str) -> str | None:
    schemes = find_all(party, "PartyTaxScheme")
    vat = [scheme for scheme in schemes if (text_of(find(scheme, "TaxScheme/ID")) or "").upper() == "VAT"]
    for scheme in (*vat, *schemes):
        value = compact(sheet.text(scheme, "CompanyID", field=f"{role}.vat_id"))
        if value:
            return value
    return None


def _email(party: Element | None, *, sheet: Sheet) -> str | None:
    email = sheet.text(party, "Contact/ElectronicMail")
    if email:
        return email
    endpoint = find(party, "EndpointID")
    return text_of(endpoint) if endpoint is not None and endpoint.get("schemeID") == "EM" else None


def _line(line: Element, *, sheet: Sheet, number: int) -> InvoiceLine:
    item = find(line, "Item")
    quantity = find(line, "InvoicedQuantity")
    if quantity is None:
        quantity = find(line, "CreditedQuantity")
    tax_rate = sheet.amount(item, "ClassifiedTaxCategory/Percent")
    return InvoiceLine(
        id=sheet.text(line, "ID"),
        name=sheet.text(item, "Name", "Description"),
        sku=sheet.text(item, "SellersItemIdentification/ID"),
        quantity=sheet.amount(line, "InvoicedQuantity", "CreditedQuantity"),
        unit=None if quantity is None else quantity.get("unitCode"),
        unit_price=_unit_price(find(line, "Price"), sheet=sheet),
        net=sheet.amount(line, "LineExtensionAmount", field=f"lines[{number}].net"),
        tax_rate=tax_rate,
        order_line=sheet.text(line, "OrderLineReference/LineID"),
        order_reference=sheet.text(line, "OrderLineReference/OrderReference/ID"),
    )


def _unit_price(price: Element | None, *, sheet: Sheet) -> Decimal | None:
    amount = sheet.amount(price, "PriceAmount")
    return per_unit(amount, base=sheet.amount(price, "BaseQuantity"))


def per_unit(amount: Decimal | None, *, base: Decimal | None) -> Decimal | None:
    """The price of one unit; the digits stay as given where the price is already for one."""
    return amount if amount is None or not base or base == 1 else amount / base


def _subtotal(part: Element, *, sheet: Sheet) -> TaxSubtotal:
    return TaxSubtotal(
        rate=sheet.amount(part, "TaxCategory/Percent", "Percent"),
        category=sheet.text(part, "TaxCategory/ID"),
        taxable=sheet.amount(part, "TaxableAmount"),
        tax=sheet.amount(part, "TaxAmount"),
    )
