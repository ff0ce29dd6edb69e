"""From the plan and what was spent so far to the end of the month, and when that alarms."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.forecast.months import Pace
from tiebeam.kit.formulas import Exact, read_formula, work_out
from tiebeam.spec import ForecastUse

PROJECTION = "actual + (days - elapsed) * (actual + settle_days * planned / days) / (elapsed + settle_days)"
"""What was spent, and the days left at a pace between the month's own and the plan's: `settle_days` of the plan are
added to what was seen, so that the first days weigh little and the last ones nearly all.
"""
RUN_RATE = "actual * days / elapsed"


class Level(StrEnum):
    CALM = "calm"
    WARN = "warn"
    ALERT = "alert"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One figure of a month: as planned, so far, and at its end. None where nobody knows."""

    name: str
    title: str
    unit: str = "money"
    planned: Decimal | None
    p10: Decimal | None = None
    p90: Decimal | None = None
    actual: Decimal
    projected: Decimal | None

    # Derived figures are fields, so that whatever shows an outlook shows all of it.
    variance: Decimal | None = field(init=False)
    """Projected less planned: above zero is dearer."""
    share: Decimal | None = field(init=False)
    """The variance over the plan; None where nothing was planned."""

    def __post_init__(self) -> None:
        variance = None if self.planned is None or self.projected is None else self.projected - self.planned
        object.__setattr__(self, "variance", variance)
        object.__setattr__(self, "share", variance / self.planned if variance is not None and self.planned else None)


def project(actual: Decimal, pace: Pace, *, planned: Decimal | None, settle_days: Decimal) -> Decimal | None:
    """The figure at the end of the month; without a plan at the pace so far, None before the first day."""
    figures = {
        "actual": actual,
        "days": Decimal(pace.days),
        "elapsed": pace.elapsed,
        "settle_days": settle_days,
        "planned": planned or Decimal(0),
    }
    if planned is None and not pace.elapsed:
        return None
    return work_out(read_formula(RUN_RATE if planned is None else PROJECTION), figures, arithmetic=Exact())


def level_of(outlook: Outlook, pace: Pace, use: ForecastUse, *, dearest: Decimal, base: Decimal | None = None) -> Level:
    """How far the end of the month lies above its plan, without the dearest day alone raising it.

    `dearest` is what the dearest day cost; `base` is what shares are of where nothing was planned for this figure.
    """
    planned = outlook.planned
    if planned is None or outlook.projected is None:
        return Level.CALM
    of = planned or base or Decimal(0)
    usual = max(Decimal(0), dearest - planned / pace.days)
    # What is spent already is no matter of one day.
    without = project(outlook.actual - usual, pace, planned=planned, settle_days=use.settle_days)
    expected = max(outlook.actual, min(outlook.projected, without or Decimal(0)))
    found = Level.CALM
    for level, share in ((Level.WARN, use.warn_share), (Level.ALERT, use.alert_share)):
        if expected > planned and expected - planned > share * of:
            found = level
    return found
