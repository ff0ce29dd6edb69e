"""Customer credit transfer initiation, ISO 20022 pain.001.001.09."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from tiebeam.connect.payments.iban import check_bic, check_iban
from tiebeam.connect.payments.instruction import Debtor, InvalidPayment, PaymentInstruction, check_reference, checked
from tiebeam.connect.payments.letters import bank_text
from tiebeam.kit import decimal_text

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def payment_file(
    instruction: PaymentInstruction | Sequence[PaymentInstruction],
    *,
    message_id: str,
    created_at: datetime,
    debtor: Debtor,
) -> bytes:
    """The bank's file for one or more transfers from one account; equal arguments give equal bytes.

    Transfers are grouped by day and currency. Raises InvalidPayment or InvalidAccount before anything is written.
    """
    given = [instruction] if isinstance(instruction, PaymentInstruction) else list(instruction)
    transfers = sorted((checked(one) for one in given), key=_group)
    if not transfers:
        raise InvalidPayment("a payment file needs at least one transfer")
    if len({one.end_to_end_id for one in transfers}) != len(transfers):
        raise InvalidPayment(f"an end-to-end id appears twice in the message {message_id!r}")
    payer = _checked_debtor(debtor)
    check_reference(message_id, what="message id")
    return _document(transfers, message_id=message_id, created_at=created_at, debtor=payer)


def _group(transfer: PaymentInstruction) -> tuple[date, str]:
    return transfer.execution_date, transfer.currency


def _checked_debtor(debtor: Debtor) -> Debtor:
    if not bank_text(debtor.name, longest=70):
        raise InvalidPayment(f"the payer's name {debtor.name!r} has no letter that banks can carry")
    return Debtor(name=debtor.name, iban=check_iban(debtor.iban), bic=check_bic(debtor.bic) if debtor.bic else None)


class _Node:
    """A place in the XML tree; keeps the namespace out of the code that fills it."""

    def __init__(self, element: Any, new: Any) -> None:
        self.element = element
        self._new = new

    def add(self, name: str, text: str | None = None, **attributes: str) -> _Node:
        child = self._new(self.element, f"{{{NAMESPACE}}}{name}", **attributes)
        if text is not None:
            child.text = text
        return _Node(child, self._new)


def _document(
    transfers: Sequence[PaymentInstruction], *, message_id: str, created_at: datetime, debtor: Debtor
) -> bytes:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # pyright: ignore[reportArgumentType]
    initiation = _Node(root, etree.SubElement).add("CstmrCdtTrfInitn")
    header = initiation.add("GrpHdr")
    header.add("MsgId", message_id)
    header.add("CreDtTm", created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _totals(header, transfers)
    header.add("InitgPty").add("Nm", bank_text(debtor.name, longest=70))
    for number, (_, group) in enumerate(groupby(transfers, key=_group), start=1):
        _payment(initiation, list(group), payment_id=f"{message_id[:31]}-{number}", debtor=debtor)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _totals(place: _Node, transfers: Sequence[PaymentInstruction]) -> None:
    place.add("NbOfTxs", str(len(transfers)))
    place.add("CtrlSum", decimal_text(sum((one.amount for one in transfers), Decimal(0))))


def _payment(place: _Node, transfers: Sequence[PaymentInstruction], *, payment_id: str, debtor: Debtor) -> None:
    first = transfers[0]
    is_euro = first.currency == "EUR"
    payment = place.add("PmtInf")
    payment.add("PmtInfId", payment_id)
    payment.add("PmtMtd", "TRF")
    _totals(payment, transfers)
    if is_euro:
        payment.add("PmtTpInf").add("SvcLvl").add("Cd", "SEPA")
    payment.add("ReqdExctnDt").add("Dt", first.execution_date.isoformat())
    payment.add("Dbtr").add("Nm", bank_text(debtor.name, longest=70))
    payment.add("DbtrAcct").add("Id").add("IBAN", debtor.iban)
    agent = payment.add("DbtrAgt").add("FinInstnId")
    if debtor.bic:
        agent.add("BICFI", debtor.bic)
    else:
        agent.add("Othr").add("Id", "NOTPROVIDED")
    # "Following service level" needs a service level, which only the euro scheme gives; elsewhere costs are shared.
    payment.add("ChrgBr", "SLEV" if is_euro else "SHAR")
    for transfer in transfers:
        _transfer(payment, transfer)


def _transfer(payment: _Node, transfer: PaymentInstruction) -> None:
    entry = payment.add("CdtTrfTxInf")
    entry.add("PmtId").add("EndToEndId", transfer.end_to_end_id)
    entry.add("Amt").add("InstdAmt", decimal_text(transfer.amount), Ccy=transfer.currency)
    if transfer.creditor_bic:
        entry.add("CdtrAgt").add("FinInstnId").add("BICFI", transfer.creditor_bic)
    creditor = entry.add("Cdtr")
    creditor.add("Nm", bank_text(transfer.creditor_name, longest=70))
    if transfer.creditor_country:
        creditor.add("PstlAdr").add("Ctry", transfer.creditor_country)
    entry.add("CdtrAcct").add("Id").add("IBAN", transfer.creditor_iban)
    numbers = ", ".join(number.strip() for number in transfer.invoice_numbers if number.strip())
    entry.add("RmtInf").add("Ustrd", bank_text(numbers, longest=140))
