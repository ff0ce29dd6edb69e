"""Short ways to write suppliers and their items down."""

from __future__ import annotations

from decimal import Decimal

from tools.harbour_tools.facts import Company, Item, check_digits


def items(*rows: tuple[str, str, str, str, str | None], rate: Decimal = Decimal(19)) -> tuple[Item, ...]:
    return tuple(Item(sku, name, unit, Decimal(price), rate, other) for sku, name, unit, price, other in rows)


def german(supplier_id: str, name: str, vat: str, place: tuple[str, str, str], bank: str, **rest: object) -> Company:
    domain = str(rest.pop("domain"))
    return Company(
        supplier_id,
        name,
        vat,
        *place,
        "DE",
        f"buchhaltung@{domain}.example",
        f"+49 40 66969 {supplier_id[-3:]}",
        iban=check_digits("DE", bank),
        **rest,  # pyright: ignore[reportArgumentType]
    )
