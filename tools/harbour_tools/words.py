"""How invoices of each language write their labels, numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    credit_title: str
    number: str
    credit_number: str
    issued: str
    due: str
    order: str
    buyer: str
    columns: tuple[str, str, str, str, str, str, str]
    """position, item, description, quantity, unit, unit price, net."""
    net: str
    tax: str
    gross: str
    payable: str
    vat_id: str
    account: str
    period: str
    preceding: str
    no_tax: str
    thousands: str
    decimal: str
    day: str
    """strftime form."""

    def money(self, amount: Decimal, *, places: int = 2) -> str:
        plain = f"{amount:,.{max(places, _places(amount))}f}"
        return plain.replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)

    def count(self, quantity: Decimal) -> str:
        return self.money(quantity, places=0)

    def date(self, day: date) -> str:
        return day.strftime(self.day)


def _places(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -int(exponent))


_GERMAN = Words(
    "Rechnung",
    "Gutschrift",
    "Rechnungsnummer",
    "Gutschriftsnummer",
    "Rechnungsdatum",
    "Fällig am",
    "Ihre Bestellung",
    "Rechnungsempfänger",
    ("Pos.", "Artikelnr.", "Bezeichnung", "Menge", "Einheit", "Einzelpreis", "Betrag"),
    "Nettobetrag",
    "USt.",
    "Gesamtbetrag",
    "Zahlbetrag",
    "USt-IdNr.",
    "IBAN",
    "Leistungszeitraum",
    "Zu Rechnung",
    "Steuerfrei",
    ".",
    ",",
    "%d.%m.%Y",
)
_SWISS = Words(
    "Rechnung",
    "Gutschrift",
    "Rechnungs-Nr.",
    "Gutschrift-Nr.",
    "Rechnungsdatum",
    "Zahlbar bis",
    "Ihre Bestellung",
    "Rechnungsadresse",
    ("Pos.", "Art.-Nr.", "Bezeichnung", "Menge", "Einh.", "Preis", "Betrag"),
    "Nettobetrag",
    "MwSt",
    "Rechnungsbetrag",
    "Zu zahlen",
    "UID",
    "IBAN",
    "Leistungszeitraum",
    "Zu Rechnung",
    "Export, steuerfrei",
    "'",
    ".",
    "%d.%m.%Y",
)
_ENGLISH = Words(
    "Invoice",
    "Credit note",
    "Invoice number",
    "Credit note number",
    "Invoice date",
    "Due date",
    "Your order",
    "Bill to",
    ("Line", "Item no.", "Description", "Qty", "Unit", "Unit price", "Net"),
    "Net total",
    "VAT",
    "Total",
    "Amount due",
    "VAT ID",
    "IBAN",
    "Service period",
    "For invoice",
    "Zero rated",
    ",",
    ".",
    "%d %b %Y",
)
_FRENCH = Words(
    "Facture",
    "Avoir",
    "Facture n°",
    "Avoir n°",
    "Date de facture",
    "Échéance",
    "Votre commande",
    "Adresse de facturation",
    ("Pos.", "Réf.", "Désignation", "Qté", "Unité", "PU HT", "Montant HT"),
    "Total HT",
    "TVA",
    "Total TTC",
    "Net à payer",
    "N° TVA",
    "IBAN",
    "Période",
    "Facture d'origine",
    "Exonération art. 262 ter I CGI",
    " ",
    ",",
    "%d/%m/%Y",
)
_DUTCH = Words(
    "Factuur",
    "Creditnota",
    "Factuurnummer",
    "Creditnotanummer",
    "Factuurdatum",
    "Vervaldatum",
    "Uw bestelling",
    "Factuuradres",
    ("Pos.", "Artikelnr.", "Omschrijving", "Aantal", "Eenheid", "Prijs", "Bedrag"),
    "Subtotaal",
    "BTW",
    "Totaalbedrag",
    "Te betalen",
    "BTW-nummer",
    "IBAN",
    "Periode",
    "Bij factuur",
    "Intracommunautaire levering",
    ".",
    ",",
    "%d-%m-%Y",
)
_ITALIAN = Words(
    "Fattura",
    "Nota di credito",
    "Fattura n.",
    "Nota di credito n.",
    "Data fattura",
    "Scadenza",
    "Vostro ordine",
    "Destinatario",
    ("Pos.", "Codice", "Descrizione", "Quantità", "U.M.", "Prezzo", "Importo"),
    "Imponibile",
    "IVA",
    "Totale fattura",
    "Totale da pagare",
    "Partita IVA",
    "IBAN",
    "Periodo",
    "Rif. fattura",
    "Non imponibile art. 41",
    ".",
    ",",
    "%d/%m/%Y",
)

LANGUAGES = {"de": _GERMAN, "ch": _SWISS, "en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "it": _ITALIAN}
_UNITS = {
    "de": {"H87": "Stk", "C62": "Stk", "KGM": "kg", "MIL": "Tsd", "RO": "Rolle", "HUR": "Std", "MON": "Mon"},
    "ch": {"H87": "Stk"},
    "en": {"H87": "pcs", "C62": "pcs", "MON": "month"},
    "fr": {"H87": "pce"},
    "nl": {},
    "it": {"H87": "pz"},
}


def unit_word(code: str, *, language: str) -> str:
    return _UNITS[language].get(code, code)
