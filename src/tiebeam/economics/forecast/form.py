"""A forecast as the API, `--json` and spreadsheets give it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tiebeam.economics.forecast.keeping import Alert
from tiebeam.economics.forecast.looking import Forecast
from tiebeam.economics.forecast.plan import Plan
from tiebeam.economics.forecast.projection import PROJECTION
from tiebeam.economics.forecast.reconciling import Accuracy, Reconciled
from tiebeam.economics.workbook import Calculation, InputCell, LineCell
from tiebeam.kit import plain

_NAMES = re.compile(r"\b(actual|planned)\b")


def forecast_form(found: Forecast) -> dict[str, Any]:
    """Decimals as text, the month as 2026-11."""
    tally, pace = found.spent.tally, found.pace
    return {
        "workflow": found.intent,
        "recipe": found.recipe,
        "owner": found.owner,
        "month": str(found.month),
        "as_of": plain(found.as_of),
        "currency": found.currency,
        "level": found.level.value,
        "because": found.because,
        "reasoning": reasoning(found),
        "days": {"counting": pace.counting.value, "all": pace.days, "elapsed": plain(pace.elapsed)},
        "thresholds": plain(found.use),
        "plan": None if found.plan is None else {**_plan_form(found.plan), "kept": found.is_kept},
        "problem": plain(found.problem),
        "parts": plain(found.parts),
        "total": {**plain(found.total), "low": plain(found.low), "high": plain(found.high)},
        "units": plain(found.units),
        "accepted": plain(found.accepted),
        "value": plain(found.value),
        "volume_effect": plain(found.volume_effect),
        "cost_per_accepted": plain(per_accepted(found)),
        "tokens": plain(tally.tokens),
        "usd_per_mtok": plain(tally.usd_per_mtok),
    }


def per_accepted(found: Forecast) -> dict[str, Decimal | None]:
    """Cost of an accepted outcome as planned, so far, and over the whole month as it looks."""
    end, accepted = found.total.projected, found.accepted.projected
    return {
        "planned": None if found.plan is None else found.plan.cost_per_accepted,
        "actual": found.spent.tally.cost_per_accepted,
        "projected": end / accepted if end is not None and accepted else None,
    }


def reasoning(found: Forecast) -> str:
    """How the projection came about, in one sentence."""
    pace, settle = found.pace, found.use.settle_days
    over = f"{pace.elapsed.normalize():f} of {pace.days} {pace.counting.value} days are over"
    if found.plan is None:
        return f"{over}; without a plan the month is taken to go on at its own pace"
    own = pace.elapsed / (pace.elapsed + settle)
    return (
        f"{over}; the days left are reckoned at the month's own pace, weighing {own:.0%}, and at the plan's, "
        f"weighing {1 - own:.0%} ({settle.normalize():f} days of the plan count as seen)"
    )


def alert_form(alert: Alert) -> dict[str, Any]:
    return {**plain(alert), "month": str(alert.month)}


def reconciled_form(one: Reconciled) -> dict[str, Any]:
    return {**plain(one), "month": str(one.month)}


def accuracy_form(one: Accuracy) -> dict[str, Any]:
    return plain(one)


def forecast_sheet(found: Forecast) -> Calculation:
    """Plan and ledger as inputs, the projection of each part as a formula over them, and their sum."""
    owner, day = found.owner, found.as_of.date()
    rule = "[forecast] of the workspace or the adoption"
    inputs = [
        InputCell("days", f"Days of the month ({found.pace.counting.value})", "", Decimal(found.pace.days), rule),
        InputCell("elapsed", "Of these over", "", found.pace.elapsed, "the clock", checked=day),
        InputCell("settle_days", "Days of the plan that count as seen", "", found.use.settle_days, rule),
    ]
    lines: list[LineCell] = []
    source = "no plan" if found.plan is None else f"plan made {found.plan.made_at:%Y-%m-%d}"
    for one in found.parts:
        planned = one.planned or Decimal(0)
        about = f"{one.title}, planned"
        inputs.append(
            InputCell(f"planned_{one.name}", about, "money", planned, source, one.p10, one.p90, "drawn", owner)
        )
        inputs.append(
            InputCell(f"actual_{one.name}", f"{one.title}, so far", "money", one.actual, "ledger", checked=day)
        )
        formula = _NAMES.sub(rf"\1_{one.name}", PROJECTION)
        lines.append(LineCell(f"projected_{one.name}", f"{one.title}, at the end", "money", formula))
    for what in ("planned", "actual", "projected"):
        formula = " + ".join(f"{what}_{one.name}" for one in found.parts)
        lines.append(LineCell(what, f"Cost to serve, {what}", "money", formula))
    lines.append(LineCell("variance", "Projected less planned", "money", "projected - planned"))
    days = [(day.isoformat(), cost) for day, cost in sorted(found.spent.by_day.items())]
    title = f"{found.intent}, {found.month}"
    said = found.because or reasoning(found)
    return Calculation(title, found.currency, said, inputs, lines, {"Days": [("Day", "Cost"), *days]})


def _plan_form(plan: Plan) -> dict[str, Any]:
    return {
        **plain(plan),
        "month": str(plan.month),
        "late": plan.is_late,
        "cost_per_accepted": plain(plan.cost_per_accepted),
    }
