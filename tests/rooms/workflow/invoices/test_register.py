"""The register and the step codes on both databases. ids: CA-05, WF-09"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders.purchasing import Company, Document, random_company
from tiebeam.connect.documents import Invoice, invoice_to_json
from tiebeam.connect.purchasing import policy_to_json
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.store import Store
from tiebeam.workflow.invoices import (
    CODES,
    MemoryReference,
    NotRegistered,
    SqlReference,
    import_reference,
    match_invoice,
    match_registered,
    past_codings,
    register_document,
    settle_invoice,
)
from tiebeam.workflow.steps import RunInfo, Services, StepCall, StepFailed, StepResult

STEPS = {code.uses: code.run for code in CODES}
ROLES = ({"id": "controller", "title": "Controller", "approval_limit": "1000000"},)


def _import(store: Store, company: Company) -> str:
    with store.unit() as unit:
        return import_reference(unit, orders=company.orders, receipts=company.receipts, suppliers=company.suppliers)


def _register(store: Store, document_id: str, invoice: Invoice, *, arrival: int = 0) -> int:
    with store.unit() as unit:
        return register_document(
            unit, document_id=document_id, arrival=arrival, received_at="2026-03-02", invoice=invoice, sha256="00"
        )


def _of_kind(kinds: Iterable[str], *, seeds: Iterable[int] = range(200)) -> tuple[Company, list[Document]]:
    """A company small enough to be about one thing."""
    wanted = list(kinds)
    for seed in seeds:
        company = random_company(seed, cases=1)
        if [document.kind for document in company.documents] == wanted:
            return company, company.documents
    raise AssertionError(f"no small company has the documents {wanted}")


def test_the_same_reference_data_is_kept_once(store: Store) -> None:
    company = random_company(1, cases=5)
    first = _import(store, company)
    assert _import(store, company) == first
    company.orders.pop()
    assert _import(store, company) != first


def test_a_document_is_registered_once_and_keeps_its_place(store: Store) -> None:
    company = random_company(2, cases=5)
    first, second = company.documents[:2]
    assert _register(store, "a", first.invoice) == 1
    assert _register(store, "b", second.invoice) == 2
    assert _register(store, "a", second.invoice) == 1


def test_the_database_and_memory_match_alike(store: Store) -> None:
    company = random_company(3, cases=25)
    dataset = _import(store, company)
    memory = MemoryReference(orders=company.orders, receipts=company.receipts, suppliers=company.suppliers)
    for arrival, document in enumerate(company.documents, start=1):
        _register(store, document.id, document.invoice, arrival=arrival)
        with store.unit() as unit:
            stored = match_registered(
                unit, document_id=document.id, invoice=document.invoice, dataset=dataset, policy=company.policy
            )
        pure = match_invoice(
            document.invoice,
            reference=memory,
            policy=company.policy,
            document_id=document.id,
            arrival=arrival,
            received_on=stored.claim.received_on,
        )
        memory.add(pure.claim)
        assert stored.findings == pure.findings
        assert stored.labels == document.labels
        assert stored.matched_order == document.matched_order


def test_an_earlier_document_counts_even_before_it_was_matched(store: Store) -> None:
    company, (original, duplicate) = _of_kind(["original", "duplicate"])
    dataset = _import(store, company)
    _register(store, "first", original.invoice)
    _register(store, "second", duplicate.invoice)
    with store.unit() as unit:
        late = match_registered(
            unit, document_id="second", invoice=duplicate.invoice, dataset=dataset, policy=company.policy
        )
        early = match_registered(
            unit, document_id="first", invoice=original.invoice, dataset=dataset, policy=company.policy
        )
    assert late.labels == ("duplicate_invoice",)
    assert early.labels == ()


def test_a_document_that_becomes_readable_late_sees_what_was_paid_meanwhile(store: Store) -> None:
    company, (original, duplicate) = _of_kind(["original", "duplicate"])
    dataset = _import(store, company)
    _register(store, "second", duplicate.invoice, arrival=2)
    _register(store, "first, typed by a person later", original.invoice, arrival=1)
    with store.unit() as unit:
        found = match_registered(
            unit,
            document_id="first, typed by a person later",
            invoice=original.invoice,
            dataset=dataset,
            policy=company.policy,
        )
    assert found.labels == ("duplicate_invoice",)


def test_a_rejected_invoice_frees_its_order(store: Store) -> None:
    company, (document,) = _of_kind(["exact"])
    dataset = _import(store, company)
    _register(store, "first", document.invoice)
    again = replace(document.invoice, number="ANOTHER-1")
    with store.unit() as unit:
        match_registered(unit, document_id="first", invoice=document.invoice, dataset=dataset, policy=company.policy)
        settle_invoice(unit, document_id="first", outcome="rejected")
    _register(store, "second", again)
    with store.unit() as unit:
        found = match_registered(unit, document_id="second", invoice=again, dataset=dataset, policy=company.policy)
    assert found.labels == ()


def test_what_is_not_registered_is_not_matched(store: Store) -> None:
    company = random_company(4, cases=3)
    with store.unit() as unit, pytest.raises(NotRegistered, match="register it first"):
        match_registered(
            unit, document_id="no", invoice=company.documents[0].invoice, dataset=None, policy=company.policy
        )


def test_an_invoice_is_settled_as_accepted_or_rejected_only(store: Store) -> None:
    with store.unit() as unit, pytest.raises(Invalid, match="accepted or rejected"):
        settle_invoice(unit, document_id="a", outcome="paid")


def test_accepted_codings_become_the_suppliers_history(store: Store) -> None:
    company, (document,) = _of_kind(["exact"])
    dataset = _import(store, company)
    _register(store, "first", document.invoice)
    with store.unit() as unit:
        match = match_registered(
            unit, document_id="first", invoice=document.invoice, dataset=dataset, policy=company.policy
        )
        settle_invoice(unit, document_id="first", outcome="accepted", account="6300", cost_centre="K1")
    with store.read() as conn:
        (past,) = past_codings(conn, supplier_key=match.claim.supplier_key)
    assert (past.account, past.cost_centre, past.document_id) == ("6300", "K1", "first")


def test_every_lookup_gives_what_memory_gives(store: Store) -> None:
    company = random_company(6, cases=10)
    dataset = _import(store, company)
    memory = MemoryReference(orders=company.orders, receipts=company.receipts, suppliers=company.suppliers)
    with store.read() as conn:
        stored = SqlReference(conn, dataset=dataset, before=1)
        for supplier in company.suppliers:
            assert stored.supplier(supplier.id) == supplier
            assert sorted(order.id for order in stored.orders_of(supplier.id)) == sorted(
                order.id for order in memory.orders_of(supplier.id)
            )
            for iban in supplier.ibans:
                assert list(stored.suppliers_with_account(iban)) == list(memory.suppliers_with_account(iban))
        for order in company.orders:
            assert list(stored.receipts_of(order.id)) == list(memory.receipts_of(order.id))


class Run:
    """The steps of one document as the interpreter calls them."""

    def __init__(self, store: Store, clock: FixedClock, company: Company, invoice: Invoice, document_id: str) -> None:
        self._store = store
        self._clock = clock
        self._run = RunInfo(f"run-{document_id}", "finance.invoices", "finance.invoices/match", "ap", document_id)
        self._input: dict[str, Any] = {
            "policy": policy_to_json(company.policy),
            "dataset": _import(store, company),
            "arrival": 1,
            "received_at": "2026-03-02",
            "sha256": "00",
        }
        self.done: dict[str, dict[str, Any]] = {
            "read": {"outcome": "read", "output": {"invoice": invoice_to_json(invoice)}}
        }

    def call(self, uses: str) -> StepResult:
        step_id = uses.removeprefix("invoices.")
        services = Services(Path(), erp=None, payments=None, mail=None, debtor={}, roles=ROLES)
        with self._store.unit() as unit:
            call = StepCall(
                run=self._run,
                step_id=step_id,
                inputs=self.done,
                input=self._input,
                params={},
                services=services,
                now=self._clock.now(),
                key=f"{self._run.id}:{step_id}",
                conn=unit.conn,
                unit=unit,
            )
            result = STEPS[uses](call)
        self.done[step_id] = {"outcome": result.outcome, "output": result.output}
        return result


def test_the_steps_match_decide_and_say_why(store: Store, clock: FixedClock) -> None:
    company, (document,) = _of_kind(["price_above"])
    run = Run(store, clock, company, document.invoice, "d1")
    matched = run.call("invoices.match")
    assert matched.outcome == "discrepancy"
    assert matched.output["supplier"]["supplier_id"] == matched.output["supplier_key"]
    assert matched.output["order"]["id"] == document.matched_order
    decided = run.call("invoices.decide")
    assert (decided.outcome, decided.output["labels"]) == ("hold", ["price_variance"])
    assert decided.output["approver_role"] == "controller"
    assert decided.evidence["rules"][0]["rule"] == "price.tolerance"
    assert "instead of" in decided.output["reason"]


def test_an_invoice_without_an_order_gets_a_coding_from_history(store: Store, clock: FixedClock) -> None:
    company, (document,) = _of_kind(["no_reference"])
    company.suppliers = [replace(supplier, account="4980", cost_centre="K9") for supplier in company.suppliers]
    run = Run(store, clock, company, document.invoice, "d1")
    run.call("invoices.match")
    run.call("invoices.decide")
    proposed = run.call("invoices.propose-coding")
    assert (proposed.output["account"], proposed.output["basis"]) == ("4980", "supplier record")
    with store.unit() as unit:
        settle_invoice(unit, document_id="d1", outcome="accepted", account="6300", cost_centre="K1")
    following = Run(store, clock, company, replace(document.invoice, number="NEXT-1"), "d2")
    following.call("invoices.match")
    proposed = following.call("invoices.propose-coding")
    assert (proposed.output["account"], proposed.output["basis"]) == ("6300", "same items")
    assert proposed.output["evidence"]["documents"] == ["d1"]


def test_what_a_person_completed_is_matched_instead_of_what_was_read(store: Store, clock: FixedClock) -> None:
    company, (document,) = _of_kind(["exact"])
    run = Run(store, clock, company, replace(document.invoice, number=None), "d1")
    run.done["read"]["output"] = {}
    with pytest.raises(StepFailed, match="nobody completed it"):
        run.call("invoices.match")
    run.done["capture"] = {"outcome": "edit", "output": {"payload": {"invoice": invoice_to_json(document.invoice)}}}
    assert run.call("invoices.match").outcome == "matched"


# ids: WF-01, B7
@pytest.mark.parametrize("value", ["NaN", "Infinity", "twelve"])
def test_an_amount_that_is_no_number_goes_back_to_the_person(store: Store, clock: FixedClock, value: str) -> None:
    company, (document,) = _of_kind(["exact"])
    run = Run(store, clock, company, document.invoice, "d1")
    run.done["read"]["output"]["invoice"]["gross"] = value
    with pytest.raises(StepFailed, match="wrong value"):
        run.call("invoices.match")
