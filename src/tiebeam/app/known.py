"""What this version provides by name: step codes and scorers."""

from __future__ import annotations

from collections.abc import Iterable

from tiebeam.workflow.invoices import CODES as INVOICE_CODES
from tiebeam.workflow.invoices import SCORERS
from tiebeam.workflow.models import CODES as MODEL_CODES
from tiebeam.workflow.payables import CODES as PAYABLES_CODES
from tiebeam.workflow.steps import StepCode, StepRegister


def step_register(codes: Iterable[StepCode] = ()) -> StepRegister:
    """Every step code this version provides, and `codes`."""
    return StepRegister((*INVOICE_CODES, *PAYABLES_CODES, *MODEL_CODES, *codes))


def known_steps() -> frozenset[str]:
    """The names recipes may use: all step codes, and the reading that intake does."""
    return step_register().names | {"invoices.read"}


def known_scorers() -> frozenset[str]:
    """The names evaluation sets may use."""
    return frozenset(SCORERS)
