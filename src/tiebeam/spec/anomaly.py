"""From when on model use counts as out of the ordinary: `[anomalies]` of tiebeam.toml."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, model_validator

from tiebeam.spec.base import Frozen, Share


class AnomalyRules(Frozen):
    """Thresholds. Deviations are in robust standard deviations: 1.4826 times the median absolute deviation."""

    history_days: int = Field(default=28, ge=14, le=180)
    """Days before the one looked at that say what is ordinary."""
    least_days: int = Field(default=8, ge=5, le=60)
    """With fewer of them since the first use, nothing is said of what is ordinary."""
    least_usd: Decimal = Field(default=Decimal(1), ge=0, le=1_000_000)
    """What lies closer than this to the ordinary is left alone, however odd."""
    spike_deviations: Decimal = Field(default=Decimal("3.5"), gt=0, le=100)
    spike_ratio: Decimal = Field(default=Decimal(2), ge=1, le=1000)
    """A day's cost over the median, and this far above it in deviations."""
    drift_share_a_week: Decimal = Field(default=Decimal("0.10"), gt=0, le=100)
    """A course that rises by this share of its median each week (Theil-Sen), beyond chance (Mann-Kendall)."""
    drift_chance: Decimal = Field(default=Decimal("0.01"), gt=0, lt=1)
    """The chance of such a course without any drift, one-sided."""
    cache_fall: Share = Decimal("0.20")
    """A storm of cache misses: the cached share of input falls by so much below its median, in shares of all input."""
    cache_least_tokens: int = Field(default=100_000, ge=1)
    """Input of a day below which its cached share says nothing."""
    retry_share: Share = Decimal("0.10")
    """Of a day's cost, what attempts cost that did not end their call."""
    failed_share: Share = Decimal("0.25")
    """Of a day's attempts those that did not end their call; the lower end of the Wilson interval counts."""
    least_attempts: int = Field(default=50, ge=1)
    execution_deviations: Decimal = Field(default=Decimal(6), gt=0, le=100)
    """A runaway execution: its cost, on a logarithmic scale, beyond those of its workflow."""
    execution_ratio: Decimal = Field(default=Decimal(5), ge=1, le=10_000)
    least_executions: int = Field(default=20, ge=5)

    @model_validator(mode="after")
    def _has_days(self) -> AnomalyRules:
        if self.least_days > self.history_days:
            raise ValueError(f"least_days {self.least_days} is more than history_days {self.history_days}")
        return self
