"""What was spent over time: stacked bars by day, week or month, the dearest names apart and the rest together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal

from tiebeam.economics.totals import DayTotal, Span
from tiebeam.web import svg
from tiebeam.web.views import Figure
from tiebeam.web.wording import usd

_SERIES = ("s1", "s2", "s3", "s4")
_APART = 3
_MOST_DAYS, _MOST_WEEKS = 31, 27
_OTHERS = "others"
Sums = defaultdict[str, defaultdict[str, Decimal]]


def course_figure(found: Iterable[DayTotal], span: Span, *, title: str, shown: Callable[[str], str] = str) -> Figure:
    """`span` has both ends. At most 31 bars by the day, else one for each week or month."""
    assert span.since is not None
    assert span.until is not None
    unit, labels = _labels(span.since, span.until)
    sums: Sums = defaultdict(lambda: defaultdict(Decimal))
    whole: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        sums[one.total.key][_label(one.day, unit)] += one.total.cost_usd
        whole[one.total.key] += one.total.cost_usd
    names = sorted(whole, key=lambda name: (-whole[name], name))
    parts = {shown(name): sums[name] for name in names[:_APART]}
    if len(names) > _APART:
        parts[_OTHERS] = _together(sums[name] for name in names[_APART:])
    series = [
        svg.Series(name, tuple(float(values.get(label, 0)) or None for label in labels), tone)
        for (name, values), tone in zip(parts.items(), _SERIES, strict=False)
    ]
    chart = svg.stacked_bars(labels, series, name=title, width=640, height=200, shown=lambda value: f"${value:,.2f}")
    rows = tuple((label, *(usd(values.get(label, Decimal())) for values in parts.values())) for label in labels)
    legend = tuple(zip(_SERIES, parts, strict=False))
    return Figure(title, chart, (unit.capitalize(), *parts), rows, "UTC days.", legend)


def _together(parts: Iterable[defaultdict[str, Decimal]]) -> defaultdict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in parts:
        for label, value in one.items():
            found[label] += value
    return found


def _labels(since: date, until: date) -> tuple[str, list[str]]:
    """The unit, and every bar's label in order."""
    days = (until - since).days + 1
    unit = "day" if days <= _MOST_DAYS else "week" if days <= 7 * _MOST_WEEKS else "month"
    found = dict.fromkeys(_label(since + timedelta(days=number), unit) for number in range(days))
    return unit, list(found)


def _label(day: date, unit: str) -> str:
    if unit == "month":
        return f"{day:%b} {day.year}"
    first = day if unit == "day" else day - timedelta(days=day.weekday())
    return f"{first.day} {first:%b}"
