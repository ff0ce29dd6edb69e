"""Random companies with known truth: suppliers, orders, receipts and invoices with the discrepancies put into them.

Number formats, names, currencies, units and layouts differ from company to company, so that rules cannot lean on one of
them. The truth follows from how a document was made, not from any matching.
"""

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

_FIRST = [
    "Alder",
    "Birch",
    "Cedar",
    "Dorn",
    "Eibe",
    "Falk",
    "Gruber",
    "Hansen",
    "Iversen",
    "Jansen",
    "Kovacs",
    "Lindt",
    "Moreau",
    "Novak",
    "Olsen",
    "Petit",
    "Quandt",
]
_SECOND = [
    "Logistik",
    "Metals",
    "Papier",
    "Optics",
    "Foods",
    "Werkzeug",
    "Textil",
    "Energie",
    "Print",
    "Chemie",
    "Verpackung",
    "Marine",
    "Glass",
    "Tools",
]
_FORMS = ("GmbH", "AB", "B.V.", "Ltd.", "S.A.", "Kft.", "& Sons plc", "Oy", "")
_ADJECTIVES = [
    "steel",
    "blue",
    "heavy",
    "round",
    "flat",
    "long",
    "small",
    "industrial",
    "organic",
    "coated",
    "double",
    "recycled",
]
_NOUNS = [
    "bolt",
    "pipe",
    "sheet",
    "box",
    "pallet",
    "crate",
    "cable",
    "filter",
    "valve",
    "lamp",
    "chair",
    "bracket",
    "hinge",
    "roller",
    "gasket",
    "motor",
]


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


def random_company(seed: int, *, cases: int = 30) -> Company:
    return _Maker(random.Random(seed)).company(cases)


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


class _Maker:
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

    def company(self, cases: int) -> Company:
        rng = self.rng
        policy = Policy(
            currency="EUR",
            price_tolerance_percent=Decimal(rng.choice(["2.0", "3", "1.5"])),
            price_tolerance_per_line=Decimal(rng.choice(["50.00", "25", "100.00"])),
            quantity_tolerance=Decimal(0),
            receipt_required=True,
            auto_pay_limit=Decimal(rng.choice(["5000.00", "2500", "10000"])),
            duplicate_window_days=60,
            rates={code: Decimal(rate) for code, rate in RATES.items()},
        )
        self.made = Company(policy)
        names = {f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}" for _ in range(rng.randint(4, 9))}
        for place, name in enumerate(sorted(names)):
            self.made.suppliers.append(self._supplier(place, name))
        kinds = [rng.choice(KINDS) for _ in range(cases)]
        for kind in kinds:
            getattr(self, f"_{kind}")()
        for _ in range(cases // 5):
            self._order()  # Orders nobody has invoiced yet.
        self._interleave()
        return self.made

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

    # Clean invoices.

    def _exact(self) -> None:
        order = self._order()
        self._receive(order)
        self._put(self._document(self._bill(order), "exact", order.id))

    def _reworded(self) -> None:
        order = self._order()
        self._receive(order)
        wordings: list[Callable[[str], str]] = [
            str.upper,
            lambda n: f"{n} (as ordered)",
            lambda n: " ".join(reversed(n.split())),
        ]
        lines = [
            replace(
                line_of(line, line.quantity),
                name=self.rng.choice(wordings)(line.name or ""),
                sku=line.sku if self.rng.random() < 0.7 else None,
                unit=self.rng.choice(["EA", "C62", "H87", "pcs"]) if line.unit in {"EA", "H87", "C62"} else line.unit,
            )
            for line in order.lines
        ]
        self.rng.shuffle(lines)
        self._put(self._document(self._bill(order, lines), "reworded", order.id))

    def _noisy_reference(self) -> None:
        order = self._order()
        self._receive(order)
        noises: list[Callable[[str], str]] = [
            str.lower,
            lambda n: n.replace("-", " ").replace("/", " ").replace(".", " "),
            lambda n: "".join(c for c in n if c.isalnum()),
            lambda n: f"Your order: {n}",
            lambda n: f"Purchase order no. {n.lower()}",
            lambda n: n.replace("0", "O"),
            lambda n: n.replace("-", "/").replace(".", "-"),
        ]
        invoice = self._bill(order, order_reference=self.rng.choice(noises)(order.id))
        self._put(self._document(invoice, "noisy_reference", order.id))

    def _reference_in_note(self) -> None:
        order = self._order()
        self._receive(order)
        notes = (f"Thank you for your purchase order {order.id}.",)
        self._put(self._document(self._bill(order, order_reference=None, notes=notes), "reference_in_note", order.id))

    def _split_receipts(self) -> None:
        order = self._order(least_quantity=2)
        first = {line.id: line.quantity // 2 for line in order.lines}
        self._receive(order, first)
        self._receive(order, {line.id: line.quantity - first[line.id] for line in order.lines})
        self._put(self._document(self._bill(order), "split_receipts", order.id))

    def _partials(self) -> None:
        order = self._order(least_quantity=3)
        first = {line.id: (line.quantity * 6 / 10).quantize(Decimal(1), ROUND_HALF_UP) for line in order.lines}
        rest = {line.id: line.quantity - first[line.id] for line in order.lines}
        self._receive(order, first)
        self._receive(order, rest)
        bills = [self._bill(order, [line_of(line, part[line.id]) for line in order.lines]) for part in (first, rest)]
        documents = [self._document(bill, "partial", order.id) for bill in bills]
        if self.rng.random() < 0.4:
            again = replace(bills[0], number=self._number(self._seller(order)))
            documents.append(self._document(again, "partial_again", order.id, "duplicate_invoice", decision="reject"))
        self._put(*documents)

    def _lower_price(self) -> None:
        order = self._order()
        self._receive(order)
        lines = [
            line_of(line, line.quantity, price=(line.unit_price * Decimal("0.93")).quantize(CENT))
            for line in order.lines
        ]
        self._put(self._document(self._bill(order, lines), "lower_price", order.id))

    def _within_tolerance(self) -> None:
        """Exactly at one of the two limits and not above the other."""
        policy = self.made.policy
        order = self._order(dear=True, most_lines=3)
        line = order.lines[0]
        step = line.unit_price * policy.price_tolerance_percent / 100
        step = min(step, policy.price_tolerance_per_line / line.quantity)
        self._receive(order)
        lines = [line_of(each, each.quantity) for each in order.lines]
        price = line.unit_price + step
        lines[0] = replace(line_of(line, line.quantity, price=price), net=price * line.quantity)
        lines[0] = replace(lines[0], net=(price * line.quantity).quantize(CENT, ROUND_HALF_UP))
        self._put(self._document(self._bill(order, lines), "within_tolerance", order.id))

    def _credited(self) -> None:
        order = self._order()
        self._receive(order)
        bill = self._bill(order)
        credit = replace(
            bill, number=self._number(self._seller(order)), type_code="381", preceding_invoices=(bill.number or "",)
        )
        again = replace(bill, number=self._number(self._seller(order)))
        self._put(
            self._document(bill, "credited", order.id),
            self._document(credit, "credit_note", order.id),
            self._document(again, "billed_again", order.id),
        )

    # Single discrepancies.

    def _price_above(self) -> None:
        order = self._order()
        self._receive(order)
        lines = [line_of(line, line.quantity) for line in order.lines]
        self._raise_price(order, lines)
        self._put(self._document(self._bill(order, lines), "price_above", order.id, "price_variance"))

    def _raise_price(self, order: PurchaseOrder, lines: list[InvoiceLine]) -> None:
        place = self.rng.randrange(len(lines))
        line = order.lines[place]
        raised = (line.unit_price * Decimal(self.rng.choice(["1.06", "1.25", "1.5"]))).quantize(CENT)
        raised = max(raised, line.unit_price + CENT)
        quantity = lines[place].quantity or line.quantity
        lines[place] = line_of(line, quantity, price=raised)

    def _small_percent_large_amount(self) -> None:
        order = self._order(dear=True, least_quantity=100)
        self._receive(order)
        lines = [line_of(line, line.quantity) for line in order.lines]
        line = order.lines[0]
        over = self.made.policy.price_tolerance_per_line + CENT * 100
        price = line.unit_price + over / line.quantity
        lines[0] = replace(line_of(line, line.quantity, price=price), unit_price=price)
        self._put(self._document(self._bill(order, lines), "small_percent", order.id, "price_variance"))

    def _short_receipt(self) -> None:
        order = self._order(least_quantity=2)
        received = {line.id: line.quantity for line in order.lines}
        line = self.rng.choice(order.lines)
        received[line.id] = line.quantity - 1
        self._receive(order, received)
        self._put(self._document(self._bill(order), "short_receipt", order.id, "quantity_variance"))

    def _over_invoiced(self) -> None:
        order = self._order()
        self._receive(order)
        lines = self._with_more(order)
        self._put(self._document(self._bill(order, lines), "over_invoiced", order.id, "quantity_variance"))

    def _with_more(self, order: PurchaseOrder) -> list[InvoiceLine]:
        lines = [line_of(line, line.quantity) for line in order.lines]
        place = self.rng.randrange(len(lines))
        lines[place] = line_of(order.lines[place], order.lines[place].quantity + self.rng.choice([1, 2, 10]))
        return lines

    def _second_beyond_receipts(self) -> None:
        order = self._order(least_quantity=3)
        first = {line.id: line.quantity - 1 for line in order.lines}
        self._receive(order, first)
        bill = self._bill(order, [line_of(line, first[line.id]) for line in order.lines])
        more = self._bill(order, [line_of(line, Decimal(1)) for line in order.lines])
        self._put(
            self._document(bill, "first_partial", order.id),
            self._document(more, "second_beyond_receipts", order.id, "quantity_variance"),
        )

    def _not_received(self) -> None:
        order = self._order()
        self._put(self._document(self._bill(order), "not_received", order.id, "missing_receipt"))

    def _no_reference(self) -> None:
        order = self._order()
        self.made.orders.remove(order)
        self._put(self._document(self._bill(order, order_reference=None), "no_reference", None, "missing_po"))

    def _unknown_reference(self) -> None:
        order = self._order()
        self.made.orders.remove(order)
        digits = [place for place, sign in enumerate(order.id) if sign.isdigit()]
        self._put(self._document(self._bill(order), f"unknown_reference{len(digits)}", None, "missing_po"))

    def _wrong_supplier(self) -> None:
        order = self._order()
        self._receive(order)
        others = [supplier for supplier in self.made.suppliers if supplier.vat_ids[0] != order.supplier_vat]
        other = self.rng.choice(others)
        invoice = self._bill(
            order,
            number=self._number(other),
            seller=Party(name=other.name, vat_id=other.vat_ids[0]),
            ibans=(other.ibans[0],),
        )
        self._put(self._document(invoice, "wrong_supplier", order.id, "wrong_supplier"))

    def _other_currency(self) -> None:
        order = self._order()
        self._receive(order)
        currency = self.rng.choice([code for code in RATES if code != order.currency])
        self._put(self._document(self._bill(order, currency=currency), "currency", order.id, "currency_mismatch"))

    def _bank_change(self) -> None:
        order = self._order()
        self._receive(order)
        invoice = self._bill(order, ibans=(self._iban("LT"),))
        self._put(self._document(invoice, "bank_change", order.id, "bank_detail_change"))

    def _tax_arithmetic(self) -> None:
        order = self._order()
        self._receive(order)
        invoice = self._overtaxed(self._bill(order))
        self._put(self._document(invoice, "tax_arithmetic", order.id, "tax_mismatch"))

    def _overtaxed(self, invoice: Invoice) -> Invoice:
        extra = Decimal(self.rng.randint(10, 9000)) / 100
        assert invoice.tax is not None
        assert invoice.gross is not None
        first = invoice.tax_subtotals[0]
        subtotals = invoice.tax_subtotals
        if self.rng.random() < 0.6:
            subtotals = (replace(first, tax=(first.tax or Decimal(0)) + extra), *subtotals[1:])
        total = invoice.gross + extra
        return replace(invoice, tax=invoice.tax + extra, gross=total, payable=total, tax_subtotals=subtotals)

    def _tax_rate(self) -> None:
        order = self._order()
        self._receive(order)
        place = self.rng.randrange(len(order.lines))
        lines = [line_of(line, line.quantity) for line in order.lines]
        rate = self.rng.choice([Decimal(rate) for rate in TAXES if Decimal(rate) != lines[place].tax_rate])
        lines[place] = replace(lines[place], tax_rate=rate)
        self._put(self._document(self._bill(order, lines), "tax_rate", order.id, "tax_mismatch"))

    def _duplicate(self) -> None:
        order = self._order()
        self._receive(order)
        bill = self._bill(order)
        number = bill.number or ""
        changes: dict[str, object] = self.rng.choice(
            [
                {},
                {"number": number.lower() + "."},
                {"number": number.replace("-", " ").replace("/", " ")},
                {"number": self._number(self._seller(order))},
                {
                    "number": self._number(self._seller(order)),
                    "issue_date": (bill.issue_date or date(2026, 1, 1)) + timedelta(days=self.rng.randint(1, 50)),
                },
            ]
        )
        again = replace(bill, **changes)  # pyright: ignore[reportArgumentType]
        self._put(
            self._document(bill, "original", order.id),
            self._document(again, "duplicate", order.id, "duplicate_invoice", decision="reject"),
        )

    # Several at once.

    def _price_and_quantity(self) -> None:
        order = self._order()
        self._receive(order)
        lines = self._with_more(order)
        self._raise_price(order, lines)
        invoice = self._bill(order, lines)
        self._put(self._document(invoice, "price_and_quantity", order.id, "price_variance", "quantity_variance"))

    def _quantity_and_tax(self) -> None:
        order = self._order()
        self._receive(order)
        invoice = self._overtaxed(self._bill(order, self._with_more(order)))
        self._put(self._document(invoice, "quantity_and_tax", order.id, "quantity_variance", "tax_mismatch"))

    def _price_and_bank(self) -> None:
        order = self._order()
        self._receive(order)
        lines = [line_of(line, line.quantity) for line in order.lines]
        self._raise_price(order, lines)
        invoice = self._bill(order, lines, ibans=(self._iban("MT"),))
        self._put(self._document(invoice, "price_and_bank", order.id, "price_variance", "bank_detail_change"))

    def _order_and_bank(self) -> None:
        order = self._order()
        self.made.orders.remove(order)
        invoice = self._bill(order, order_reference=None, ibans=(self._iban("CY"),))
        self._put(self._document(invoice, "order_and_bank", None, "missing_po", "bank_detail_change"))


KINDS = tuple(
    name[1:]
    for name in [
        "_exact",
        "_reworded",
        "_noisy_reference",
        "_reference_in_note",
        "_split_receipts",
        "_partials",
        "_lower_price",
        "_within_tolerance",
        "_credited",
        "_price_above",
        "_small_percent_large_amount",
        "_short_receipt",
        "_over_invoiced",
        "_second_beyond_receipts",
        "_not_received",
        "_no_reference",
        "_unknown_reference",
        "_wrong_supplier",
        "_other_currency",
        "_bank_change",
        "_tax_arithmetic",
        "_tax_rate",
        "_duplicate",
        "_price_and_quantity",
        "_quantity_and_tax",
        "_price_and_bank",
        "_order_and_bank",
    ]
)
