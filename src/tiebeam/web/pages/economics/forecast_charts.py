"""Forecasts as pictures: the course of a month, and past months against their plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tiebeam.economics.forecast import CoursePoint, Reconciled
from tiebeam.web import svg
from tiebeam.web.views import Figure
from tiebeam.web.wording import money

_LEGEND = (("s4", "Plan"), ("s1", "Ledger so far"), ("s2", "As it goes on"))


def course_figure(points: Sequence[CoursePoint], *, currency: str, title: str) -> Figure | None:
    """The month added up day by day; None where nothing was planned or spent."""
    if not any(value for one in points for value in (one.planned, one.actual)):
        return None
    series = tuple(
        svg.Series(name, tuple(_number(getattr(one, key)) for one in points), tone)
        for (tone, name), key in zip(_LEGEND, ("planned", "actual", "projected"), strict=True)
    )
    chart = svg.line_chart([str(one.day.day) for one in points], series, name=title, width=760, height=220)
    rows = tuple((one.day.isoformat(), money(one.planned), money(one.actual), money(one.projected)) for one in points)
    note = f"Added up from the first of the month, in {currency}; days are UTC days."
    return Figure(title, chart, ("Day", "Plan", "Ledger", "Projection"), rows, note, _LEGEND)


def history_figure(months: Sequence[Reconciled], *, currency: str) -> Figure | None:
    """Plan and ledger of the months that are over, oldest first; None without any plan."""
    kept = [one for one in sorted(months, key=lambda one: one.month) if one.total is not None]
    if not kept:
        return None
    totals = [one.total for one in kept if one.total is not None]
    legend = (("s4", "Forecast"), ("s1", "Ledger"))
    series = (
        svg.Series("Forecast", tuple(float(one.forecast) for one in totals), "s4"),
        svg.Series("Ledger", tuple(float(one.ledger) for one in totals), "s1"),
    )
    labels = [str(one.month) for one in kept]
    chart = svg.line_chart(labels, series, name="Forecast and ledger of past months", width=760, height=180)
    rows = tuple(
        (
            str(one.month),
            money(total.forecast),
            money(total.ledger),
            "" if total.share is None else f"{total.share:.0%}",
        )
        for one, total in zip(kept, totals, strict=True)
    )
    return Figure(
        "Forecast and ledger", chart, ("Month", "Forecast", "Ledger", "Error"), rows, f"In {currency}.", legend
    )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
