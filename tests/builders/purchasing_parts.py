"""The parts random companies are made of: suppliers, orders, receipts and correct invoices."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tiebeam.connect.documents import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.purchasing import OrderLine, Policy, PurchaseOrder, Receipt, ReceiptLine, Supplier

CENT = Decimal("0.01")
RATES = {"EUR": "1", "SEK": "0.088", "USD": "0.92", "GBP": "1.17", "CHF": "1.05", "PLN": "0.23"}
TAXES = ("0", "7", "12", "19", "25")


def words(text: str) -> list[str]:
    return text.split()


def random_names(rng: random.Random, *, most: int) -> set[str]:
    """Between four and `most` different company names without their legal form."""
    return {f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}" for _ in range(rng.randint(4, most))}


_FIRST = words(
    "Alder Birch Cedar Dorn Eibe Falk Gruber Hansen Iversen Jansen Kovacs Lindt Moreau Novak Olsen Petit Quandt"
)
_SECOND = words(
    "Logistik Metals Papier Optics Foods Werkzeug Textil Energie Print Chemie Verpackung Marine Glass Tools"
)
_FORMS = ("GmbH", "AB", "B.V.", "Ltd.", "S.A.", "Kft.", "& Sons plc", "Oy", "")
_ADJECTIVES = words("steel blue heavy round flat long small industrial organic coated double recycled")
_NOUNS = words("bolt pipe sheet box pallet crate cable filter valve lamp chair bracket hinge roller gasket motor")


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    received_on: date
    invoice: Invoice
    kind: str
    labels: tuple[str, ...]
    matched_order: str | None
    decision: str


@dataclass(slots=True)
class Company:
    """Everything on file, and the documents in their order of arrival."""

    policy: Policy
    suppliers: list[Supplier] = field(default_factory=list)
    orders: list[PurchaseOrder] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)


def invoice_of(
    lines: list[InvoiceLine],
    *,
    number: str,
    seller: Party,
    currency: str,
    order_reference: str | None,
    issued: date,
    ibans: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    type_code: str = "380",
    preceding: tuple[str, ...] = (),
) -> Invoice:
    """A correct invoice over the lines: tax by rate, half-up."""
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        assert line.tax_rate is not None
        assert line.net is not None
        bases[line.tax_rate] = bases.get(line.tax_rate, Decimal(0)) + line.net
    subtotals = tuple(
        TaxSubtotal(rate, "S" if rate else "Z", base, (base * rate / 100).quantize(CENT, ROUND_HALF_UP))
        for rate, base in sorted(bases.items())
    )
    net = sum(bases.values(), Decimal(0))
    tax = sum((part.tax or Decimal(0) for part in subtotals), Decimal(0))
    return Invoice(
        syntax="UBL",
        number=number,
        issue_date=issued,
        due_date=issued + timedelta(days=30),
        type_code=type_code,
        currency=currency,
        seller=seller,
        buyer=Party(name="Any Buyer GmbH"),
        order_reference=order_reference,
        buyer_reference=None,
        net=net,
        tax=tax,
        gross=net + tax,
        payable=net + tax,
        ibans=ibans,
        lines=tuple(lines),
        tax_subtotals=subtotals,
        preceding_invoices=preceding,
        notes=notes,
    )


def line_of(order_line: OrderLine, quantity: Decimal, *, price: Decimal | None = None) -> InvoiceLine:
    unit_price = order_line.unit_price if price is None else price
    return InvoiceLine(
        id=order_line.id,
        name=order_line.name,
        sku=order_line.sku,
        quantity=quantity,
        unit=order_line.unit,
        unit_price=unit_price,
        net=(unit_price * quantity).quantize(CENT, ROUND_HALF_UP),
        tax_rate=order_line.tax_rate,
        order_line=None,
    )


class Parts:
    """One company in the making; its documents wait in groups that keep their own order."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.next_order = rng.randint(1, 60000)
        self.next_invoice: dict[str, int] = {}
        self.order_format: Callable[[int], str] = rng.choice(
            [
                lambda n: f"PO-2026-{n:05d}",
                lambda n: f"45{n:08d}",
                lambda n: f"B-{n}/19",
                lambda n: f"2026/{n:06d}",
                lambda n: f"PURCH{n:06d}X",
                lambda n: f"NL.{n:06d}.K",
            ]
        )
        self.groups: list[list[Document]] = []
        self.made = Company(self._policy())

    def _supplier(self, place: int, name: str) -> Supplier:
        rng = self.rng
        country, vat = rng.choice(
            [("DE", "DE{:09d}"), ("NL", "NL{:09d}B01"), ("SE", "SE{:010d}01"), ("GB", "GB{:09d}"), ("PL", "PL{:010d}")]
        )
        digits = rng.randint(10**8, 10**9 - 1)
        return Supplier(
            id=rng.choice(["S{}", "V-{}", "7{}00"]).format(1000 + place),
            name=f"{name} {rng.choice(_FORMS)}".strip(),
            vat_ids=(vat.format(digits),),
            ibans=tuple(self._iban(country) for _ in range(rng.choice([1, 1, 2]))),
            currency=rng.choice(["EUR", "EUR", "SEK", "GBP", "PLN"]),
            country=country,
        )

    def _iban(self, country: str) -> str:
        return f"{country}{self.rng.randint(10, 99)}" + "".join(self.rng.choices(string.digits, k=16))

    def _order(self, *, most_lines: int = 5, least_quantity: int = 1, dear: bool = False) -> PurchaseOrder:
        rng = self.rng
        self.next_order += rng.randint(1, 9)
        supplier = rng.choice(self.made.suppliers)
        names = rng.sample([f"{a} {n}" for a in _ADJECTIVES for n in _NOUNS], k=rng.randint(1, most_lines))
        rates = rng.sample(TAXES, k=rng.randint(1, 2))
        lines = tuple(
            OrderLine(
                id=str(place * rng.choice([1, 1, 10])) if place == 1 else str(place + 10),
                sku="".join(rng.choices(string.ascii_uppercase + string.digits, k=rng.randint(4, 9))) + str(place),
                name=name.capitalize(),
                quantity=Decimal(rng.choice([q for q in (1, 2, 3, 5, 8, 10, 24, 40, 100) if q >= least_quantity])),
                unit=rng.choice(["EA", "H87", "C62", "KGM", "MTR"]),
                unit_price=Decimal(rng.randint(8000, 90000) if dear else rng.choice([7, 85, 1250, 9999, 48000])) / 100,
                tax_rate=Decimal(rng.choice(rates)),
            )
            for place, name in enumerate(names, start=1)
        )
        order = PurchaseOrder(
            id=self.order_format(self.next_order),
            currency=supplier.currency or "EUR",
            lines=lines,
            issue_date=date(2026, 1, 1) + timedelta(days=rng.randint(0, 90)),
            supplier_id=supplier.id if rng.random() < 0.5 else None,
            supplier_name=supplier.name,
            supplier_vat=supplier.vat_ids[0],
        )
        self.made.orders.append(order)
        return order

    def _seller(self, order: PurchaseOrder) -> Supplier:
        return next(supplier for supplier in self.made.suppliers if supplier.vat_ids[0] == order.supplier_vat)

    def _receive(self, order: PurchaseOrder, quantities: dict[str, Decimal] | None = None) -> None:
        wanted = {line.id: line.quantity for line in order.lines} if quantities is None else quantities
        by_sku = self.rng.random() < 0.2
        lines = tuple(
            ReceiptLine(
                order_line=None if by_sku else line.id,
                sku=line.sku,
                name=line.name,
                quantity=wanted[line.id],
                unit=line.unit,
            )
            for line in order.lines
            if wanted.get(line.id)
        )
        if lines:
            receipt_id = f"GR{len(self.made.receipts) + 1}"
            self.made.receipts.append(Receipt(receipt_id, order.id, order.issue_date, lines))

    def _number(self, supplier: Supplier) -> str:
        count = self.next_invoice[supplier.id] = self.next_invoice.get(supplier.id, self.rng.randint(100, 9000)) + 1
        # Each supplier keeps to one format, so that no two of its numbers are equal without their punctuation.
        return (f"RE-{count}", f"2026/{count}", f"{count}", f"INV{count}", f"R{count}-26")[len(supplier.name) % 5]

    def _bill(self, order: PurchaseOrder, lines: list[InvoiceLine] | None = None, **changes: object) -> Invoice:
        seller = self._seller(order)
        name = seller.name if self.rng.random() < 0.8 else seller.name.upper()
        vat = seller.vat_ids[0] if self.rng.random() < 0.8 else None
        invoice = invoice_of(
            [line_of(line, line.quantity) for line in order.lines] if lines is None else lines,
            number=self._number(seller),
            seller=Party(name=name, vat_id=vat, country=seller.country),
            currency=order.currency,
            order_reference=order.id,
            issued=(order.issue_date or date(2026, 1, 1)) + timedelta(days=self.rng.randint(5, 30)),
            ibans=(self.rng.choice(seller.ibans),),
        )
        return replace(invoice, **changes)  # pyright: ignore[reportArgumentType]

    def _document(
        self, invoice: Invoice, kind: str, order_id: str | None, *labels: str, decision: str | None = None
    ) -> Document:
        if decision is None:
            assert invoice.gross is not None
            value = invoice.gross * self.made.policy.rates[invoice.currency or "EUR"]
            paid = "auto_pay" if value <= self.made.policy.auto_pay_limit else "manager_approval"
            decision = "hold" if labels else paid
        issued = invoice.issue_date or date(2026, 1, 1)
        received = issued + timedelta(days=self.rng.randint(0, 4))
        return Document("", received, invoice, kind, tuple(sorted(labels)), order_id, decision)

    def _put(self, *documents: Document) -> None:
        self.groups.append(list(documents))

    def _interleave(self) -> None:
        queues = [list(group) for group in self.groups]
        while any(queues):
            queue = self.rng.choice([queue for queue in queues if queue])
            document = queue.pop(0)
            self.made.documents.append(replace(document, id=f"D{len(self.made.documents) + 1}"))

    def _policy(self) -> Policy:
        rng = self.rng
        return Policy(
            currency="EUR",
            price_tolerance_percent=Decimal(rng.choice(["2.0", "3", "1.5"])),
            price_tolerance_per_line=Decimal(rng.choice(["50.00", "25", "100.00"])),
            quantity_tolerance=Decimal(0),
            receipt_required=True,
            auto_pay_limit=Decimal(rng.choice(["5000.00", "2500", "10000"])),
            duplicate_window_days=60,
            rates={code: Decimal(rate) for code, rate in RATES.items()},
        )
