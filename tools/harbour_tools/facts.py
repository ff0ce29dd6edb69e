"""The nouns of the story, and small arithmetic that invoices share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def check_digits(country: str, rest: str) -> str:
    """The IBAN of `rest` in `country`, with the check digits of ISO 13616. The bank codes are made up."""
    digits = "".join(str(int(letter, 36)) for letter in f"{rest}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{rest}"


@dataclass(frozen=True, slots=True)
class Item:
    sku: str
    name: str
    unit: str
    """UN/ECE Rec. 20."""
    price: Decimal
    rate: Decimal = Decimal(19)
    other_name: str | None = None
    """The same thing in the words of the buyer's order."""


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str
    vat: str
    street: str
    zip: str
    city: str
    country: str
    email: str
    phone: str
    iban: str = ""
    bic: str = ""
    currency: str = "EUR"
    terms_days: int = 30
    language: str = "de"
    account: str = ""
    cost_centre: str = ""
    items: tuple[Item, ...] = ()

    def item(self, sku: str) -> Item:
        return next(item for item in self.items if item.sku == sku)


@dataclass(frozen=True, slots=True)
class Line:
    sku: str | None
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Decimal
    order_line: str | None = None

    @property
    def net(self) -> Decimal:
        return cents(self.quantity * self.price)


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    supplier: Company
    issued: date
    lines: tuple[Line, ...]

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Receipt:
    id: str
    order: Order
    received: date
    quantities: dict[str, Decimal]
    """Order line → received quantity."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note as its sender made it, and what the buyer's rules make of it."""

    supplier: Company
    number: str
    issued: date
    due: date
    received: date
    form: str
    """ubl, cii, facturx, fatturapa, pdf-<style>, scan or broken."""
    lines: tuple[Line, ...]
    currency: str
    iban: str
    labels: tuple[str, ...]
    why: str
    order_reference: str | None = None
    tax_error: Decimal = Decimal(0)
    is_credit: bool = False
    preceding: str | None = None
    note: str | None = None
    period: str | None = None
    decision: str | None = None
    """Only where it does not follow from labels and amount."""

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def taxes(self) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
        """(rate, taxable, tax) by rate; the tax error sits in the last one."""
        rates = sorted({line.rate for line in self.lines})
        groups: list[tuple[Decimal, Decimal, Decimal]] = []
        for rate in rates:
            base = sum((line.net for line in self.lines if line.rate == rate), Decimal(0))
            error = self.tax_error if rate == rates[-1] else Decimal(0)
            groups.append((rate, base, cents(base * rate / 100) + error))
        return tuple(groups)

    @property
    def tax(self) -> Decimal:
        return sum((tax for _, _, tax in self.taxes), Decimal(0))

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(slots=True)
class Story:
    orders: list[Order] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
