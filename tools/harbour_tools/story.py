"""What happened between September and November 2026: orders, deliveries, and the invoices that followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.harbour_tools.company import SUPPLIERS
from tools.harbour_tools.facts import Bill, Line, Order, Receipt, Story

D = Decimal
_YEAR = 2026


def day(text: str) -> date:
    """`10-05` is the fifth of October."""
    month, number = text.split("-")
    return date(_YEAR, int(month), int(number))


class Teller:
    """Writes the story down; numbers orders and receipts in the order they are told."""

    def __init__(self) -> None:
        self.story = Story()

    def order(self, supplier: str, on: str, *lines: tuple[str, int | str], rate: str | None = None) -> Order:
        seller = SUPPLIERS[supplier]
        made: list[Line] = []
        for number, (sku, quantity) in enumerate(lines, start=1):
            item = seller.item(sku)
            tax = D(rate) if rate is not None else item.rate
            made.append(Line(sku, item.other_name or item.name, D(quantity), item.unit, item.price, tax, str(number)))
        order = Order(f"HTB-{_YEAR}-{401 + len(self.story.orders):04d}", seller, day(on), tuple(made))
        self.story.orders.append(order)
        return order

    def receive(self, order: Order, on: str, **only: int | str) -> None:
        """Everything ordered, or `l1=20` of line 1 and so on."""
        quantities = {line.order_line or "": line.quantity for line in order.lines}
        if only:
            quantities = {name.removeprefix("l"): D(quantity) for name, quantity in only.items()}
        number = f"WE-{70101 + len(self.story.receipts)}"
        self.story.receipts.append(Receipt(number, order, day(on), quantities))

    def bill(
        self,
        order: Order,
        number: str,
        issued: str,
        form: str,
        why: str,
        *labels: str,
        only: Mapping[str, int | str] | None = None,
        price: Mapping[str, str] | None = None,
        reference: str | None = "",
        arrives_after: int = 1,
        **changes: Any,
    ) -> Bill:
        """An invoice of an order. `only` gives other quantities by line, `price` other prices."""
        seller = changes.pop("supplier", order.supplier)
        lines = tuple(
            replace(
                line,
                name=_sellers_name(order, line),
                quantity=D((only or {}).get(line.order_line or "", line.quantity)),
                price=D((price or {}).get(line.order_line or "", line.price)),
            )
            for line in order.lines
            if only is None or line.order_line in only
        )
        made = Bill(
            supplier=seller,
            number=number,
            issued=day(issued),
            due=day(issued) + timedelta(days=seller.terms_days),
            received=day(issued) + timedelta(days=arrives_after),
            form=form,
            lines=changes.pop("lines", lines),
            currency=changes.pop("currency", seller.currency),
            iban=changes.pop("iban", seller.iban),
            labels=tuple(sorted(labels)),
            why=why,
            order_reference=order.id if reference == "" else reference,
            **changes,
        )
        self.story.bills.append(made)
        return made

    def service(
        self,
        supplier: str,
        number: str,
        issued: str,
        form: str,
        why: str,
        lines: Sequence[tuple[str, str, str, str]],
        **changes: Any,
    ) -> Bill:
        """An invoice without an order: (name, quantity, unit, price) a line."""
        seller = SUPPLIERS[supplier]
        rate = D(changes.pop("rate", "19"))
        made = Bill(
            supplier=seller,
            number=number,
            issued=day(issued),
            due=day(issued) + timedelta(days=seller.terms_days),
            received=day(issued) + timedelta(days=1),
            form=form,
            lines=tuple(Line(None, name, D(quantity), unit, D(price), rate) for name, quantity, unit, price in lines),
            currency=seller.currency,
            iban=changes.pop("iban", seller.iban),
            labels=changes.pop("labels", ("missing_po",)),
            why=why,
            **changes,
        )
        self.story.bills.append(made)
        return made

    def again(self, bill: Bill, number: str, issued: str, form: str, why: str, **changes: Any) -> Bill:
        """The same content sent once more."""
        shift = day(issued) - bill.issued
        made = replace(
            bill,
            number=number,
            issued=day(issued),
            due=bill.due + shift,
            received=day(issued) + timedelta(days=1),
            form=form,
            labels=("duplicate_invoice",),
            why=why,
            decision=None,
            **changes,
        )
        self.story.bills.append(made)
        return made


def _sellers_name(order: Order, line: Line) -> str:
    return order.supplier.item(line.sku or "").name
