"""Is the workflow actually working: quality, exceptions, cost and value, each against what was promised (B17)."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from tiebeam.economics import DailyLine, UnitAnswer, WorkflowSummary, assess, case_of
from tiebeam.errors import TiebeamError
from tiebeam.web import svg
from tiebeam.web.views import Figure, Kpi
from tiebeam.web.visit import Visit
from tiebeam.web.wording import in_words, money, percent, sentence
from tiebeam.workflow.runs import decision_counts

_TONES = {"auto_pay": "ok", "manager_approval": "accent", "hold": "warn", "reject": "bad", "unreadable": "neutral"}


def _summary(visit: Visit, conn: sa.Connection, intent: str, since: date) -> WorkflowSummary:
    _, _, recipe = visit.app.promotion.adopted(intent)
    return visit.app.economics.workflow_summary(
        conn, intent, since=since, until=visit.now, instrumentation=recipe.instrumentation
    )


def _forecast(visit: Visit, intent: str) -> UnitAnswer | None:
    _, adoption, recipe = visit.app.promotion.adopted(intent)
    assumed = adoption.unit_economics or recipe.unit_economics
    if assumed is None:
        return None
    try:
        return assess(case_of(intent, assumed, visit.app.economics.prices))
    except TiebeamError:
        return None  # The unit economics gate says what is missing.


def kpis(visit: Visit, conn: sa.Connection, intent: str, *, since: date) -> tuple[Kpi, ...]:
    """Cost per accepted, touchless share, exceptions, value, and review time."""
    found = _summary(visit, conn, intent, since)
    promised = _forecast(visit, intent)
    unit = found.currency
    review = found.review_minutes / found.exceptions if found.exceptions else None
    is_dearer = bool(promised and found.cost_per_accepted and found.cost_per_accepted > promised.cost_per_accepted)
    return (
        Kpi(
            "Cost per accepted",
            money(found.cost_per_accepted),
            f"forecast {money(promised.cost_per_accepted, promised.currency)}" if promised else "no forecast",
            f"/runs?intent={intent}&state=done",
            unit=unit if found.accepted else "",
            tone="bad" if is_dearer else "",
        ),
        Kpi(
            "Touchless",
            percent(found.touchless_share),
            f"{found.touchless:,} of {found.units:,}",
            f"/runs?intent={intent}&decision=auto_pay",
        ),
        Kpi(
            "Exceptions",
            f"{found.exceptions:,}",
            f"{percent(found.exception_share)} of what ended",
            f"/runs?intent={intent}&decision=hold",
        ),
        Kpi(
            "Value",
            money(found.value) if found.units else "–",
            f"baseline {money(found.baseline_cost_per_unit, unit)} each"
            if found.baseline_cost_per_unit
            else "no baseline",
            unit=unit if found.units else "",
            tone="bad" if found.value < 0 else "",
        ),
        Kpi(
            "Review",
            f"{review:.1f} min" if review is not None else "–",
            f"each; {found.review_minutes:,.0f} min in all",
        ),
    )


def figures(visit: Visit, conn: sa.Connection, intent: str, *, since: date) -> tuple[Figure, ...]:
    days = visit.app.economics.daily(conn, intent, since, visit.now)
    found = _summary(visit, conn, intent, since)
    counts = decision_counts(conn, intent=intent)
    return (
        _cost_figure(days, _forecast(visit, intent)),
        _outcome_figure(days),
        _value_figure(found),
        _decision_figure(counts),
    )


def _labels(days: list[DailyLine]) -> list[str]:
    return [f"{one.day.day} {one.day:%b}" for one in days]


def _cost_figure(days: list[DailyLine], promised: UnitAnswer | None) -> Figure:
    labels = _labels(days)
    values = tuple(None if one.cost_per_accepted is None else float(one.cost_per_accepted) for one in days)
    chart = svg.line_chart(
        labels,
        [svg.Series("", values)],
        name="Cost per accepted outcome by day",
        reference=float(promised.cost_per_accepted) if promised else None,
        shown=lambda value: f"{value:,.2f}",
    )
    rows = tuple((label, money(one.cost_per_accepted, one.currency)) for label, one in zip(labels, days, strict=True))
    note = "Dashed: the forecast." if promised else ""
    return Figure("Cost per accepted", chart, ("Day", "Cost per accepted"), rows, note)


def _outcome_figure(days: list[DailyLine]) -> Figure:
    labels = _labels(days)
    parts = {
        "Touchless": [one.touchless for one in days],
        "Accepted by people": [one.accepted - one.touchless for one in days],
        "Not accepted": [one.units - one.accepted for one in days],
    }
    tones = ("s1", "s2", "s3")
    series = [
        svg.Series(name, tuple(float(value) for value in values), tone)
        for (name, values), tone in zip(parts.items(), tones, strict=True)
    ]
    chart = svg.stacked_bars(labels, series, name="Outcomes by day", shown=lambda value: f"{value:,.0f}")
    rows = tuple((label, *(str(values[index]) for values in parts.values())) for index, label in enumerate(labels))
    return Figure("Outcomes by day", chart, ("Day", *parts), rows, legend=tuple(zip(tones, parts, strict=True)))


def _value_figure(found: WorkflowSummary) -> Figure:
    parts = (
        svg.WaterfallPart("Old way", float(found.baseline_cost), True),
        svg.WaterfallPart("Review", -float(found.review_cost)),
        svg.WaterfallPart("Tokens", -float(found.token_cost)),
        svg.WaterfallPart("Other", -float(found.other_cost)),
        svg.WaterfallPart("Value", float(found.value), True),
    )
    chart = svg.waterfall(parts, name="Value against the baseline", shown=lambda value: f"{value:,.0f}")
    rows = tuple((part.label, f"{part.value:,.2f} {found.currency}") for part in parts)
    return Figure("Value against the baseline", chart, ("Part", "Amount"), rows, found.baseline_source or "")


def _decision_figure(counts: dict[str, int]) -> Figure:
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    bars = [svg.Bar(sentence(name), float(count), _TONES.get(name, "s1")) for name, count in ordered]
    chart = svg.bar_chart(bars, name="What the rules decided", shown=lambda value: f"{value:,.0f}")
    rows = tuple((in_words(name), str(count)) for name, count in ordered)
    return Figure("What the rules decided", chart, ("Decision", "Runs"), rows, "All runs so far.")
