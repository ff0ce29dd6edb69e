"""Random companies with known truth: suppliers, orders, receipts and invoices with the discrepancies put into them.

Number formats, names, currencies, units and layouts differ from company to company, so that rules cannot lean on one of
them. The truth follows from how a document was made, not from any matching.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.builders.purchasing_parts import CENT, RATES, TAXES, Company, Document, Parts, line_of, random_names, words
from tiebeam.connect.documents import Invoice, InvoiceLine, Party
from tiebeam.connect.purchasing import PurchaseOrder

__all__ = ["KINDS", "Company", "Document", "random_company"]


def random_company(seed: int, *, cases: int = 30) -> Company:
    """`cases` is how many situations there are; some bring two or three documents."""
    return _Maker(random.Random(seed)).company(cases)


class _Maker(Parts):
    def company(self, cases: int) -> Company:
        rng = self.rng
        names = random_names(rng, most=9)
        for place, name in enumerate(sorted(names)):
            self.made.suppliers.append(self._supplier(place, name))
        kinds = [rng.choice(KINDS) for _ in range(cases)]
        for kind in kinds:
            getattr(self, f"_{kind}")()
        for _ in range(cases // 5):
            self._order()  # Orders nobody has invoiced yet.
        self._interleave()
        return self.made

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
        """Of two pieces each delivery brings one: equal invoices, and no copies of each other."""
        order = self._order(least_quantity=2)
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


KINDS = words(
    "exact reworded noisy_reference reference_in_note split_receipts partials lower_price "
    "within_tolerance credited price_above small_percent_large_amount short_receipt over_invoiced "
    "second_beyond_receipts not_received no_reference unknown_reference wrong_supplier "
    "other_currency bank_change tax_arithmetic tax_rate duplicate price_and_quantity "
    "quantity_and_tax price_and_bank order_and_bank"
)
