"""Looking for what is out of the ordinary, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.anomalies.anomaly import Anomaly
from tiebeam.economics.anomalies.daily import cache_misses, drifts, retry_waste, spikes
from tiebeam.economics.anomalies.runaways import runaways
from tiebeam.economics.anomalies.series import read_series
from tiebeam.economics.totals import EVERYTHING, Scope, Span
from tiebeam.errors import Invalid
from tiebeam.spec import AnomalyRules, Budget

MOST_DAYS = 31
MOST_FOUND = 1_000


def detect(
    conn: sa.Connection,
    *,
    span: Span,
    rules: AnomalyRules,
    budgets: Mapping[str, Budget],
    scope: Scope = EVERYTHING,
) -> list[Anomaly]:
    """Everything out of the ordinary on the days of `span`, the newest day first and the dearest first in it.

    At most 1000. A drift is told on the last day alone. Raises Invalid on an open span or on more than 31 days.
    """
    if span.since is None or span.until is None or (span.until - span.since).days >= MOST_DAYS:
        raise Invalid(f"anomalies are looked for on 1 to {MOST_DAYS} days; give the first and the last")
    earliest = date.fromordinal(max(1, span.since.toordinal() - rules.history_days))
    history = Span(earliest, span.until)
    series = read_series(conn, span=history, scope=scope)
    found = list(drifts(series, span.until, rules))
    for number in range((span.until - span.since).days + 1):
        day = span.since + timedelta(days=number)
        found += spikes(series, day, rules)
        found += cache_misses(series, day, rules)
        found += retry_waste(series, day, rules)
        found += runaways(conn, day, rules, budgets=budgets, scope=scope)
    return sorted(found, key=_order)[:MOST_FOUND]


def _order(one: Anomaly) -> tuple[Any, ...]:
    return (-one.day.toordinal(), -one.excess_nano, one.kind, one.team, one.workflow, one.model, one.execution)
