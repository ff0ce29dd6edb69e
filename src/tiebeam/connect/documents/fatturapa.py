"""FatturaPA, the Italian format: one file may hold several invoices, totals are summed from the tax summary."""

from __future__ import annotations

from decimal import Decimal

from tiebeam.connect.documents.model import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.documents.result import ReadErrorCode, Unreadable
from tiebeam.connect.documents.xml_tree import Element, Sheet, compact, find, find_all, text_of

_TYPE_CODES = {
    "TD01": "380",
    "TD02": "386",
    "TD03": "386",
    "TD04": "381",
    "TD05": "383",
    "TD06": "380",
    "TD07": "380",
    "TD08": "381",
    "TD09": "383",
    "TD16": "389",
    "TD17": "389",
    "TD18": "389",
    "TD19": "389",
    "TD20": "389",
    "TD24": "380",
    "TD25": "380",
    "TD26": "380",
    "TD27": "389",
}
"""TipoDocumento to UNTDID 1001, after the mapping of the Italian core invoice usage specification."""
_CATEGORIES = {"N1": "O", "N2": "O", "N3": "E", "N4": "E", "N5": "E", "N6": "AE", "N7": "O"}


def read_fatturapa(root: Element, *, sheet: Sheet) -> Invoice:
    """Raises Unreadable for a file with several invoices: reading the first would drop the others."""
    header, bodies = find(root, "FatturaElettronicaHeader"), find_all(root, "FatturaElettronicaBody")
    if len(bodies) > 1:
        numbers = [text_of(find(body, "DatiGenerali/DatiGeneraliDocumento/Numero")) or "?" for body in bodies]
        raise Unreadable(
            ReadErrorCode.SEVERAL_INVOICES,
            f"The file holds {len(bodies)} invoices ({', '.join(numbers[:10])}); split it into one file per invoice.",
            found={"numbers": ", ".join(numbers)[:1000]},
            syntax="FatturaElettronica",
        )
    body = bodies[0] if bodies else None
    general = find(body, "DatiGenerali/DatiGeneraliDocumento")
    subtotals = tuple(_subtotal(part, sheet=sheet) for part in find_all(body, "DatiBeniServizi/DatiRiepilogo"))
    net, tax = _total([part.taxable for part in subtotals]), _total([part.tax for part in subtotals])
    gross = sheet.amount(general, "ImportoTotaleDocumento", field="gross")
    if gross is None and net is not None and tax is not None:
        gross = net + tax
        sheet.warnings.append("The total (ImportoTotaleDocumento) is not printed; it is the sum of the tax summary.")
    lines = find_all(body, "DatiBeniServizi/DettaglioLinee")
    orders = find_all(body, "DatiGenerali/DatiOrdineAcquisto")
    return Invoice(
        syntax="FatturaPA",
        number=sheet.text(general, "Numero", field="number"),
        issue_date=sheet.day(general, "Data", field="issue_date"),
        due_date=sheet.day(body, "DatiPagamento/DettaglioPagamento/DataScadenzaPagamento", field="due_date"),
        type_code=_type_code(general, sheet=sheet),
        currency=sheet.text(general, "Divisa", field="currency"),
        seller=_party(find(header, "CedentePrestatore"), sheet=sheet, role="seller"),
        buyer=_party(find(header, "CessionarioCommittente"), sheet=sheet, role="buyer"),
        order_reference=sheet.text(body, "DatiGenerali/DatiOrdineAcquisto/IdDocumento", field="order_reference"),
        buyer_reference=sheet.text(header, "CedentePrestatore/RiferimentoAmministrazione", field="buyer_reference"),
        net=net,
        tax=tax,
        gross=gross,
        payable=_payable(body, gross=gross, sheet=sheet),
        ibans=_accounts(body, sheet=sheet),
        lines=tuple(_line(line, orders=orders, sheet=sheet, number=place) for place, line in enumerate(lines)),
        tax_subtotals=subtotals,
        preceding_invoices=_texts(body, "DatiGenerali/DatiFattureCollegate/IdDocumento"),
        notes=_texts(general, "Causale"),
    )


def _texts(parent: Element | None, path: str) -> tuple[str, ...]:
    return tuple(text for text in (text_of(element) for element in find_all(parent, path)) if text)


def _total(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def _payable(body: Element | None, *, gross: Decimal | None, sheet: Sheet) -> Decimal | None:
    """What the payment section asks for; instalments add up, alternatives (TP02 with one row) stand alone."""
    asked = [sheet.amount(row, "ImportoPagamento") for row in find_all(body, "DatiPagamento/DettaglioPagamento")]
    total = _total(asked)
    return gross if total is None else total


def _type_code(general: Element | None, *, sheet: Sheet) -> str | None:
    printed = sheet.text(general, "TipoDocumento", field="type_code")
    if printed is None:
        return None
    code = _TYPE_CODES.get(printed)
    if code is None:
        sheet.warnings.append(f"The document type {printed!r} is not known; it is taken as an invoice (380).")
    return code or "380"


def _party(party: Element | None, *, sheet: Sheet, role: str) -> Party:
    data = find(party, "DatiAnagrafici")
    name = sheet.text(data, "Anagrafica/Denominazione", field=f"{role}.name")
    if name is None:
        parts = (sheet.text(data, "Anagrafica/Nome"), sheet.text(data, "Anagrafica/Cognome"))
        name = " ".join(part for part in parts if part) or None
    country, code = (
        sheet.text(data, "IdFiscaleIVA/IdPaese"),
        sheet.text(data, "IdFiscaleIVA/IdCodice", field=f"{role}.vat_id"),
    )
    vat_id = compact(code if code is None or country is None or code.startswith(country) else f"{country}{code}")
    return Party(
        name=name,
        vat_id=vat_id or compact(sheet.text(data, "CodiceFiscale", field=f"{role}.vat_id")),
        country=sheet.text(party, "Sede/Nazione"),
        email=sheet.text(party, "Contatti/Email"),
    )


def _accounts(body: Element | None, *, sheet: Sheet) -> tuple[str, ...]:
    accounts = [
        compact(sheet.text(row, "IBAN", field="ibans")) for row in find_all(body, "DatiPagamento/DettaglioPagamento")
    ]
    return tuple(dict.fromkeys(account for account in accounts if account))


def _line(line: Element, *, orders: list[Element], sheet: Sheet, number: int) -> InvoiceLine:
    identifier = sheet.text(line, "NumeroLinea")
    order = next((o for o in orders if identifier in _texts(o, "RiferimentoNumeroLinea")), None)
    return InvoiceLine(
        id=identifier,
        name=sheet.text(line, "Descrizione"),
        sku=sheet.text(line, "CodiceArticolo/CodiceValore"),
        quantity=sheet.amount(line, "Quantita"),
        unit=sheet.text(line, "UnitaMisura"),
        unit_price=sheet.amount(line, "PrezzoUnitario"),
        net=sheet.amount(line, "PrezzoTotale", field=f"lines[{number}].net"),
        tax_rate=sheet.amount(line, "AliquotaIVA"),
        order_line=sheet.text(order, "NumItem"),
        order_reference=sheet.text(order, "IdDocumento"),
    )


def _subtotal(part: Element, *, sheet: Sheet) -> TaxSubtotal:
    nature = sheet.text(part, "Natura")
    rate = sheet.amount(part, "AliquotaIVA")
    category = _CATEGORIES.get(nature[:2]) if nature else "S"
    return TaxSubtotal(
        rate=rate,
        category=category,
        taxable=sheet.amount(part, "ImponibileImporto", field="net"),
        tax=sheet.amount(part, "Imposta", field="tax"),
    )
