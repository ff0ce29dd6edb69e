"""The picture of one finding: its figure by day with the threshold, or the execution among others of its workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.anomalies import Anomaly, AnomalyKind
from tiebeam.economics.prices import Prices
from tiebeam.economics.returns import latest_executions
from tiebeam.economics.totals import DayTotal, Scope, Span, Total, UseFilters
from tiebeam.kit import usd_of_nano
from tiebeam.web import svg
from tiebeam.web.views import Figure
from tiebeam.web.wording import percent, usd

_OTHERS = 24
_SHARES = frozenset({AnomalyKind.CACHE_MISSES, AnomalyKind.RETRY_WASTE})


def said(unit: str, figure: str) -> str:
    """A figure of a finding in words: dollars, dollars a week, or a share."""
    value = Decimal(figure)
    if unit == "share":
        return percent(value, 1)
    return f"{usd(value)} a week" if unit == "usd a week" else usd(value)


def course_of(
    conn: sa.Connection,
    one: Anomaly,
    days: Sequence[date],
    by_day: Mapping[date, DayTotal],
    *,
    scope: Scope,
    prices: Prices,
) -> Figure | None:
    if one.kind is AnomalyKind.RUNAWAY:
        return _among_others(conn, one, scope=scope, prices=prices)
    values = [_value(one.kind, by_day[at].total) if at in by_day else None for at in days]
    if one.kind not in _SHARES:
        # A day without use cost nothing; its shares are not known.
        values = [value or 0.0 for value in values]
    labels = [f"{at.day} {at:%b}" for at in days]
    is_share = one.kind in _SHARES
    title = {
        AnomalyKind.CACHE_MISSES: "Cached share of input by day",
        AnomalyKind.RETRY_WASTE: "Share of attempts that did not end their call",
    }.get(one.kind, "Cost by day")
    chart = svg.line_chart(
        labels,
        [svg.Series("", tuple(values))],
        name=title,
        height=170,
        reference=None if one.unit == "usd a week" else float(one.threshold),
        shown=_percent if is_share else _dollars,
    )
    rows = tuple(
        (label, "no use" if value is None else percent(value, 1) if is_share else usd(Decimal(str(value))))
        for label, value in zip(labels, values, strict=True)
    )
    note = "" if one.unit == "usd a week" else f"The dashed line is the threshold of {one.day}. "
    return Figure(title, chart, ("Day", title), rows, f"{note}UTC days.")


def _value(kind: AnomalyKind, total: Total) -> float | None:
    if kind is AnomalyKind.CACHE_MISSES:
        return total.cached_input_tokens / total.input_tokens if total.input_tokens else None
    if kind is AnomalyKind.RETRY_WASTE:
        return max(0, total.attempts - total.requests) / total.attempts if total.attempts else None
    return float(total.cost_usd)


def _among_others(conn: sa.Connection, one: Anomaly, *, scope: Scope, prices: Prices) -> Figure | None:
    """What the latest executions of the workflow cost up to that day, this one apart."""
    found = latest_executions(
        conn,
        span=Span(one.day - timedelta(days=6), one.day),
        prices=prices,
        filters=UseFilters(team=one.team, workflow=one.workflow),
        limit=_OTHERS,
        scope=scope,
    )
    costs = {it.execution: usd_of_nano(it.usd_nano) for it in found} | {one.execution: Decimal(one.observed)}
    ordered = sorted(costs, key=lambda name: costs[name])
    bars = [
        svg.Bar(
            "this one" if name == one.execution else "", float(costs[name]), "bad" if name == one.execution else "s1"
        )
        for name in ordered
    ]
    title = "Cost of executions of this workflow"
    chart = svg.bar_chart(bars, name=title, height=170, shown=_dollars)
    rows = tuple((name, usd(costs[name])) for name in reversed(ordered))
    return Figure(title, chart, ("Execution", "Cost"), rows, "The latest of seven days up to then, and this one.")


def _dollars(value: float) -> str:
    return f"${value:,.4g}"


def _percent(value: float) -> str:
    return f"{value:.0%}"
