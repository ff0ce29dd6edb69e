"""A page to write on, in the language and the layout of one invoice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from fpdf import FPDF

from tests.builders.pdf_invoices.layouts import FONTS, Layout
from tests.builders.pdf_invoices.truth import Sample


@dataclass
class Canvas:
    sample: Sample
    layout: Layout
    pdf: FPDF = field(default_factory=lambda: FPDF(unit="pt", format="A4"))
    family: str = "Helvetica"
    is_unicode: bool = False

    def __post_init__(self) -> None:
        fonts = [font for font in FONTS if font.exists()]
        if self.layout.font >= 2 and len(fonts) > self.layout.font - 2:
            self.pdf.add_font("own", "", str(fonts[self.layout.font - 2]))
            self.family, self.is_unicode = "own", True
        elif self.layout.font == 1:
            self.family = "Times"
        self.pdf.set_auto_page_break(False)
        self.pdf.add_page()

    def put(
        self, x: float, y: float, text: str, *, width: float = 0, align: str = "L", size: float | None = None
    ) -> None:
        self.pdf.set_font(self.family, "", size or self.layout.size)
        shown = text if self.is_unicode else text.replace("€", "EUR").encode("latin-1", "replace").decode("latin-1")
        if align == "R":
            x += width - self.pdf.get_string_width(shown)
        elif align == "C":
            x += (width - self.pdf.get_string_width(shown)) / 2
        self.pdf.text(x, y, shown)

    def pick(self, choices: tuple[str, ...]) -> str:
        return choices[self.layout.choice % len(choices)]

    def label(self, choices: tuple[str, ...]) -> str:
        return self.pick(choices) + (":" if self.layout.colon else "")

    def number(self, value: Decimal, *, places: int | None = None) -> str:
        thousands, mark = self.sample.language.numbers
        text = f"{value:,.2f}" if places is None else f"{value:,.{places}f}"
        return text.replace(",", "\0").replace(".", mark).replace("\0", thousands)

    def quantity(self, value: Decimal) -> str:
        places = max(0, -int(value.normalize().as_tuple().exponent))
        return self.number(value, places=places)

    def money(self, value: Decimal) -> str:
        symbols = {"EUR": "€", "GBP": "£", "USD": "$"}
        code = self.sample.currency
        if self.layout.currency == "symbol" and code in symbols and (self.is_unicode or code != "EUR"):
            sign = symbols[code]
            return f"{sign}{self.number(value)}" if code != "EUR" else f"{self.number(value)} {sign}"
        return self.number(value) if self.layout.currency == "header" else f"{self.number(value)} {code}"

    def day(self, value: date) -> str:
        words = {
            "d": value.day,
            "dd": f"{value.day:02d}",
            "m": value.month,
            "mm": f"{value.month:02d}",
            "y": value.year,
        }
        month = self.sample.language.months[value.month - 1]
        formats = {
            "iso": "{y}-{mm}-{dd}",
            "dots": "{dd}.{mm}.{y}",
            "slashes": "{dd}/{mm}/{y}",
            "words": "{d} {month} {y}",
        }
        return formats.get(self.layout.dates, self.sample.language.date_format).format(**words, month=month)
