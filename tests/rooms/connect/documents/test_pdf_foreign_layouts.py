"""Habits of other people's layouts, each on the smallest page that shows it."""

# ids: CA-05

from __future__ import annotations

from decimal import Decimal

import pytest
from fpdf import FPDF

from tests.builders.pdf_invoices import FONTS
from tiebeam.connect.documents import Invoice, read_bytes

Item = tuple[float, float, str]

_HEAD: list[Item] = [
    (50, 50, "Halvorsen Pumpen GmbH"),
    (50, 62, "Am Deich 4"),
    (50, 74, "26721 Emden"),
    (50, 86, "USt-IdNr. DE871154545"),
    (50, 130, "Rechnungsnummer: 26/09791"),
    (50, 142, "Rechnungsdatum: 12.03.2026"),
    (50, 154, "Bestellnummer: 4500012345"),
]
_TABLE: list[Item] = [
    (50, 250, "Pos."),
    (80, 250, "Art.-Nr."),
    (150, 250, "Bezeichnung"),
    (320, 250, "Menge"),
    (380, 250, "Einzelpreis"),
    (450, 250, "MwSt. %"),
    (510, 250, "Betrag"),
]
_ROW: list[Item] = [
    (50, 266, "1"),
    (80, 266, "GL-40-XL"),
    (150, 266, "Dichtring"),
    (320, 266, "10 Stk"),
    (380, 266, "50,00"),
    (450, 266, "19"),
    (510, 266, "500,00"),
]
_TOTALS: list[Item] = [
    (400, 320, "Nettobetrag"),
    (500, 320, "500,00 EUR"),
    (400, 334, "MwSt. 19%"),
    (500, 334, "95,00 EUR"),
    (400, 348, "Gesamtbetrag"),
    (500, 348, "595,00 EUR"),
]


def _pdf(items: list[Item]) -> bytes:
    if not FONTS[2].exists():
        pytest.skip("needs the Liberation Sans font")
    pdf = FPDF(unit="pt", format="A4")
    pdf.add_font("own", "", str(FONTS[2]))
    pdf.add_page()
    pdf.set_auto_page_break(False)
    pdf.set_font("own", "", 9)
    for x, y, text in items:
        pdf.text(x, y, text)
    return bytes(pdf.output())


def _read(*groups: list[Item]) -> Invoice:
    result = read_bytes(_pdf([item for group in groups for item in group]), name="invoice.pdf")
    assert result.invoice is not None, result.error
    return result.invoice


def _without(items: list[Item], *texts: str) -> list[Item]:
    assert all(any(text == item[2] for item in items) for text in texts)
    return [item for item in items if item[2] not in texts]


def _line(invoice: Invoice) -> tuple[object, ...]:
    (line,) = invoice.lines
    return line.sku, line.name, line.quantity, line.unit_price, line.net, line.tax_rate


_WHOLE = ("GL-40-XL", "Dichtring", Decimal(10), Decimal("50.00"), Decimal("500.00"), Decimal(19))


def test_a_plain_page_is_read() -> None:
    assert _line(_read(_HEAD, _TABLE, _ROW, _TOTALS)) == _WHOLE


def test_a_label_just_above_the_table_is_not_part_of_its_heading() -> None:
    assert _line(_read(_HEAD, [(380, 238, "Unser Zeichen: M. Novak")], _TABLE, _ROW, _TOTALS)) == _WHOLE


def test_an_article_number_broken_between_two_lines_is_whole() -> None:
    row = [*_without(_ROW, "GL-40-XL"), (80, 266, "GL-40-"), (80, 277, "XL")]
    assert _line(_read(_HEAD, _TABLE, row, _TOTALS)) == _WHOLE


def test_an_article_number_in_brackets_behind_the_description_is_taken_out() -> None:
    table, row = _without(_TABLE, "Art.-Nr."), _without(_ROW, "GL-40-XL", "Dichtring")
    row.append((150, 266, "Dichtring (Art.-Nr. GL-40-XL)"))
    assert _line(_read(_HEAD, table, row, _TOTALS)) == _WHOLE


def test_item_beside_a_description_column_is_the_article_number() -> None:
    table = [*_without(_TABLE, "Art.-Nr."), (80, 250, "Artikel")]
    assert _line(_read(_HEAD, table, _ROW, _TOTALS)) == _WHOLE


def test_a_tax_that_does_not_follow_from_its_rate_is_still_read_from_a_summary() -> None:
    totals: list[Item] = [
        (400, 320, "Nettobetrag"),
        (500, 320, "500,00 EUR"),
        (380, 340, "Steuersatz"),
        (440, 340, "Basis"),
        (500, 340, "Steuer"),
        (380, 352, "19 %"),
        (440, 352, "500,00"),
        (500, 352, "104,00"),
        (400, 380, "Gesamtbetrag"),
        (500, 380, "604,00 EUR"),
    ]
    invoice = _read(_HEAD, _TABLE, _ROW, totals)
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("500.00"), Decimal("104.00"), Decimal("604.00"))


def test_lines_that_multiply_but_miss_the_total_are_the_senders_mistake() -> None:
    totals = [(x, y, text.replace("500,00", "510,00").replace("595,00", "605,00")) for x, y, text in _TOTALS]
    invoice = _read(_HEAD, _TABLE, _ROW, totals)
    assert _line(invoice) == _WHOLE
    assert "The lines do not add up to the printed totals." in invoice.warnings


def test_a_sender_in_the_footer_is_told_from_an_addressee_without_a_heading() -> None:
    """The window address carries no label; the footer names the sender beside the registrations."""
    head: list[Item] = [
        (50, 100, "Steinfeld Apparatebau GmbH"),
        (50, 112, "Werkstraße 88"),
        (50, 124, "38112 Braunschweig"),
        *[item for item in _HEAD if item[1] > 100],
    ]
    footer: list[Item] = [
        (50, 790, "Halvorsen Pumpen GmbH · Am Deich 4 · 26721 Emden"),
        (50, 800, "Amtsgericht Aurich HRB 200113 · USt-IdNr. DE871154545"),
    ]
    invoice = _read(head, _TABLE, _ROW, _TOTALS, footer)
    assert (invoice.seller.name, invoice.seller.vat_id) == ("Halvorsen Pumpen GmbH", "DE871154545")


def test_an_account_broken_between_two_lines_is_whole() -> None:
    footer: list[Item] = [(50, 790, "IBAN: DE02 1203 0000 0000"), (50, 801, "2020 51")]
    assert _read(_HEAD, _TABLE, _ROW, _TOTALS, footer).ibans == ("DE02120300000000202051",)


def test_an_account_broken_at_the_end_of_a_footer_is_one_account() -> None:
    footer: list[Item] = [
        (50, 790, "Halvorsen Pumpen GmbH · Bankverbindung: Stadtbank · IBAN DE02 1203 0000 0000"),
        (50, 799, "2020 51 · BIC STADDEFF"),
    ]
    assert _read(_HEAD, _TABLE, _ROW, _TOTALS, footer).ibans == ("DE02120300000000202051",)


def test_a_vat_id_broken_between_two_lines_is_whole() -> None:
    head = [*_without(_HEAD, "USt-IdNr. DE871154545"), (50, 86, "USt-IdNr. DE871154"), (50, 97, "545")]
    assert _read(head, _TABLE, _ROW, _TOTALS).seller.vat_id == "DE871154545"


def test_a_buyers_reference_with_a_number_stands_in_for_the_order() -> None:
    head = [*_without(_HEAD, "Bestellnummer: 4500012345"), (50, 154, "Ihr Zeichen: EK827674")]
    assert _read(head, _TABLE, _ROW, _TOTALS).order_reference == "EK827674"


def test_a_label_that_touches_its_value_ends_at_the_colon() -> None:
    head = [*_without(_HEAD, "Bestellnummer: 4500012345"), (50, 154, "Bestellnummer:EK827674")]
    assert _read(head, _TABLE, _ROW, _TOTALS).order_reference == "EK827674"


def test_a_credit_note_names_the_invoice_it_takes_back() -> None:
    head = [(50, 115, "Gutschrift zu Rechnung RE-4711 vom 01.03.2026"), *_HEAD]
    invoice = _read(head, _TABLE, _ROW, _TOTALS)
    assert (invoice.type_code, invoice.preceding_invoices) == ("381", ("RE-4711",))


def test_a_polish_page_is_read() -> None:
    invoice = _read(
        [
            (50, 50, "Hurtownia Wisła Sp. z o.o."),
            (50, 62, "NIP PL3338657424"),
            (50, 100, "Faktura nr: FV/26/1004"),
            (50, 112, "Data wystawienia: 12.03.2026"),
            (50, 124, "Numer zamówienia: PO#21-4114"),
            (50, 150, "Nabywca: Steinfeld Apparatebau GmbH"),
            (50, 250, "Lp."),
            (80, 250, "Indeks"),
            (150, 250, "Nazwa towaru"),
            (320, 250, "Ilość"),
            (350, 250, "J.m."),
            (380, 250, "Cena netto"),
            (450, 250, "VAT %"),
            (490, 250, "Wartość netto"),
            (50, 266, "1"),
            (80, 266, "GL-40-XL"),
            (150, 266, "Dichtring"),
            (320, 266, "10"),
            (350, 266, "szt."),
            (380, 266, "50,00"),
            (450, 266, "19"),
            (490, 266, "500,00"),
            (400, 320, "Razem netto"),
            (500, 320, "500,00 zł"),
            (400, 334, "VAT 19%"),
            (500, 334, "95,00 zł"),
            (400, 348, "Do zapłaty"),
            (500, 348, "595,00 zł"),
        ]
    )
    assert _line(invoice) == _WHOLE
    assert (invoice.number, invoice.order_reference, invoice.currency) == ("FV/26/1004", "PO#21-4114", "PLN")
