"""What stands out from one day to the next: spikes, drift, cache misses and retries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from tiebeam.economics.anomalies.anomaly import Anomaly, AnomalyKind
from tiebeam.economics.anomalies.robust import centre_and_scale, seasonal_trend
from tiebeam.economics.anomalies.series import Figures, Series, days_before
from tiebeam.economics.totals import usd_text
from tiebeam.kit import nano_usd, wilson_lower_bound
from tiebeam.spec import AnomalyRules

_NOTHING = Figures()
_WEEKS = 3
"""Fewer weeks tell nothing of a drift."""


def spikes(series: Series, day: date, rules: AnomalyRules) -> Iterator[Anomaly]:
    """Compared with days of the same kind (working days or weekends) where there are enough of them."""
    for (team, workflow), days in series.places.items():
        known = days_before(days, day, most=rules.history_days)
        if len(known) < rules.least_days:
            continue
        alike = [one for one in known if (one.isoweekday() > 5) == (day.isoweekday() > 5)]
        like = alike if len(alike) >= rules.least_days else known
        observed = days.get(day, _NOTHING).usd_nano
        centre, scale = centre_and_scale([days.get(one, _NOTHING).usd_nano for one in like])
        beyond = observed - centre
        threshold = max(centre + float(rules.spike_deviations) * scale, centre * float(rules.spike_ratio))
        if observed < threshold or beyond <= 0 or beyond < nano_usd(rules.least_usd):
            continue
        model, rise = _steepest(series, team, workflow, day, like)
        times = f"{observed / centre:.1f} times the median" if centre else "where the median is nothing"
        yield Anomaly(
            kind=AnomalyKind.SPIKE,
            day=day,
            team=team,
            workflow=workflow,
            unit="usd",
            observed=usd_text(observed),
            expected=usd_text(round(centre)),
            threshold=usd_text(
                round(max(centre + float(rules.spike_deviations) * scale, centre * float(rules.spike_ratio)))
            ),
            excess_nano=round(beyond),
            because=(
                f"${usd_text(observed)}, {times} of {len(like)} days like it; {model!r} rose most, by ${usd_text(rise)}"
            ),
            ledger=_ledger(team, workflow, day, day),
        )


def drifts(series: Series, day: date, rules: AnomalyRules) -> Iterator[Anomaly]:
    """A course up to the day before: the day itself may not be over."""
    for (team, workflow), days in series.places.items():
        known = days_before(days, day, most=rules.history_days)
        if len(known) < max(rules.least_days, 7 * _WEEKS):
            continue
        costs = {one.toordinal(): float(days.get(one, _NOTHING).usd_nano) for one in known}
        weekly, chance = seasonal_trend(costs)
        centre, _ = centre_and_scale(list(costs.values()))
        allowed = float(rules.drift_share_a_week) * centre
        weeks = len(known) / 7
        if weekly <= 0 or weekly < allowed or chance > float(rules.drift_chance):
            continue
        if weekly * weeks < nano_usd(rules.least_usd):
            continue
        yield Anomaly(
            kind=AnomalyKind.DRIFT,
            day=day,
            team=team,
            workflow=workflow,
            unit="usd a week",
            observed=usd_text(round(weekly)),
            expected="0",
            threshold=usd_text(round(allowed)),
            excess_nano=round(weekly * weeks),
            because=(
                f"a day costs ${usd_text(round(weekly))} more each week, over {len(known)} days; "
                f"by chance alone {chance:.2%} of courses rise so"
            ),
            ledger=_ledger(team, workflow, known[0], day - timedelta(days=1)),
        )


def cache_misses(series: Series, day: date, rules: AnomalyRules) -> Iterator[Anomaly]:
    for (team, workflow, model), days in series.models.items():
        today = days.get(day, _NOTHING)
        if today.input < rules.cache_least_tokens:
            continue
        known = days_before(days, day, most=rules.history_days)
        shares = [_cached(days[one]) for one in known if one in days and days[one].input >= rules.cache_least_tokens]
        if len(shares) < rules.least_days:
            continue
        centre, scale = centre_and_scale(shares)
        allowed = max(float(rules.cache_fall), float(rules.spike_deviations) * scale)
        share = _cached(today)
        if centre - share < allowed:
            continue
        missed = round((centre - share) * today.input)
        yield Anomaly(
            kind=AnomalyKind.CACHE_MISSES,
            day=day,
            team=team,
            workflow=workflow,
            model=model,
            unit="share",
            observed=_share(share),
            expected=_share(centre),
            threshold=_share(centre - allowed),
            excess_nano=0,
            because=(
                f"{share:.0%} of {today.input:,} input tokens came from the cache, {centre:.0%} usually do: "
                f"about {missed:,} tokens were paid in full"
            ),
            ledger={**_ledger(team, workflow, day, day), "model": model},
        )


def retry_waste(series: Series, day: date, rules: AnomalyRules) -> Iterator[Anomaly]:
    for (team, workflow), days in series.places.items():
        today = days.get(day, _NOTHING)
        share = today.retried_nano / today.usd_nano if today.usd_nano > 0 else 0.0
        failed = max(0, today.attempts - today.requests)
        dear = today.retried_nano >= nano_usd(rules.least_usd) and share >= float(rules.retry_share)
        surely = wilson_lower_bound(failed, today.attempts)
        many = today.attempts >= rules.least_attempts and surely >= float(rules.failed_share)
        if not (dear or many):
            continue
        yield Anomaly(
            kind=AnomalyKind.RETRY_WASTE,
            day=day,
            team=team,
            workflow=workflow,
            unit="share",
            observed=_share(share if dear else failed / today.attempts),
            expected="0",
            threshold=str(rules.retry_share if dear else rules.failed_share),
            excess_nano=today.retried_nano,
            because=(
                f"{failed:,} of {today.attempts:,} attempts did not end their call and cost "
                f"${usd_text(today.retried_nano)}, {share:.0%} of the day"
            ),
            ledger=_ledger(team, workflow, day, day),
        )


def _steepest(series: Series, team: str, workflow: str, day: date, like: list[date]) -> tuple[str, int]:
    """Which model rose most over its own median, and by how much."""
    rises: list[tuple[int, str]] = []
    for (one_team, one_workflow, model), days in series.models.items():
        if (one_team, one_workflow) == (team, workflow):
            centre, _ = centre_and_scale([days.get(one, _NOTHING).usd_nano for one in like])
            rises.append((days.get(day, _NOTHING).usd_nano - round(centre), model))
    rise, model = max(rises, default=(0, ""))
    return model, rise


def _cached(figures: Figures) -> float:
    return figures.cached / figures.input if figures.input else 0.0


def _share(value: float) -> str:
    return f"{Decimal(value):.4f}"


def _ledger(team: str, workflow: str, since: date, until: date) -> dict[str, str]:
    return {"team": team, "workflow": workflow, "from": since.isoformat(), "to": until.isoformat()}
