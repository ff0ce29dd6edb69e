"""Printed invoices: three looks, six languages, and one page that is only a picture."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, time

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image, ImageDraw, ImageFont
from tools.harbour_tools.company import BUYER
from tools.harbour_tools.facts import Bill
from tools.harbour_tools.words import LANGUAGES, Words, unit_word

_WIDTHS = (11, 30, 58, 18, 16, 25, 24)
_MARGIN = 14
_BAND = {"fr": (36, 62, 102), "ch": (150, 30, 36)}


class _Page:
    """A sheet with the habits of one sender."""

    def __init__(self, bill: Bill, style: str) -> None:
        self.bill = bill
        self.style = style
        self.words: Words = LANGUAGES[bill.supplier.language]
        self.font = {"letter": "Helvetica", "band": "Helvetica", "plain": "Times"}[style]
        self.pdf = FPDF(format="A4")
        self.pdf.set_creation_date(datetime.combine(bill.issued, time(9), tzinfo=UTC))
        self.pdf.set_title(f"{self.words.title} {bill.number}")
        self.pdf.set_author(bill.supplier.name)
        self.pdf.set_producer("made for Harbour Tools")
        self.pdf.set_margin(_MARGIN)
        self.pdf.add_page()

    def write(self, text: str, *, size: float = 9.5, bold: bool = False, align: str = "L", height: float = 4.8) -> None:
        self.pdf.set_font(self.font, style="B" if bold else "", size=size)
        self.pdf.cell(0, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pair(self, label: str, value: str, *, left: float, width: float = 38) -> None:
        self.pdf.set_x(left)
        self.pdf.set_font(self.font, size=9.5)
        self.pdf.cell(width, 5, label)
        self.pdf.cell(0, 5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def make(self) -> bytes:
        self._head()
        self._facts()
        self._table()
        self._sums()
        self._foot()
        return bytes(self.pdf.output())

    def _head(self) -> None:
        seller = self.bill.supplier
        address = f"{seller.street}, {seller.zip} {seller.city}, {seller.country}"
        if self.style == "band":
            self.pdf.set_fill_color(*_BAND.get(seller.language, (20, 90, 80)))
            self.pdf.rect(0, 0, 210, 26, style="F")
            self.pdf.set_text_color(255, 255, 255)
            self.pdf.set_y(8)
            self.write(seller.name, size=16, bold=True, height=7)
            self.write(address, size=8.5)
            self.pdf.set_text_color(0, 0, 0)
            self.pdf.ln(8)
        else:
            self.write(seller.name, size=15, bold=True, height=7)
            self.write(address)
        self.write(f"{self.words.vat_id} {seller.vat}")
        self.pdf.ln(6)

    def _facts(self) -> None:
        bill, words = self.bill, self.words
        self.write(words.buyer, size=8)
        for line in (BUYER.name, BUYER.street, f"{BUYER.zip} {BUYER.city}"):
            self.write(line)
        self.pdf.ln(6)
        self.write(words.credit_title if bill.is_credit else words.title, size=14, bold=True, height=8)
        left = 110 if self.style == "letter" else _MARGIN
        rows = [
            (words.credit_number if bill.is_credit else words.number, bill.number),
            (words.issued, words.date(bill.issued)),
        ]
        if not bill.is_credit:
            rows.append((words.due, words.date(bill.due)))
        if bill.order_reference:
            rows.append((words.order, bill.order_reference))
        if bill.preceding:
            rows.append((words.preceding, bill.preceding))
        if bill.period:
            rows.append((words.period, bill.period))
        for label, value in rows:
            self.pair(label, value, left=left)
        self.pdf.ln(5)

    def _row(self, cells: tuple[str, ...], *, bold: bool = False, border: str = "") -> None:
        self.pdf.set_font(self.font, style="B" if bold else "", size=8.5)
        for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True)):
            align = "R" if place in {3, 5, 6} else "L"
            self.pdf.cell(width, 6, cell, border=border or 0, align=align)
        self.pdf.ln(6)

    def _table(self) -> None:
        words = self.words
        border = {"letter": "", "band": "B", "plain": "LTRB"}[self.style]
        self._row(words.columns, bold=True, border="B" if self.style == "letter" else border)
        for place, line in enumerate(self.bill.lines, start=1):
            name = line.name if len(line.name) <= 38 else line.name[:37].rstrip(" ,") + "."
            cells = (
                str(place),
                line.sku or "",
                name,
                words.count(line.quantity),
                unit_word(line.unit, language=self.bill.supplier.language),
                words.money(line.price),
                words.money(line.net),
            )
            self._row(cells, border=border)
        self.pdf.ln(4)

    def _sum(self, label: str, value: str, *, bold: bool = False) -> None:
        self.pdf.set_font(self.font, style="B" if bold else "", size=9.5)
        self.pdf.set_x(110)
        self.pdf.cell(48, 5.4, label)
        self.pdf.cell(0, 5.4, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _sums(self) -> None:
        bill, words = self.bill, self.words
        self._sum(words.net, f"{words.money(bill.net)} {bill.currency}")
        for rate, _, tax in bill.taxes:
            self._sum(f"{words.tax} {rate:f} %", f"{words.money(tax)} {bill.currency}")
        self._sum(words.gross, f"{words.money(bill.gross)} {bill.currency}", bold=True)
        if self.style != "letter":
            self._sum(words.payable, f"{words.money(bill.gross)} {bill.currency}", bold=True)
        self.pdf.ln(8)
        if not any(rate for rate, _, _ in bill.taxes):
            self.write(words.no_tax, size=8.5)

    def _foot(self) -> None:
        seller = self.bill.supplier
        self.pdf.ln(4)
        if not self.bill.is_credit:
            spaced = " ".join(self.bill.iban[start : start + 4] for start in range(0, len(self.bill.iban), 4))
            bank = f"   BIC: {seller.bic}" if seller.bic else ""
            self.write(f"{self.words.account}: {spaced}{bank}")
        self.write(f"{seller.email}   Tel. {seller.phone}", size=8)


def page_pdf(bill: Bill, *, style: str) -> bytes:
    return _Page(bill, style).make()


def scan_pdf(bill: Bill) -> bytes:
    """The printed page as a slightly crooked, speckled picture without any text."""
    words = LANGUAGES[bill.supplier.language]
    image = Image.new("L", (1240, 1754), 250)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=30)
    rows = [bill.supplier.name, bill.supplier.street, "", f"{words.title} {bill.number}", words.date(bill.issued), ""]
    rows += [f"{line.name}   {words.count(line.quantity)}   {words.money(line.net)}" for line in bill.lines]
    rows += ["", f"{words.gross}   {words.money(bill.gross)} {bill.currency}", bill.iban]
    for place, row in enumerate(rows):
        draw.text((130, 160 + place * 62), row, fill=40, font=font)
    specks = random.Random(bill.number)
    for _ in range(900):
        draw.point((specks.randrange(1240), specks.randrange(1754)), fill=specks.randrange(90, 200))
    crooked = image.rotate(0.8, fillcolor=250).convert("1", dither=Image.Dither.NONE)
    stored = io.BytesIO()
    crooked.save(stored, format="PNG", optimize=True)
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.combine(bill.received, time(9), tzinfo=UTC))
    pdf.set_producer("scanner")
    pdf.add_page()
    pdf.image(io.BytesIO(stored.getvalue()), x=0, y=0, w=210)
    return bytes(pdf.output())
