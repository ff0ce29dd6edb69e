"""Reference data in the database: imported once per content, read by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tiebeam.connect.purchasing import (
    PurchaseOrder,
    Receipt,
    Supplier,
    as_json,
    order_from_json,
    receipt_from_json,
    supplier_from_json,
)
from tiebeam.kit import digest_of
from tiebeam.store import Unit
from tiebeam.workflow.invoices.forms import claim_from_json
from tiebeam.workflow.invoices.matching import (
    Claim,
    MemoryReference,
    account_key,
    bare_vat,
    number_key,
    supplier_of_order,
    vat_key,
)
from tiebeam.workflow.invoices.tables import (
    invoice_claim,
    invoice_register,
    reference_dataset,
    reference_order,
    reference_receipt,
    reference_supplier,
    reference_supplier_key,
)

_CHUNK = 500
_MOST_CLAIMS = 1000
"""Earlier invoices of one order or number that are looked at; far more than any order has."""
_MOST_ORDERS = 5000
_MOST_SUPPLIERS = 100_000


def import_reference(
    unit: Unit, *, orders: Iterable[PurchaseOrder], receipts: Iterable[Receipt], suppliers: Iterable[Supplier]
) -> str:
    """Keep the data under the digest of its content; the same content again changes nothing. Returns the digest."""
    orders, receipts, suppliers = list(orders), list(receipts), list(suppliers)
    order_rows = [as_json(order) for order in orders]
    receipt_rows = [as_json(receipt) for receipt in receipts]
    supplier_rows = [as_json(supplier) for supplier in suppliers]
    digest = digest_of({"orders": order_rows, "receipts": receipt_rows, "suppliers": supplier_rows})
    lock_register(unit)
    known = sa.select(reference_dataset.c.digest).where(reference_dataset.c.digest == digest)
    if unit.conn.execute(known).first() is not None:
        return digest
    unit.conn.execute(
        sa.insert(reference_dataset).values(
            digest=digest,
            orders=len(orders),
            receipts=len(receipts),
            suppliers=len(suppliers),
            imported_at=unit.now,
        )
    )
    _insert(unit, reference_supplier, _supplier_rows(digest, suppliers, supplier_rows))
    _insert(unit, reference_supplier_key, _key_rows(digest, suppliers))
    _insert(unit, reference_order, _order_rows(digest, orders, order_rows, suppliers))
    _insert(unit, reference_receipt, _receipt_rows(digest, receipts, receipt_rows))
    return digest


def lock_register(unit: Unit) -> None:
    """One writer of the register at a time until the unit ends. SQLite's write lock does this already."""
    if unit.conn.dialect.name == "postgresql":
        unit.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(7_241_905_531)))


def _insert(unit: Unit, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), _CHUNK):
        unit.conn.execute(sa.insert(table), [dict(row) for row in rows[start : start + _CHUNK]])


def _supplier_rows(digest: str, suppliers: Sequence[Supplier], bodies: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"dataset": digest, "supplier_id": supplier.id, "body": body}
        for supplier, body in zip(suppliers, bodies, strict=True)
    ]


def _key_rows(digest: str, suppliers: Sequence[Supplier]) -> list[dict[str, Any]]:
    keys: dict[tuple[str, str, str], None] = {}
    for supplier in suppliers:
        for vat in supplier.vat_ids:
            keys[("vat", vat_key(vat), supplier.id)] = None
            keys[("vat", bare_vat(vat_key(vat)), supplier.id)] = None
        for iban in supplier.ibans:
            keys[("account", account_key(iban), supplier.id)] = None
    return [{"dataset": digest, "kind": kind, "key": key, "supplier_id": holder} for kind, key, holder in keys]


def _order_rows(
    digest: str, orders: Sequence[PurchaseOrder], bodies: Sequence[Any], suppliers: Sequence[Supplier]
) -> list[dict[str, Any]]:
    known = MemoryReference(suppliers=suppliers)
    rows: list[dict[str, Any]] = []
    for order, body in zip(orders, bodies, strict=True):
        holder = supplier_of_order(order, reference=known)
        rows.append(
            {
                "dataset": digest,
                "order_id": order.id,
                "number_key": number_key(order.id),
                "supplier_id": None if holder is None else holder.id,
                "body": body,
            }
        )
    return rows


def _receipt_rows(digest: str, receipts: Sequence[Receipt], bodies: Sequence[Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for position, (receipt, body) in enumerate(zip(receipts, bodies, strict=True)):
        order_ids = {line.order_id or receipt.order_id for line in receipt.lines} | {receipt.order_id}
        rows += [
            {"dataset": digest, "order_id": order_id, "position": position, "body": body}
            for order_id in sorted(filter(None, order_ids))
        ]
    return rows


def _bodies(table: sa.Table, *where: sa.ColumnElement[bool], order: Any, limit: int) -> sa.Select[Any]:
    of_dataset = table.c.dataset == sa.bindparam("dataset")
    return sa.select(table.c.body).where(of_dataset, *where).order_by(order).limit(limit)


def _claims(*where: sa.ColumnElement[bool], source: Any = invoice_register) -> sa.Select[Any, Any]:
    register = invoice_register
    return (
        sa.select(register.c.claim, register.c.state)
        .select_from(source)
        .where(register.c.position < sa.bindparam("before"), register.c.claim.is_not(None), *where)
        .order_by(register.c.position)
        .limit(_MOST_CLAIMS)
    )


# Built once: every invoice asks these several times, and putting a statement together costs more than running it.
_KEY = sa.bindparam("key")
_HOLDERS = reference_supplier_key
_SUPPLIERS_WITH = _bodies(
    reference_supplier,
    _HOLDERS.c.dataset == reference_supplier.c.dataset,
    _HOLDERS.c.supplier_id == reference_supplier.c.supplier_id,
    _HOLDERS.c.kind == sa.bindparam("kind"),
    _HOLDERS.c.key == _KEY,
    order=reference_supplier.c.supplier_id,
    limit=_CHUNK,
)
_SUPPLIERS = _bodies(reference_supplier, order=reference_supplier.c.supplier_id, limit=_MOST_SUPPLIERS)
_SUPPLIER = _bodies(
    reference_supplier, reference_supplier.c.supplier_id == _KEY, order=reference_supplier.c.supplier_id, limit=1
)
_ORDERS_WITH_KEY = _bodies(
    reference_order, reference_order.c.number_key == _KEY, order=reference_order.c.order_id, limit=_CHUNK
)
_ORDERS_OF = _bodies(
    reference_order,
    reference_order.c.supplier_id == _KEY,
    order=reference_order.c.order_id.desc(),
    limit=_MOST_ORDERS,
)
_RECEIPTS_OF = _bodies(
    reference_receipt, reference_receipt.c.order_id == _KEY, order=reference_receipt.c.position, limit=_MOST_ORDERS
)
_CLAIMS_ON = _claims(
    invoice_claim.c.order_id == _KEY,
    source=invoice_register.join(invoice_claim, invoice_claim.c.document_id == invoice_register.c.document_id),
)
_CLAIMS_OF = _claims(
    invoice_register.c.supplier_key == sa.bindparam("supplier"), invoice_register.c.number_key == sa.bindparam("number")
)


class SqlReference:
    """What is on file in one dataset, and the register before one position, read by key.

    For one match within one unit of work: an answer is kept and given again.
    """

    def __init__(self, conn: sa.Connection, *, dataset: str | None, before: int) -> None:
        self._conn = conn
        self._dataset = dataset or ""
        self._before = before
        self._answers: dict[tuple[Any, ...], list[Any]] = {}

    def suppliers_with_vat(self, vat_key: str) -> Sequence[Supplier]:
        return self._built(_SUPPLIERS_WITH, supplier_from_json, kind="vat", key=vat_key)

    def suppliers_with_account(self, account_key: str) -> Sequence[Supplier]:
        return self._built(_SUPPLIERS_WITH, supplier_from_json, kind="account", key=account_key)

    def suppliers(self) -> Sequence[Supplier]:
        return self._built(_SUPPLIERS, supplier_from_json)

    def supplier(self, supplier_id: str) -> Supplier | None:
        return next(iter(self._built(_SUPPLIER, supplier_from_json, key=supplier_id)), None)

    def orders_with_key(self, key: str) -> Sequence[PurchaseOrder]:
        return self._built(_ORDERS_WITH_KEY, order_from_json, key=key)

    def orders_of(self, supplier_id: str) -> Sequence[PurchaseOrder]:
        return self._built(_ORDERS_OF, order_from_json, key=supplier_id)

    def receipts_of(self, order_id: str) -> Sequence[Receipt]:
        return self._built(_RECEIPTS_OF, receipt_from_json, key=order_id)

    def claims_on(self, order_id: str) -> Sequence[Claim]:
        return self._read(_CLAIMS_ON, key=order_id)

    def claims_of(self, supplier_key: str, number_key: str) -> Sequence[Claim]:
        return self._read(_CLAIMS_OF, supplier=supplier_key, number=number_key)

    def _built(self, query: sa.Select[Any], build: Callable[[Mapping[str, Any]], Any], **given: str) -> list[Any]:
        def ask() -> list[Any]:
            return [build(body) for body in self._conn.execute(query, {"dataset": self._dataset, **given}).scalars()]

        return self._once(query, given, ask)

    def _read(self, query: sa.Select[Any, Any], **given: str) -> list[Claim]:
        def ask() -> list[Claim]:
            rows = self._conn.execute(query, {"before": self._before, **given})
            return [
                claim_from_json(row.claim, is_rejected=row.state == "rejected", is_accepted=row.state == "accepted")
                for row in rows
            ]

        return self._once(query, given, ask)

    def _once(self, query: object, given: Mapping[str, str], ask: Callable[[], list[Any]]) -> list[Any]:
        question = (id(query), *given.values())
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]
