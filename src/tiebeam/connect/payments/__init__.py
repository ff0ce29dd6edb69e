"""Payments: ISO 20022 files for the bank, each made once."""

from tiebeam.connect.payments.iban import InvalidAccount, check_bic, check_iban
from tiebeam.connect.payments.instruction import Debtor, InvalidPayment, PaymentInstruction
from tiebeam.connect.payments.letters import bank_text
from tiebeam.connect.payments.pain001 import payment_file
from tiebeam.connect.payments.spool import PaymentSpool

__all__ = [
    "Debtor",
    "InvalidAccount",
    "InvalidPayment",
    "PaymentInstruction",
    "PaymentSpool",
    "bank_text",
    "check_bic",
    "check_iban",
    "payment_file",
]
