"""An outcome as it is reported, and what it must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tiebeam.economics.totals import usd_text
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.kit import digest_of, plain

MOST_REPORTED = 1_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")
_EXECUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,119}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST_REF, _LONGEST_BASIS = 200, 1_000
_MOST_COUNTED = 10_000_000
_MOST_VALUE = Decimal(1_000_000_000)
_AHEAD = timedelta(minutes=5)


class WrongOutcome(Invalid):
    """A part of the report that is missing, or cannot be so; `field` names it."""

    code = "wrong_outcome"


class OutcomeDiffers(Conflict):
    """The case was reported before and said something else."""

    code = "outcome_differs"


class UnknownOutcome(NotFound):
    """No outcome of that id that you may see."""

    code = "unknown_outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What somebody reports: `ended` pieces of work, `accepted` of which were good, worth `value` in `currency`.

    `ref` is the reporter's own name of the case. `basis` says where the value comes from. `corrects` is the id of an
    earlier outcome that this one stands for from now on.
    """

    ref: str
    team: str
    workflow: str
    agent: str = ""
    execution: str = ""
    """The run the work was done in, as its calls named it; by it value is followed to steps and models."""
    accepted: int = 1
    ended: int = 1
    value: Decimal = Decimal(0)
    currency: str = "USD"
    basis: str = ""
    at: datetime | None = None
    """None is the moment of the report."""
    corrects: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An outcome as it is kept. `corrected_by` is the id of the one that stands for it now."""

    id: str
    ref: str
    at: datetime
    day: str
    team: str
    workflow: str
    agent: str
    execution: str
    accepted: int
    ended: int
    amount: Decimal
    currency: str
    value_nano: int
    basis: str
    digest: str
    reported_by: str
    reported_at: datetime
    corrects: str | None
    corrected_by: str | None = None

    def form(self) -> dict[str, Any]:
        """As `--json` and the API give it; the value as it was stated and in dollars, exact."""
        hidden = {"digest", "value_nano", "amount"}
        kept = {one.name: getattr(self, one.name) for one in fields(Outcome) if one.name not in hidden}
        return {**plain(kept), "value": plain(self.amount), "value_usd": usd_text(self.value_nano)}


def checked(reported: Reported, *, now: datetime) -> Reported:
    """Raises WrongOutcome naming the part."""
    _check_names(reported)
    if reported.at is not None and reported.at.tzinfo is None:
        raise WrongOutcome("at has no offset; write it as 2026-11-21T09:00:00Z", field="at")
    if reported.at is not None and reported.at > now + _AHEAD:
        raise WrongOutcome(f"at is {reported.at.isoformat()}, which is still to come", field="at")
    if not 0 <= reported.accepted <= reported.ended <= _MOST_COUNTED:
        raise WrongOutcome(
            f"{reported.accepted} of {reported.ended} accepted; give whole numbers with 0 ≤ accepted ≤ ended",
            field="accepted",
        )
    if not reported.value.is_finite() or not 0 <= reported.value <= _MOST_VALUE:
        raise WrongOutcome(f"value is {reported.value}; give 0 to {_MOST_VALUE:,}", field="value")
    if reported.value and not reported.basis.strip():
        raise WrongOutcome("a value needs its basis: how it was worked out, and as of when", field="basis")
    if len(reported.basis) > _LONGEST_BASIS:
        raise WrongOutcome(f"basis has {len(reported.basis)} letters; write up to {_LONGEST_BASIS}", field="basis")
    if not _CURRENCY.fullmatch(reported.currency):
        raise WrongOutcome(f"currency is {reported.currency!r}; give a code such as 'USD'", field="currency")
    return reported


def digest_of_report(reported: Reported) -> str:
    """Equal for reports that say the same. Nobody's name is in it: who repeats a report adds nothing."""
    return digest_of(plain(reported) | {"value": plain(reported.value.normalize())})


def _check_names(reported: Reported) -> None:
    given: Mapping[str, str] = {"team": reported.team, "workflow": reported.workflow, "agent": reported.agent}
    for name, text in given.items():
        if not (_NAME.fullmatch(text) or (name == "agent" and not text)):
            raise WrongOutcome(
                f"{name} is {text[:80]!r}; 1 to 80 letters, digits and . _ / -, as the key has it", field=name
            )
    if reported.execution and not _EXECUTION.fullmatch(reported.execution):
        raise WrongOutcome(
            f"execution is {reported.execution[:120]!r}; give it as the calls named it", field="execution"
        )
    if not 1 <= len(reported.ref) <= _LONGEST_REF or not reported.ref.isprintable():
        raise WrongOutcome(f"ref needs 1 to {_LONGEST_REF} printable letters: your own name of the case", field="ref")
