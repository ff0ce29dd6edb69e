"""What may be named: step codes, scorers, gates and kinds of systems, of this version and of installed packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from tiebeam.connect.connectors import BUILT_IN_KINDS
from tiebeam.spec import Effect
from tiebeam.workflow.extend import Extensions, find_extensions
from tiebeam.workflow.invoices import CODES as INVOICE_CODES
from tiebeam.workflow.invoices import SCORERS
from tiebeam.workflow.models import CODES as MODEL_CODES
from tiebeam.workflow.payables import CODES as PAYABLES_CODES
from tiebeam.workflow.promotion import GATE_IDS
from tiebeam.workflow.steps import StepCode, StepRegister
from tiebeam.workflow.triggers import CODES as EVENT_CODES

_CODES = (*INVOICE_CODES, *PAYABLES_CODES, *MODEL_CODES, *EVENT_CODES)
_READ = "invoices.read"
"""What intake does before a run begins; no code of a run."""


class KnownNames(TypedDict):
    """The names records may use; handed to `tiebeam.graph.load` and `check`."""

    known_steps: dict[str, Effect]
    """With what each does to the world."""
    known_scorers: frozenset[str]
    known_kinds: frozenset[str]


def installed() -> Extensions:
    """What installed packages add to this version."""
    return find_extensions(taken_steps=known_here(), taken_scorers=SCORERS, taken_gates=GATE_IDS)


def known_here() -> frozenset[str]:
    """Step codes of this version, and the reading that intake does."""
    return frozenset(code.uses for code in _CODES) | {_READ}


def step_register(codes: Iterable[StepCode] = ()) -> StepRegister:
    """Every step code this version provides, and `codes`."""
    return StepRegister((*_CODES, *codes))


def known_names(extensions: Extensions | None = None) -> KnownNames:
    """Names of this version and of installed packages, looked up anew unless they are given."""
    more = installed() if extensions is None else extensions
    return {
        "known_steps": {_READ: Effect.DB, **{code.uses: code.effect for code in (*_CODES, *more.steps)}},
        "known_scorers": frozenset(SCORERS) | {name for name, _ in more.scorers},
        "known_kinds": BUILT_IN_KINDS | {connector.kind for connector in more.connectors},
    }
