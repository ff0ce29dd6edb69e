"""What is to be paid, and from which account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tiebeam.connect.payments.iban import check_bic, check_iban
from tiebeam.connect.payments.letters import bank_text
from tiebeam.errors import Invalid

_CURRENCY = re.compile(r"[A-Z]{3}")
# ISO 4217 minor units where they are not two.
_PLACES = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3, "JOD": 3, "OMR": 3}
_DIGITS = 18


class InvalidPayment(Invalid):
    """A payment that a bank would refuse."""

    code = "invalid_payment"


@dataclass(frozen=True, slots=True)
class Debtor:
    """The paying company and its account; the bank identifier is optional within SEPA."""

    name: str
    iban: str
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentInstruction:
    """One credit transfer. `end_to_end_id` (35 characters at most) comes back on the bank statement."""

    end_to_end_id: str
    amount: Decimal
    currency: str
    creditor_name: str
    creditor_iban: str
    execution_date: date
    invoice_numbers: tuple[str, ...]
    creditor_bic: str | None = None
    creditor_country: str | None = None
    """ISO 3166-1 alpha-2, when known."""


def checked(instruction: PaymentInstruction) -> PaymentInstruction:
    """The instruction with normal account numbers. Raises InvalidPayment or InvalidAccount naming what is wrong."""
    name, amount, currency = instruction.creditor_name, instruction.amount, instruction.currency
    if not _CURRENCY.fullmatch(currency):
        raise InvalidPayment(f"{currency!r} is not a currency code such as 'EUR'")
    if amount <= 0:
        raise InvalidPayment(f"the payment to {name!r} is {amount} {currency}; only amounts above zero can be paid")
    if amount != amount.quantize(Decimal(1).scaleb(-_PLACES.get(currency, 2))):
        raise InvalidPayment(f"{amount} {currency} to {name!r} has more decimals than the currency; round it first")
    if len(amount.as_tuple().digits) > _DIGITS:
        raise InvalidPayment(f"{amount} {currency} to {name!r} has more than {_DIGITS} digits")
    if not bank_text(name, longest=70):
        raise InvalidPayment(f"the payee's name {name!r} has no letter that banks can carry")
    check_reference(instruction.end_to_end_id, what="end-to-end id")
    if not bank_text(" ".join(instruction.invoice_numbers), longest=140):
        raise InvalidPayment(f"the payment to {name!r} names no invoice; the payee could not assign it")
    return PaymentInstruction(
        end_to_end_id=instruction.end_to_end_id,
        amount=amount,
        currency=currency,
        creditor_name=name,
        creditor_iban=check_iban(instruction.creditor_iban),
        execution_date=instruction.execution_date,
        invoice_numbers=instruction.invoice_numbers,
        creditor_bic=check_bic(instruction.creditor_bic) if instruction.creditor_bic else None,
        creditor_country=instruction.creditor_country,
    )


def check_reference(text: str, *, what: str) -> str:
    """An identifier that every bank returns unchanged: 1 to 35 of the banks' letters, no slash at an end."""
    if not text or bank_text(text, longest=35) != text:
        raise InvalidPayment(f"the {what} {text!r} must have 1 to 35 characters out of a-z A-Z 0-9 / - ? : ( ) . , ' +")
    return text
