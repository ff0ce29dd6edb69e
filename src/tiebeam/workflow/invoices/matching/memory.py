"""A reference held in memory: for evaluation cases, tests and whole batches at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tiebeam.connect.purchasing import PurchaseOrder, Receipt, Supplier
from tiebeam.workflow.invoices.matching.keys import account_key, bare_vat, number_key, vat_key
from tiebeam.workflow.invoices.matching.model import Claim
from tiebeam.workflow.invoices.matching.suppliers import supplier_of_order


class MemoryReference:
    """Indexes given records; `add` enters one more invoice after it was matched."""

    def __init__(
        self,
        *,
        orders: Iterable[PurchaseOrder] = (),
        receipts: Iterable[Receipt] = (),
        suppliers: Iterable[Supplier] = (),
        claims: Iterable[Claim] = (),
    ) -> None:
        self._suppliers = list(suppliers)
        self._by_id = {supplier.id: supplier for supplier in self._suppliers}
        self._by_vat: dict[str, list[Supplier]] = {}
        self._by_account: dict[str, list[Supplier]] = {}
        for supplier in self._suppliers:
            for key in {form for vat in supplier.vat_ids for form in (vat_key(vat), bare_vat(vat_key(vat)))}:
                self._by_vat.setdefault(key, []).append(supplier)
            for key in {account_key(account) for account in supplier.ibans}:
                self._by_account.setdefault(key, []).append(supplier)
        self._by_number: dict[str, list[PurchaseOrder]] = {}
        self._by_supplier: dict[str, list[PurchaseOrder]] = {}
        for order in orders:
            self._by_number.setdefault(number_key(order.id), []).append(order)
            holder = supplier_of_order(order, reference=self)
            if holder is not None:
                self._by_supplier.setdefault(holder.id, []).append(order)
        self._receipts: dict[str, list[Receipt]] = {}
        for receipt in receipts:
            for order_id in {line.order_id or receipt.order_id for line in receipt.lines} | {receipt.order_id}:
                if order_id is not None:
                    self._receipts.setdefault(order_id, []).append(receipt)
        self._on_order: dict[str, list[Claim]] = {}
        self._of_number: dict[tuple[str, str], list[Claim]] = {}
        for claim in sorted(claims, key=lambda claim: claim.arrival):
            self.add(claim)

    def add(self, claim: Claim) -> None:
        for order_id in {claim.order_id, *(line.order_id for line in claim.lines)} - {None}:
            self._on_order.setdefault(str(order_id), []).append(claim)
        self._of_number.setdefault((claim.supplier_key, claim.number_key), []).append(claim)

    def suppliers_with_vat(self, vat_key: str) -> Sequence[Supplier]:
        return self._by_vat.get(vat_key, [])

    def suppliers_with_account(self, account_key: str) -> Sequence[Supplier]:
        return self._by_account.get(account_key, [])

    def suppliers(self) -> Sequence[Supplier]:
        return self._suppliers

    def supplier(self, supplier_id: str) -> Supplier | None:
        return self._by_id.get(supplier_id)

    def orders_with_key(self, key: str) -> Sequence[PurchaseOrder]:
        return self._by_number.get(key, [])

    def orders_of(self, supplier_id: str) -> Sequence[PurchaseOrder]:
        return self._by_supplier.get(supplier_id, [])

    def receipts_of(self, order_id: str) -> Sequence[Receipt]:
        return self._receipts.get(order_id, [])

    def claims_on(self, order_id: str) -> Sequence[Claim]:
        return self._on_order.get(order_id, [])

    def claims_of(self, supplier_key: str, number_key: str) -> Sequence[Claim]:
        return self._of_number.get((supplier_key, number_key), [])
