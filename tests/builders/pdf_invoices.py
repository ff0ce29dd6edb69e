"""Born-digital PDF invoices in many languages and layouts, with the truth of what each one prints."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from fpdf import FPDF

CENT = Decimal("0.01")
FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"),
)


@dataclass(frozen=True)
class Language:
    code: str
    title: str
    credit_title: str
    number: tuple[str, ...]
    issued: tuple[str, ...]
    due: tuple[str, ...]
    order: tuple[str, ...]
    vat: tuple[str, ...]
    buyer: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    net: tuple[str, ...]
    tax: tuple[str, ...]
    gross: tuple[str, ...]
    iban: str
    months: tuple[str, ...]
    date_format: str
    numbers: str
    """Thousands separator and decimal mark."""
    countries: tuple[str, ...]


def _language(row: dict[str, Any]) -> Language:
    tuples = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    columns = {name: tuple(texts) for name, texts in row["columns"].items()}
    return Language(**(row | tuples | {"columns": columns}))


LANGUAGES: tuple[Language, ...] = tuple(
    _language(row) for row in json.loads((Path(__file__).parent / "pdf_languages.json").read_text(encoding="utf-8"))
)

_CURRENCY = dict(part.split(":") for part in ["GB:GBP", "US:USD", "SE:SEK", "NO:NOK", "DK:DKK"])
_FORMS = dict(
    part.split(":")
    for part in [
        "GB:Ltd",
        "IE:Ltd",
        "US:Inc.",
        "DE:GmbH",
        "AT:GmbH",
        "FR:SARL",
        "BE:NV",
        "NL:B.V.",
        "IT:S.r.l.",
        "ES:S.L.",
        "SE:AB",
        "DK:ApS",
        "NO:AS",
        "FI:Oy",
    ]
)
_RATES = dict(
    part.split(":")
    for part in [
        "GB:20",
        "IE:23",
        "US:8",
        "DE:19",
        "AT:20",
        "FR:20",
        "BE:21",
        "NL:21",
        "IT:22",
        "ES:21",
        "SE:25",
        "DK:25",
        "NO:25",
        "FI:24",
    ]
)
_STEMS = (
    "Hadley",
    "Brenner & Sohn",
    "Okonjo Marine",
    "Delacroix",
    "Vantaa Paper",
    "Montecalvo",
    "Ibarra Tools",
    "Sundqvist",
    "Kesselring",
    "Fennimore",
    "Oudekerk",
    "Lindhart",
    "Petrovic Foods",
    "Aalto Lift",
    "Quist",
)
_THINGS = (
    "Steel bracket 40 mm",
    "Copy paper A4, 80 g",
    "Filter cartridge",
    "Site visit",
    "Hydraulic hose 3/8",
    "LED panel 600x600",
    "Cleaning, monthly",
    "Safety gloves size 9",
    "Server rack 42U",
    "Cable drum 50 m",
    "Consulting",
    "Pallet hire",
    "Lubricant 5L",
    "Maintenance contract Q2",
)
_UNITS = ("EA", "C62", "H87", "KGM", "MTR", "HUR", "pcs")


@dataclass(frozen=True)
class Line:
    name: str
    sku: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal


@dataclass(frozen=True)
class Sample:
    """The truth of one invoice and the language it is written in."""

    language: Language
    country: str
    number: str
    issued: date
    due: date
    order: str
    seller: str
    vat_id: str
    iban: str
    buyer: str
    currency: str
    lines: tuple[Line, ...]
    tax: Decimal
    is_credit_note: bool = False

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class Layout:
    font: int = 0
    """0 Helvetica, 1 Times, 2 and above a TrueType font where the machine has one."""
    size: int = 9
    header: str = "left"
    """left, right, above (labels over values), inline (number and date in one line)."""
    letterhead: str = "left"
    """left, right, centre, footer."""
    columns: tuple[str, ...] = ("description", "sku", "quantity", "unit_price", "tax_rate", "net")
    numeric_align: str = "R"
    totals: str = "right"
    """right, left, boxes."""
    colon: bool = True
    currency: str = "code"
    """code, symbol, header."""
    wrap: bool = False
    centred_rows: bool = False
    stacked_header: bool = False
    buyer: str = "label"
    """label, inline, window (no label at all)."""
    percent: bool = True
    dates: str = "language"
    """language, iso, dots, slashes, words."""
    choice: int = 0
    """Which synonyms."""


def iban_of(country: str, body: str) -> str:
    lengths = {
        "GB": 22,
        "IE": 22,
        "US": 22,
        "DE": 22,
        "AT": 20,
        "FR": 27,
        "BE": 16,
        "NL": 18,
        "IT": 27,
        "ES": 24,
        "SE": 24,
        "DK": 18,
        "NO": 15,
        "FI": 18,
    }
    place = "GB" if country == "US" else country
    digits = (body * 4)[: lengths[country] - 4]
    number = int("".join(str(int(c, 36)) for c in digits + place + "00"))
    return f"{place}{98 - number % 97:02d}{digits}"


def _vat_id(country: str, rng: random.Random) -> str:
    digits = "".join(rng.choice("123456789") for _ in range(12))
    forms = {
        "GB": digits[:9],
        "IE": digits[:7] + "FA",
        "US": digits[:9],
        "DE": digits[:9],
        "AT": "U" + digits[:8],
        "FR": digits[:11],
        "BE": "0" + digits[:9],
        "NL": digits[:9] + "B01",
        "IT": digits[:11],
        "ES": "B" + digits[:8],
        "SE": digits[:10] + "01",
        "DK": digits[:8],
        "NO": digits[:9] + "MVA",
        "FI": digits[:8],
    }
    return ("GB" if country == "US" else country) + forms[country]


def sample(rng: random.Random, *, language: Language | None = None, lines: int | None = None) -> Sample:
    language = language or rng.choice(LANGUAGES)
    country = rng.choice(language.countries)
    rate = Decimal(_RATES[country])
    made: list[Line] = []
    for _ in range(lines or rng.randint(1, 6)):
        quantity = Decimal(rng.choice(("1", "2", "5", "12", "50", "100", "2.5", "0.75", "1200")))
        price = Decimal(rng.randint(5, 250_000)) / 100
        net = (quantity * price).quantize(CENT, ROUND_HALF_UP)
        sku = rng.choice(
            (
                f"{rng.choice('ABKLMX')}{rng.randint(100, 9999)}",
                f"ART-{rng.randint(1000, 9999)}",
                f"{rng.randint(10000, 99999)}",
            )
        )
        made.append(Line(rng.choice(_THINGS), sku, quantity, rng.choice(_UNITS), price, rate, net))
    issued = date(2026, 1, 3) + timedelta(days=rng.randint(0, 300))
    number = rng.choice(
        (
            f"INV-{rng.randint(1000, 99999)}",
            f"2026-{rng.randint(100, 999)}",
            f"{rng.randint(10000, 999999)}",
            f"RE{rng.randint(100, 9999)}/26",
            f"A/{rng.randint(10, 99)}/2026",
        )
    )
    order = rng.choice(
        (
            f"PO-{rng.randint(10000, 99999)}",
            f"45{rng.randint(10000000, 99999999)}",
            f"PO 2026 {rng.randint(100, 999)}",
            f"B{rng.randint(1000, 9999)}-7",
        )
    )
    stem = rng.choice(_STEMS)
    total = sum((line.net for line in made), Decimal(0))
    return Sample(
        language=language,
        country=country,
        number=number,
        issued=issued,
        due=issued + timedelta(days=rng.choice((10, 14, 30, 60))),
        order=order,
        seller=f"{stem} {_FORMS[country]}",
        vat_id=_vat_id(country, rng),
        iban=iban_of(country, "".join(rng.choice("0123456789") for _ in range(8))),
        buyer="Nordwind Holding SE",
        currency=_CURRENCY.get(country, "EUR"),
        lines=tuple(made),
        tax=(total * rate / 100).quantize(CENT, ROUND_HALF_UP),
    )


def layout(rng: random.Random) -> Layout:
    columns = rng.choice(
        (
            ("description", "sku", "quantity", "unit_price", "tax_rate", "net"),
            ("pos", "sku", "description", "quantity", "unit", "unit_price", "net"),
            ("quantity", "description", "unit_price", "net"),
            ("sku", "description", "quantity", "unit_price", "tax_rate", "net"),
            ("pos", "description", "quantity", "unit", "unit_price", "tax_rate", "net"),
            ("quantity", "unit", "sku", "description", "unit_price", "net"),
        )
    )
    return Layout(
        font=rng.randint(0, 1 + len([f for f in FONTS if f.exists()])),
        size=rng.choice((8, 9, 10)),
        header=rng.choice(("left", "right", "above", "inline")),
        letterhead=rng.choice(("left", "right", "centre", "footer")),
        columns=columns,
        numeric_align=rng.choice(("R", "R", "L", "C")),
        totals=rng.choice(("right", "right", "left", "boxes")),
        colon=rng.random() < 0.6,
        currency=rng.choice(("code", "symbol", "header")),
        wrap=rng.random() < 0.3,
        centred_rows=rng.random() < 0.2,
        stacked_header=rng.random() < 0.2,
        buyer=rng.choice(("label", "label", "inline", "window")),
        percent=rng.random() < 0.6,
        dates=rng.choice(("language", "language", "iso", "dots", "words")),
        choice=rng.randint(0, 5),
    )


@dataclass
class _Canvas:
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


def render(sample: Sample, layout: Layout) -> bytes:
    canvas = _Canvas(sample=sample, layout=layout)
    _letterhead(canvas)
    y = _header(canvas)
    y = _table(canvas, y=max(y, 300))
    _totals(canvas, y=y + 20)
    _footer(canvas)
    canvas.pdf.set_title("Document")
    return bytes(canvas.pdf.output())


def _letterhead(canvas: _Canvas) -> None:
    s, where = canvas.sample, canvas.layout.letterhead
    if where == "footer":
        canvas.put(50, 60, f"{s.seller}", size=15)
        return
    width = 480
    align = {"left": "L", "right": "R", "centre": "C"}[where]
    rows = (
        s.seller,
        "17 Harbour Road",
        "4021 Example Town",
        f"{canvas.pick(s.language.vat)}: {s.vat_id}",
        "info@example.org",
    )
    for index, text in enumerate(rows):
        canvas.put(50, 50 + index * 13, text, width=width, align=align, size=15 if index == 0 else None)


def _header(canvas: _Canvas) -> float:
    s, lang = canvas.sample, canvas.sample.language
    title = lang.credit_title if s.is_credit_note else lang.title
    canvas.put(50, 140, title, size=18)
    address = (s.buyer, "Kaistrasse 4", "20459 Hamburg")
    if canvas.layout.buyer == "label":
        canvas.put(50, 165, canvas.label(lang.buyer))
        for index, text in enumerate(address):
            canvas.put(50, 177 + index * 12, text)
    elif canvas.layout.buyer == "inline":
        canvas.put(50, 165, f"{canvas.pick(lang.buyer)}: {', '.join(address)}")
    else:
        for index, text in enumerate(address):
            canvas.put(50, 165 + index * 12, text)
    pairs = [
        (canvas.label(lang.number), s.number),
        (canvas.label(lang.issued), canvas.day(s.issued)),
        (canvas.label(lang.due), canvas.day(s.due)),
        (canvas.label(lang.order), s.order),
    ]
    if canvas.layout.currency == "header":
        pairs.append(("Currency" + (":" if canvas.layout.colon else ""), s.currency))
    if canvas.layout.header == "above":
        for index, (label, value) in enumerate(pairs):
            canvas.put(45 + index * 515 / len(pairs), 240, label, size=min(canvas.layout.size, 8))
            canvas.put(45 + index * 515 / len(pairs), 254, value, size=min(canvas.layout.size, 8))
        return 280
    x = 320 if canvas.layout.header == "right" else 50
    for index, (label, value) in enumerate(pairs):
        y = 220 + index * 13
        if canvas.layout.header == "inline":
            canvas.put(x, y, f"{label} {value}")
        else:
            canvas.put(x, y, label)
            canvas.put(x + 135, y, value)
    return 300


_WIDTHS = {
    "pos": 30,
    "description": 138,
    "sku": 72,
    "quantity": 55,
    "unit": 45,
    "unit_price": 65,
    "tax_rate": 50,
    "net": 72,
}


def _places(canvas: _Canvas) -> list[tuple[str, float, float]]:
    x, places = 45.0, []
    spare = 505 - sum(_WIDTHS[name] for name in canvas.layout.columns)
    for name in canvas.layout.columns:
        width = _WIDTHS[name] + (spare if name == "description" else 0)
        places.append((name, x, width - 8))
        x += width
    return places


def _align(canvas: _Canvas, name: str) -> str:
    return canvas.layout.numeric_align if name in {"quantity", "unit_price", "tax_rate", "net"} else "L"


def _head(canvas: _Canvas, y: float) -> float:
    size = min(canvas.layout.size, 8)
    for name, x, width in _places(canvas):
        text = canvas.pick(canvas.sample.language.columns[name])
        first, _, second = text.partition(" ")
        if canvas.layout.stacked_header and second and name in {"unit_price", "net"}:
            canvas.put(x, y - 9, first, width=width, align=_align(canvas, name), size=size)
            text = second
        canvas.put(x, y, text, width=width, align=_align(canvas, name), size=size)
    return y + 18


def _wrapped(canvas: _Canvas, text: str, width: float) -> list[str]:
    canvas.pdf.set_font(canvas.family, "", canvas.layout.size)
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and canvas.pdf.get_string_width(longer) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _table(canvas: _Canvas, *, y: float) -> float:
    y = _head(canvas, y)
    lead = canvas.layout.size * 1.25
    for number, line in enumerate(canvas.sample.lines, start=1):
        if y > 740:
            canvas.pdf.add_page()
            y = _head(canvas, 80)
        cells = {
            "pos": str(number),
            "description": line.name,
            "sku": line.sku,
            "quantity": canvas.quantity(line.quantity),
            "unit": line.unit,
            "unit_price": canvas.number(line.unit_price),
            "tax_rate": f"{line.tax_rate}" + ("%" if canvas.layout.percent else ""),
            "net": canvas.number(line.net),
        }
        if "unit" not in canvas.layout.columns:
            cells["quantity"] += f" {line.unit}"
        rows = 1
        for name, x, width in _places(canvas):
            if name != "description":
                continue
            texts = _wrapped(canvas, cells[name], 60 if canvas.layout.wrap else width)
            rows = len(texts)
            for index, text in enumerate(texts):
                canvas.put(x, y + index * lead, text)
        shift = (rows - 1) * lead / 2 if canvas.layout.centred_rows else 0
        for name, x, width in _places(canvas):
            if name != "description":
                canvas.put(x, y + shift, cells[name], width=width, align=_align(canvas, name))
        y += rows * lead + 7
    return y


def _totals(canvas: _Canvas, *, y: float) -> None:
    s, lang = canvas.sample, canvas.sample.language
    if y > 720:
        canvas.pdf.add_page()
        y = 90
    rate = f"{s.lines[0].tax_rate}"
    rows = [
        (canvas.pick(lang.net), canvas.money(s.net)),
        (canvas.pick(lang.tax).format(rate=rate), canvas.money(s.tax)),
        (canvas.pick(lang.gross), canvas.money(s.gross)),
    ]
    if canvas.layout.totals == "boxes":
        for index, (label, value) in enumerate(rows):
            canvas.put(60 + index * 160, y, label, width=130, align="R")
            canvas.put(60 + index * 160, y + 13, value, width=130, align="R")
        return
    x = 330 if canvas.layout.totals == "right" else 50
    for index, (label, value) in enumerate(rows):
        canvas.put(x, y + index * 14, label + (":" if canvas.layout.colon else ""))
        canvas.put(x + 125, y + index * 14, value, width=90, align="R")


def _footer(canvas: _Canvas) -> None:
    s = canvas.sample
    spaced = " ".join(s.iban[i : i + 4] for i in range(0, len(s.iban), 4))
    iban = spaced if canvas.layout.choice % 2 else s.iban
    canvas.put(50, 800, f"{s.language.iban}: {iban}   BIC: EXAMPLEXXX", size=8)
    if canvas.layout.letterhead == "footer":
        canvas.put(
            50,
            812,
            f"{s.seller} · 17 Harbour Road · 4021 Example Town · {canvas.pick(s.language.vat)} {s.vat_id}",
            size=8,
        )
