"""After a month is over: what was forecast against what the ledger says, and how good we are at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tiebeam.economics.forecast.looking import Problem, Spent
from tiebeam.economics.forecast.months import Month
from tiebeam.economics.forecast.plan import RECORDED, Plan


@dataclass(frozen=True, slots=True)
class Miss:
    """One figure as forecast and as it came."""

    name: str
    title: str
    forecast: Decimal
    ledger: Decimal

    # Derived figures are fields, so that whatever shows a miss shows all of it.
    error: Decimal = field(init=False)
    """Forecast less ledger: above zero, we thought it dearer than it was."""
    share: Decimal | None = field(init=False)
    """The absolute error over the ledger; None where the ledger holds nothing."""

    def __post_init__(self) -> None:
        error = self.forecast - self.ledger
        object.__setattr__(self, "error", error)
        object.__setattr__(self, "share", abs(error) / self.ledger if self.ledger else None)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A workflow's month that is over. Without a kept plan there is nothing to compare, which `problem` says."""

    intent: str
    month: Month
    currency: str
    made_at: datetime | None
    is_late: bool
    """The plan was made when the month could be seen already, so it counts for no error."""
    parts: tuple[Miss, ...]
    total: Miss | None
    units: Miss | None
    cost_per_accepted: Miss | None
    is_in_range: bool | None
    """Whether the ledger lies between P10 and P90 of the plan."""
    ledger: Decimal
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Forecast error of a workflow over the months whose plans were made in time."""

    intent: str
    months: int
    absolute_share: Decimal | None
    """The mean of the months' absolute errors as shares of the ledger (MAPE)."""
    bias_share: Decimal | None
    """All errors over all cost: above zero, we plan too dear."""
    in_range_share: Decimal | None
    left_out: int
    """Months without a plan, or with a late one."""


NOT_KEPT = Problem("no_plan_kept", "no plan was kept for this month; a worker keeps one when a month begins")


def reconcile(plan: Plan | None, spent: Spent, *, intent: str, month: Month, currency: str) -> Reconciled:
    """Compare one month. The caller knows that it is over."""
    ledger = spent.tally.total_cost
    if plan is None:
        return Reconciled(intent, month, currency, None, False, (), None, None, None, None, ledger, NOT_KEPT)
    came, planned = spent.tally.cost_per_accepted, plan.cost_per_accepted
    return Reconciled(
        intent=intent,
        month=month,
        currency=currency,
        made_at=plan.made_at,
        is_late=plan.is_late,
        parts=tuple(
            Miss(part.name, part.title, plan.parts[part.name].value, spent.by_part.get(part.name, Decimal(0)))
            for part in RECORDED
        ),
        total=Miss("total", "Cost to serve", plan.total.value, ledger),
        units=Miss("units", "Cases", plan.units.value, Decimal(spent.tally.units)),
        cost_per_accepted=None
        if came is None or planned is None
        else Miss("cost_per_accepted", "Cost of an accepted outcome", planned, came),
        is_in_range=plan.total.p10 <= ledger <= plan.total.p90,
        ledger=ledger,
        problem=None,
    )


def accuracy_of(intent: str, months: Iterable[Reconciled]) -> Accuracy:
    """How good we were; None where no month counts."""
    kept = list(months)
    counted = [one for one in kept if one.total is not None and not one.is_late]
    shares = [one.total.share for one in counted if one.total is not None and one.total.share is not None]
    cost = sum((one.ledger for one in counted), Decimal(0))
    errors = sum((one.total.error for one in counted if one.total is not None), Decimal(0))
    return Accuracy(
        intent=intent,
        months=len(counted),
        absolute_share=sum(shares, Decimal(0)) / len(shares) if shares else None,
        bias_share=errors / cost if cost else None,
        in_range_share=Decimal(sum(bool(one.is_in_range) for one in counted)) / len(counted) if counted else None,
        left_out=len(kept) - len(counted),
    )
