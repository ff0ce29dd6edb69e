"""How the cost of a month is forecast, and from when on it alarms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from tiebeam.spec.base import Frozen


class DayCount(StrEnum):
    """Which days of a month carry its cost."""

    WORKING = "working"
    """Monday to Friday, without the days in `closed`."""
    CALENDAR = "calendar"


class ForecastUse(Frozen):
    """`[forecast]` of tiebeam.toml, or of an adoption, which then counts instead. Shares are of the planned cost."""

    warn_share: Decimal = Field(default=Decimal("0.10"), gt=0, le=100)
    """A warning when the month will end so much above its plan."""
    alert_share: Decimal = Field(default=Decimal("0.25"), gt=0, le=100)
    settle_days: Decimal = Field(default=Decimal(10), ge=1, le=1000)
    """After so many days the month's own pace weighs as much as the plan."""
    days: DayCount = DayCount.WORKING
    closed: tuple[date, ...] = Field(default=(), max_length=1000)
    """Days on which nobody works; for working days only."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.alert_share < self.warn_share:
            raise ValueError(f"alert_share {self.alert_share} lies below warn_share {self.warn_share}; raise it")
        return self
