"""One workflow's month: plan, ledger so far, projection, and how worrying it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

from tiebeam.economics.entries import COSTS, EXACT_DIGITS, EntryKind
from tiebeam.economics.forecast.months import Month, Pace, pace_of
from tiebeam.economics.forecast.plan import RECORDED, Plan, Planned
from tiebeam.economics.forecast.projection import Level, Outlook, level_of, project
from tiebeam.economics.reading import MixedCurrencies, Tally, tally_of
from tiebeam.spec import ForecastUse

_KIND_PARTS = {kind: part.name for part in RECORDED for kind in part.kinds}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no plan, or no figure: the code and text of the error."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A month of the ledger."""

    tally: Tally
    by_part: Mapping[str, Decimal]
    by_day: Mapping[date, Decimal]
    inference_by_day: Mapping[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Money in `currency`; the days are UTC days. `parts` add up to `total`, planned, so far and projected."""

    intent: str
    recipe: str
    owner: str
    month: Month
    as_of: datetime
    currency: str
    use: ForecastUse
    pace: Pace
    plan: Plan | None
    is_kept: bool
    """False: no plan was kept at the beginning of the month; this one was made for the question."""
    problem: Problem | None
    parts: tuple[Outlook, ...]
    total: Outlook
    low: Decimal | None
    high: Decimal | None
    """The end of the month where the days left cost what P10 and P90 of the plan say."""
    units: Outlook
    accepted: Outlook
    value: Outlook
    volume_effect: Decimal | None
    """How much of the variance comes of more or fewer units, at the planned cost of one."""
    spent: Spent
    level: Level = Level.CALM
    because: str = ""


def spent_in(rows: Iterable[Mapping[Any, Any]], *, currency: str) -> Spent:
    """Add up rows of the rollup. Raises MixedCurrencies, also when they are not in `currency`."""
    kept = list(rows)
    tally = tally_of(kept, currency=currency)
    if tally.currency != currency and tally.total_cost:
        raise MixedCurrencies(f"the ledger is in {tally.currency}, the plan in {currency}; they are never compared")
    by_part, by_day = defaultdict[str, Decimal](Decimal), defaultdict[date, Decimal](Decimal)
    inference = defaultdict[date, Decimal](Decimal)
    with localcontext(prec=EXACT_DIGITS):
        for row in kept:
            kind = EntryKind(row["kind"])
            if kind not in COSTS or row["amount"] is None:
                continue
            day = date.fromisoformat(row["day"])
            by_part[_KIND_PARTS[kind]] += row["amount"]
            by_day[day] += row["amount"]
            if kind is EntryKind.TOKENS:
                inference[day] += row["amount"]
    return Spent(tally, by_part, by_day, inference)


def look(
    *,
    intent: str,
    recipe: str,
    owner: str,
    month: Month,
    now: datetime,
    use: ForecastUse,
    currency: str,
    plan: Plan | None,
    is_kept: bool,
    problem: Problem | None,
    spent: Spent,
) -> Forecast:
    """Everything about the month as it looks now."""
    pace = pace_of(month, use, now=now)

    outlook = partial(_outlook, pace=pace, use=use)
    parts = tuple(
        outlook(part.name, part.title, plan and plan.parts[part.name], spent.by_part.get(part.name, Decimal(0)))
        for part in RECORDED
    )
    total = _total(parts, plan)
    units = outlook("units", "Cases", plan and plan.units, Decimal(spent.tally.units), "units")
    good = outlook("accepted", "Accepted outcomes", plan and plan.accepted, Decimal(spent.tally.accepted), "units")
    low, high = (_end(total.actual, one, pace, use) for one in (total.p10, total.p90))
    return _judged(
        Forecast(
            intent=intent,
            recipe=recipe,
            owner=owner,
            month=month,
            as_of=now,
            currency=currency,
            use=use,
            pace=pace,
            plan=plan,
            is_kept=is_kept,
            problem=problem,
            parts=parts,
            total=total,
            low=low,
            high=high,
            units=units,
            accepted=good,
            value=outlook("value", "Value", plan and plan.value, spent.tally.baseline_cost),
            volume_effect=_volume_effect(total, units),
            spent=spent,
        )
    )


def _outlook(
    name: str,
    title: str,
    planned: Planned | None,
    actual: Decimal,
    unit: str = "money",
    *,
    pace: Pace,
    use: ForecastUse,
) -> Outlook:
    value = None if planned is None else planned.value
    return Outlook(
        name=name,
        title=title,
        unit=unit,
        planned=value,
        p10=None if planned is None else planned.p10,
        p90=None if planned is None else planned.p90,
        actual=actual,
        projected=project(actual, pace, planned=value, settle_days=use.settle_days),
    )


def _end(actual: Decimal, planned: Decimal | None, pace: Pace, use: ForecastUse) -> Decimal | None:
    return None if planned is None else project(actual, pace, planned=planned, settle_days=use.settle_days)


def _total(parts: tuple[Outlook, ...], plan: Plan | None) -> Outlook:
    """The parts added up, so that nobody finds a cent between them and the whole."""
    with localcontext(prec=EXACT_DIGITS):
        actual = sum((one.actual for one in parts), Decimal(0))
        ends = [one.projected for one in parts if one.projected is not None]
        projected = sum(ends, Decimal(0)) if len(ends) == len(parts) else None
    return Outlook(
        name="total",
        title="Cost to serve",
        planned=None if plan is None else plan.total.value,
        p10=None if plan is None else plan.total.p10,
        p90=None if plan is None else plan.total.p90,
        actual=actual,
        projected=projected,
    )


def _volume_effect(total: Outlook, units: Outlook) -> Decimal | None:
    if not units.planned or units.variance is None or total.planned is None:
        return None
    return units.variance * total.planned / units.planned


def _judged(found: Forecast) -> Forecast:
    inference = found.parts[0]
    dearest = max(found.spent.by_day.values(), default=Decimal(0))
    dearest_inference = max(found.spent.inference_by_day.values(), default=Decimal(0))
    whole = level_of(found.total, found.pace, found.use, dearest=dearest)
    tokens = level_of(inference, found.pace, found.use, dearest=dearest_inference, base=found.total.planned)
    level = max((whole, tokens), key=lambda one: one.rank)
    if level is Level.CALM:
        return found
    worst = found.total if whole.rank >= tokens.rank else inference
    return replace(found, level=level, because=_sentence(found, worst))


def _sentence(found: Forecast, worst: Outlook) -> str:
    what = "the month" if worst.name == "total" else "inference"
    above = f", {worst.share:.0%} above plan" if worst.share is not None else ", nothing was planned"
    said = (
        f"{what} will end at {worst.projected:,.2f} {found.currency} against {worst.planned:,.2f} planned{above}; "
        f"{worst.actual:,.2f} is spent after {found.pace.elapsed.normalize():f} of {found.pace.days} "
        f"{found.pace.counting.value} days"
    )
    if worst.name != "total":
        return said
    driver = max(found.parts, key=lambda one: one.variance or Decimal(0))
    effect = found.volume_effect or Decimal(0)
    return f"{said}; most of it is {driver.title.lower()} (+{driver.variance:,.2f}), {effect:+,.2f} comes of volume"
