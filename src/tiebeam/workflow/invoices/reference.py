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


class SqlReference:
    """What is on file in one dataset, and the register before one position. Reads by key; nothing is kept in memory."""

    def __init__(self, conn: sa.Connection, *, dataset: str | None, before: int) -> None:
        self._conn = conn
        self._dataset = dataset or ""
        self._before = before

    def _bodies(self, query: sa.Select[Any], build: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        return [build(body) for body in self._conn.execute(query).scalars()]

    def _suppliers_with(self, kind: str, key: str) -> list[Supplier]:
        keys, table = reference_supplier_key, reference_supplier
        query = (
            sa.select(table.c.body)
            .join(keys, (keys.c.dataset == table.c.dataset) & (keys.c.supplier_id == table.c.supplier_id))
            .where(keys.c.dataset == self._dataset, keys.c.kind == kind, keys.c.key == key)
            .order_by(table.c.supplier_id)
            .limit(_CHUNK)
        )
        return self._bodies(query, supplier_from_json)

    def suppliers_with_vat(self, vat_key: str) -> Sequence[Supplier]:
        return self._suppliers_with("vat", vat_key)

    def suppliers_with_account(self, account_key: str) -> Sequence[Supplier]:
        return self._suppliers_with("account", account_key)

    def suppliers(self) -> Sequence[Supplier]:
        table = reference_supplier
        query = sa.select(table.c.body).where(table.c.dataset == self._dataset).order_by(table.c.supplier_id)
        return self._bodies(query.limit(_MOST_SUPPLIERS), supplier_from_json)

    def supplier(self, supplier_id: str) -> Supplier | None:
        table = reference_supplier
        query = sa.select(table.c.body).where(table.c.dataset == self._dataset, table.c.supplier_id == supplier_id)
        return next(iter(self._bodies(query, supplier_from_json)), None)

    def orders_with_key(self, key: str) -> Sequence[PurchaseOrder]:
        table = reference_order
        query = sa.select(table.c.body).where(table.c.dataset == self._dataset, table.c.number_key == key)
        return self._bodies(query.order_by(table.c.order_id).limit(_CHUNK), order_from_json)

    def orders_of(self, supplier_id: str) -> Sequence[PurchaseOrder]:
        table = reference_order
        query = sa.select(table.c.body).where(table.c.dataset == self._dataset, table.c.supplier_id == supplier_id)
        return self._bodies(query.order_by(table.c.order_id.desc()).limit(_MOST_ORDERS), order_from_json)

    def receipts_of(self, order_id: str) -> Sequence[Receipt]:
        table = reference_receipt
        query = sa.select(table.c.body).where(table.c.dataset == self._dataset, table.c.order_id == order_id)
        return self._bodies(query.order_by(table.c.position).limit(_MOST_ORDERS), receipt_from_json)

    def claims_on(self, order_id: str) -> Sequence[Claim]:
        register = invoice_register
        query = self._claims().join(invoice_claim, invoice_claim.c.document_id == register.c.document_id)
        return self._read(query.where(invoice_claim.c.order_id == order_id))

    def claims_of(self, supplier_key: str, number_key: str) -> Sequence[Claim]:
        register = invoice_register
        return self._read(
            self._claims().where(register.c.supplier_key == supplier_key, register.c.number_key == number_key)
        )

    def _claims(self) -> sa.Select[Any, Any]:
        register = invoice_register
        return (
            sa.select(register.c.claim, register.c.state)
            .where(register.c.position < self._before, register.c.claim.is_not(None))
            .order_by(register.c.position)
            .limit(_MOST_CLAIMS)
        )

    def _read(self, query: sa.Select[Any, Any]) -> list[Claim]:
        return [
            claim_from_json(row.claim, is_rejected=row.state == "rejected", is_accepted=row.state == "accepted")
            for row in self._conn.execute(query)
        ]
