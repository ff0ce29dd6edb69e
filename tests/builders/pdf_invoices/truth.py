"""What one invoice says: made up at random, and known exactly."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.builders.pdf_invoices.languages import LANGUAGES, Language

CENT = Decimal("0.01")

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


def _line(rng: random.Random, rate: Decimal) -> Line:
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
    return Line(rng.choice(_THINGS), sku, quantity, rng.choice(_UNITS), price, rate, net)


def sample(rng: random.Random, *, language: Language | None = None, lines: int | None = None) -> Sample:
    language = language or rng.choice(LANGUAGES)
    country = rng.choice(language.countries)
    rate = Decimal(_RATES[country])
    made = [_line(rng, rate) for _ in range(lines or rng.randint(1, 6))]
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
